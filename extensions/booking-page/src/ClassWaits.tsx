import {leaveClassWait, listClassWaits} from '../../shared/api';
import {useChange} from '../../shared/change';
import {t} from '../../shared/host';
import {useLoad} from '../../shared/load';
import type {ClassWait, Page} from '../../shared/types';

/** The full classes the customer waits for, with the place in line; nothing while none is known. */
export function ClassWaits() {
  const {state, show} = useLoad(listClassWaits, 'class-waits');
  if (state.kind !== 'ready' || state.value.items.length === 0) return null;
  return (
    <s-section heading={t('classes.heading')}>
      <s-stack gap="base">
        {state.value.items.map((wait, n) => (
          <s-stack key={wait.id} gap="base">
            {n > 0 && <s-divider></s-divider>}
            <Wait wait={wait} show={show} />
          </s-stack>
        ))}
      </s-stack>
    </s-section>
  );
}

/** One date waited for. */
function Wait({wait, show}: {wait: ClassWait; show: (next: Page<ClassWait>) => void}) {
  const {busy, problem, make} = useChange();
  const name = {service: wait.service_name, when: wait.when};

  return (
    <s-stack gap="base">
      {problem !== undefined && <s-banner tone="critical" heading={t('classes.notLeft')}><s-text>{problem}</s-text></s-banner>}
      <s-stack gap="small-300">
        <s-stack direction="inline" gap="small-200" alignItems="center">
          <s-text type="strong">{wait.service_name}</s-text>
          <s-badge>{wait.held ? t('classes.held') : wait.place_text}</s-badge>
        </s-stack>
        <s-text>{wait.when}</s-text>
        {wait.when_there && <s-text color="subdued">{wait.when_there}</s-text>}
        <s-text color="subdued">{[wait.staff_name, wait.location_name].filter(Boolean).join(' · ')}</s-text>
      </s-stack>
      {wait.held && <s-text>{wait.held.sentence}</s-text>}
      <s-stack direction="inline" gap="small-200">
        {wait.held && <s-button variant="primary" href={wait.held.url} target="_blank" accessibilityLabel={t('classes.takeOf', name)}>{t('classes.take')}</s-button>}
        <s-button variant="secondary" loading={busy} accessibilityLabel={t('classes.leaveOf', name)}
          onClick={() => void make((key) => leaveClassWait(wait.id, key), () => t('classes.left'), show)}>
          {t('classes.leave')}
        </s-button>
      </s-stack>
    </s-stack>
  );
}

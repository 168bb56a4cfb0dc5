import {useState} from 'preact/hooks';

import {decision, leaveClassWait, listClassWaits} from '../../shared/api';
import {host, t} from '../../shared/host';
import {fault, useLoad} from '../../shared/load';
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

/** One date waited for. Leaving is asked for with one key, so that a lost answer is asked for again without harm. */
function Wait({wait, show}: {wait: ClassWait; show: (next: Page<ClassWait>) => void}) {
  const [key, setKey] = useState(decision);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const name = {service: wait.service_name, when: wait.when};

  async function leave() {
    setBusy(true);
    setProblem(undefined);
    try {
      const next = await leaveClassWait(wait.id, key);
      await host().toast.show(t('classes.left'));
      show(next);
    } catch (error) {
      const found = fault(error);
      setProblem(found.kind === 'refused' ? found.problem.detail ?? '' : t('common.failedText'));
      if (found.kind === 'refused') setKey(decision());
    } finally {
      setBusy(false);
    }
  }

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
        <s-button variant="secondary" loading={busy} onClick={() => void leave()} accessibilityLabel={t('classes.leaveOf', name)}>
          {t('classes.leave')}
        </s-button>
      </s-stack>
    </s-stack>
  );
}

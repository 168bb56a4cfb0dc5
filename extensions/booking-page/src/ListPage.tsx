import {useState} from 'preact/hooks';

import {listBookings} from '../../shared/api';
import {t} from '../../shared/host';
import {Line} from '../../shared/Line';
import {useLoad} from '../../shared/load';
import {Notice} from '../../shared/Notice';
import {pathOf} from '../../shared/routes';
import type {Booking, Page} from '../../shared/types';
import {entries, nameOf} from '../../shared/visits';
import {ClassWaits} from './ClassWaits';
import {Head, heading} from './Head';

/** Upcoming bookings first, then full classes waited for, past bookings below, each with what may be done. */
export function ListPage() {
  return (
    <s-page heading={heading()}>
      <s-button slot="secondary-actions" variant="secondary" href="/profile">{t('list.profile')}</s-button>
      <s-stack gap="large">
        <Head view="list" />
        <Group when="upcoming" />
        <ClassWaits />
        <Group when="past" />
      </s-stack>
    </s-page>
  );
}

function Group({when}: {when: 'upcoming' | 'past'}) {
  const {state, reload, show} = useLoad(() => listBookings(when), when);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);

  async function more(page: Page<Booking>) {
    setBusy(true);
    setFailed(false);
    try {
      const next = await listBookings(when, page.next);
      show({items: [...page.items, ...next.items], next: next.next});
    } catch {
      setFailed(true);
    } finally {
      setBusy(false);
    }
  }

  if (state.kind === 'ready' && when === 'past' && state.value.items.length === 0) return null;
  if (state.kind !== 'ready' && when === 'past') return null;
  return (
    <s-section heading={t(`list.${when}`)}>
      <s-stack gap="base">
        <Notice state={state} reload={reload} />
        {state.kind === 'ready' && state.value.items.length === 0 && <s-text color="subdued">{t('list.empty')}</s-text>}
        {state.kind === 'ready' && entries(state.value.items).map((parts, n) => (
          <s-stack key={parts[0].ref} gap="base">
            {n > 0 && <s-divider></s-divider>}
            <Card parts={parts} />
          </s-stack>
        ))}
        {failed && <s-text tone="critical">{t('common.failedText')}</s-text>}
        {state.kind === 'ready' && state.value.next && (
          <s-button variant="secondary" loading={busy} onClick={() => void more(state.value)}>{t('list.more')}</s-button>
        )}
      </s-stack>
    </s-section>
  );
}

function Card({parts}: {parts: Booking[]}) {
  const [booking] = parts, name = nameOf(parts);
  return (
    <s-stack gap="base">
      {parts.map((part) => <Line key={part.ref} booking={part} />)}
      <s-stack direction="inline" gap="small-200">
        <s-button variant="secondary" href={pathOf(booking.ref)} accessibilityLabel={t('list.detailsOf', name)}>{t('list.details')}</s-button>
        {booking.can_reschedule && (
          <s-button variant="secondary" href={pathOf(booking.ref, 'reschedule')} accessibilityLabel={t('list.rescheduleOf', name)}>
            {t('booking.reschedule')}
          </s-button>
        )}
        {booking.can_cancel && (
          <s-button variant="secondary" tone="critical" href={pathOf(booking.ref, 'cancel')} accessibilityLabel={t('list.cancelOf', name)}>
            {t('booking.cancel')}
          </s-button>
        )}
      </s-stack>
    </s-stack>
  );
}

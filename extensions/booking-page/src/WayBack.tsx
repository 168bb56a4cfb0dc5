import {useState} from 'preact/hooks';

import {moveBooking} from '../../shared/api';
import {lookAgain, useChange} from '../../shared/change';
import {t} from '../../shared/host';
import type {BookingDetail} from '../../shared/types';

/** As long as a move waits for the shop the old time can be kept instead: what that means, then the decision. */
export function WayBack({booking, show}: {booking: BookingDetail; show: (next: BookingDetail) => void}) {
  const [asking, setAsking] = useState(false);
  const {busy, problem, make} = useChange(async (said) => {
    setAsking(false);
    await lookAgain(booking.ref, said, (now) => Boolean(now.way_back), show);
  });
  const {text, ...old} = booking.way_back!;

  const keep = () => make((key) => moveBooking(booking.ref, {...old, version: booking.version}, key), (next) => t('booking.kept', {when: next.when}), show);

  return (
    <s-stack gap="small-200">
      {problem !== undefined && <s-banner tone="critical" heading={t('move.notMoved')}><s-text>{problem}</s-text></s-banner>}
      {asking && <s-text>{text}</s-text>}
      {asking
        ? <s-button id="keep" variant="primary" loading={busy} onClick={() => void keep()}>{t('booking.keepSure')}</s-button>
        : <s-button variant="secondary" onClick={() => setAsking(true)}>{t('booking.keep')}</s-button>}
    </s-stack>
  );
}

import {useState} from 'preact/hooks';

import {decision, moveBooking} from '../../shared/api';
import {host, t} from '../../shared/host';
import {fault} from '../../shared/load';
import type {BookingDetail} from '../../shared/types';

/** As long as a move waits for the shop the old time can be kept instead: what that means, then the decision. */
export function WayBack({booking, show}: {booking: BookingDetail; show: (next: BookingDetail) => void}) {
  const [asking, setAsking] = useState(false);
  const [key, setKey] = useState(decision);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const {text, ...old} = booking.way_back!;

  async function keep() {
    setBusy(true);
    setProblem(undefined);
    try {
      const next = await moveBooking(booking.ref, {...old, version: booking.version}, key);
      await host().toast.show(t('booking.kept', {when: next.when}));
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
    <s-stack gap="small-200">
      {problem !== undefined && <s-banner tone="critical" heading={t('move.notMoved')}><s-text>{problem}</s-text></s-banner>}
      {asking && <s-text>{text}</s-text>}
      {asking
        ? <s-button id="keep" variant="primary" loading={busy} onClick={() => void keep()}>{t('booking.keepSure')}</s-button>
        : <s-button variant="secondary" onClick={() => setAsking(true)}>{t('booking.keep')}</s-button>}
    </s-stack>
  );
}

import {useState} from 'preact/hooks';

import {acceptOffer, decision, declineOffers} from '../../shared/api';
import {valuesOf} from '../../shared/events';
import {host, t} from '../../shared/host';
import {fault} from '../../shared/load';
import type {BookingDetail} from '../../shared/types';

/** The times the shop offers for a request: take one with one click, or decline them all in two. */
export function Offers({booking, show}: {booking: BookingDetail; show: (next: BookingDetail) => void}) {
  const [chosen, setChosen] = useState<number>();
  const [asking, setAsking] = useState(false);
  const [key, setKey] = useState(decision);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();

  async function act(change: Promise<BookingDetail>, done: (next: BookingDetail) => string) {
    setBusy(true);
    setProblem(undefined);
    try {
      const next = await change;
      await host().toast.show(done(next));
      show(next);
    } catch (error) {
      const found = fault(error);
      setProblem(found.kind === 'refused' ? found.problem.detail ?? '' : t('common.failedText'));
      if (found.kind === 'refused') setKey(decision());
    } finally {
      setBusy(false);
    }
  }

  function ask() {
    setAsking(true);
    setKey(decision());
  }

  return (
    <s-section heading={t('offers.heading')}>
      <s-stack gap="base">
        {problem !== undefined && <s-banner tone="critical" heading={t('offers.notDone')}><s-text>{problem}</s-text></s-banner>}
        <s-text>{booking.actions.offers.sentence}</s-text>
        <s-choice-list label={t('offers.which')} name="offer" values={chosen === undefined ? [] : [String(chosen)]}
          onChange={(event) => {
            const [n] = valuesOf(event);
            if (n) setChosen(Number(n));
            setKey(decision());
          }}>
          {booking.offers.map((offer) => <s-choice key={offer.n} value={String(offer.n)} selected={offer.n === chosen}>{offer.text}</s-choice>)}
        </s-choice-list>
        <s-button id="accept" variant="primary" disabled={chosen === undefined} loading={busy}
          onClick={() => chosen !== undefined && void act(acceptOffer(booking.ref, chosen, key), (next) => t('offers.accepted', {when: next.when}))}>
          {t('offers.accept')}
        </s-button>
        {!asking && <s-button variant="secondary" onClick={ask}>{t('offers.decline')}</s-button>}
        {asking && <s-text>{t('offers.sure')}</s-text>}
        {asking && (
          <s-button id="decline" variant="secondary" tone="critical" loading={busy}
            onClick={() => void act(declineOffers(booking.ref, key), () => t('offers.declined'))}>{t('offers.declineAll')}</s-button>
        )}
      </s-stack>
    </s-section>
  );
}

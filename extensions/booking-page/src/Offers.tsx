import {useState} from 'preact/hooks';

import {acceptOffer, decision, declineOffers, readBooking} from '../../shared/api';
import {valuesOf} from '../../shared/events';
import {host, t} from '../../shared/host';
import {fault} from '../../shared/load';
import type {BookingDetail, Offer} from '../../shared/types';

/** The times the shop offers for a request: take one with one click, or decline them all in two. */
export function Offers({booking, show}: {booking: BookingDetail; show: (next: BookingDetail) => void}) {
  // The offer itself, not its number: the same number of another round is another time.
  const [picked, setPicked] = useState<Offer>();
  const [asking, setAsking] = useState(false);
  const [key, setKey] = useState(decision);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const chosen = booking.offers.find((offer) => offer.free && offer.round === picked?.round && offer.n === picked.n);

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
      if (found.kind === 'refused') await lookAgain(found.problem.detail ?? '');
    } finally {
      setBusy(false);
    }
  }

  /** After a refusal: what is offered now, to be decided on anew. Where nothing is any more, this section goes and leaves its words. */
  async function lookAgain(said: string) {
    setKey(decision());
    setAsking(false);
    const now = await readBooking(booking.ref).catch(() => undefined);
    if (now?.offers.length === 0) await host().toast.show(said);
    if (now) show(now);
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
        <s-choice-list label={t('offers.which')} name="offer" values={chosen === undefined ? [] : [String(chosen.n)]}
          onChange={(event) => {
            const [n] = valuesOf(event);
            setPicked(booking.offers.find((offer) => String(offer.n) === n));
            setKey(decision());
          }}>
          {booking.offers.map((offer) => (
            <s-choice key={`${offer.round}/${offer.n}`} value={String(offer.n)} selected={offer === chosen} disabled={!offer.free}>
              {offer.free ? offer.text : t('offers.taken', {time: offer.text})}
            </s-choice>
          ))}
        </s-choice-list>
        <s-button id="accept" variant="primary" disabled={chosen === undefined} loading={busy}
          onClick={() => chosen !== undefined && void act(acceptOffer(booking.ref, chosen, key), (next) => t('offers.accepted', {when: next.when}))}>
          {t('offers.accept')}
        </s-button>
        {!asking && <s-button variant="secondary" onClick={ask}>{t('offers.decline')}</s-button>}
        {asking && <s-text>{t('offers.sure')}</s-text>}
        {asking && (
          <s-button id="decline" variant="secondary" tone="critical" loading={busy}
            onClick={() => void act(declineOffers(booking.ref, booking.offers[0]!, key), () => t('offers.declined'))}>{t('offers.declineAll')}</s-button>
        )}
      </s-stack>
    </s-section>
  );
}

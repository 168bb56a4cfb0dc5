import {useState} from 'preact/hooks';

import {acceptOffer, declineOffers} from '../../shared/api';
import {lookAgain, useChange} from '../../shared/change';
import {valuesOf} from '../../shared/events';
import {t} from '../../shared/host';
import type {BookingDetail, Offer} from '../../shared/types';

/** The times the shop offers for a request: take one with one click, or decline them all in two. */
export function Offers({booking, show}: {booking: BookingDetail; show: (next: BookingDetail) => void}) {
  // The offer itself, not its number: the same number of another round is another time.
  const [picked, setPicked] = useState<Offer>();
  const [asking, setAsking] = useState(false);
  const {busy, problem, anew, make} = useChange(async (said) => {
    setAsking(false);
    await lookAgain(booking.ref, said, (now) => now.offers.length > 0, show);
  });
  const chosen = booking.offers.find((offer) => offer.free && offer.round === picked?.round && offer.n === picked.n);

  function ask() {
    setAsking(true);
    anew();
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
            anew();
          }}>
          {booking.offers.map((offer) => (
            <s-choice key={`${offer.round}/${offer.n}`} value={String(offer.n)} selected={offer === chosen} disabled={!offer.free}>
              {offer.free ? offer.text : t('offers.taken', {time: offer.text})}
            </s-choice>
          ))}
        </s-choice-list>
        <s-button id="accept" variant="primary" disabled={chosen === undefined} loading={busy}
          onClick={() => chosen !== undefined && void make((key) => acceptOffer(booking.ref, chosen, key), (next) => t('offers.accepted', {when: next.when}), show)}>
          {t('offers.accept')}
        </s-button>
        {!asking && <s-button variant="secondary" onClick={ask}>{t('offers.decline')}</s-button>}
        {asking && <s-text>{t('offers.sure')}</s-text>}
        {asking && (
          <s-button id="decline" variant="secondary" tone="critical" loading={busy}
            onClick={() => void make((key) => declineOffers(booking.ref, booking.offers[0]!, key), () => t('offers.declined'), show)}>{t('offers.declineAll')}</s-button>
        )}
      </s-stack>
    </s-section>
  );
}

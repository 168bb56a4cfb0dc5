import {useState} from 'preact/hooks';

import {cancelBooking, decision, quoteCancellation, readBooking} from '../../shared/api';
import {checkedOf, valueOf} from '../../shared/events';
import {host, t} from '../../shared/host';
import {fault, useLoad} from '../../shared/load';
import {Notice} from '../../shared/Notice';
import {pathOf} from '../../shared/routes';
import type {BookingDetail, Cancellation, ProblemBody} from '../../shared/types';

interface Asked {
  booking: BookingDetail;
  quote: Cancellation;
}

async function start(ref: string): Promise<Asked> {
  const [booking, quote] = await Promise.all([readBooking(ref), quoteCancellation(ref)]);
  return {booking, quote};
}

/** What happens to the money, in words; then the decision, which applies exactly that. */
export function CancelPage({booking: ref}: {booking: string}) {
  const {state, reload, show} = useLoad(() => start(ref), ref);
  return (
    <s-page heading={t('cancel.heading')} subheading={state.kind === 'ready' ? `${state.value.booking.service_name}, ${state.value.booking.when}` : undefined}>
      <s-button slot="breadcrumb-actions" href={pathOf(ref)} accessibilityLabel={t('move.back')}>{t('move.back')}</s-button>
      <Notice state={state} reload={reload} />
      {state.kind === 'ready' && <Decide asked={state.value} show={show} />}
    </s-page>
  );
}

function Decide({asked, show}: {asked: Asked; show: (next: Asked) => void}) {
  const {booking, quote} = asked;
  const [reason, setReason] = useState('');
  const [key, setKey] = useState(decision);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemBody | 'failed'>();

  function tell(error: unknown) {
    const found = fault(error);
    setProblem(found.kind === 'refused' ? found.problem : 'failed');
    if (found.kind === 'refused') {
      setKey(decision());
      if (found.problem.cancellation) show({booking, quote: found.problem.cancellation});
    }
  }

  async function ask(seats: number, asCredit: boolean, part = quote.part) {
    try {
      show({booking, quote: await quoteCancellation(booking.ref, {seats, asCredit, part})});
      setKey(decision());
    } catch (error) {
      tell(error);
    }
  }

  async function confirm() {
    setBusy(true);
    setProblem(undefined);
    try {
      const done = await cancelBooking(booking.ref, {quote: quote.quote, reason, seats: quote.seats, as_credit: quote.as_credit, ...(quote.part ? {part: true} : {})}, key);
      await host().toast.show(done.closed ? t('cancel.done') : [t('cancel.seatsDone'), done.money].filter(Boolean).join('. '));
      navigation.navigate(pathOf(booking.ref), {history: 'replace'});
    } catch (error) {
      tell(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <s-stack gap="large">
      {problem !== undefined && (
        <s-banner tone="critical" heading={t('cancel.notCancelled')}>
          <s-text>{problem === 'failed' ? t('common.failedText') : problem.detail ?? ''}</s-text>
        </s-banner>
      )}
      <s-section heading={t('cancel.money')}>
        <s-stack gap="base">
          <s-text type="strong">{quote.sentence}</s-text>
          {quote.charge && <s-text>{quote.charge}</s-text>}
          {quote.notes?.map((note) => <s-text key={note} color="subdued">{note}</s-text>)}
          {quote.terms && (
            <s-stack gap="small-300">
              <s-text type="strong">{quote.terms.title}</s-text>
              {quote.terms.lines.map((line) => <s-text key={line} dir="auto" color="subdued">{line}</s-text>)}
            </s-stack>
          )}
          {quote.may_choose_credit && (
            <s-checkbox label={t('cancel.asCredit')} checked={quote.as_credit} onChange={(event) => void ask(quote.seats, checkedOf(event))}></s-checkbox>
          )}
          {quote.may_cancel_part && (
            <s-select label={t('cancel.what')} value={quote.part ? 'part' : 'visit'} onChange={(event) => void ask(booking.seats, false, valueOf(event) === 'part')}>
              <s-option value="visit">{t('cancel.visit')}</s-option>
              <s-option value="part">{t('cancel.part')}</s-option>
            </s-select>
          )}
          {booking.together?.kind === 'visit' && !quote.part && <s-text>{t('cancel.wholeVisit', {count: booking.together.bookings.length})}</s-text>}
          {quote.may_drop_seats && (
            <s-select label={t('cancel.seats')} value={String(quote.seats)} onChange={(event) => void ask(Number(valueOf(event)), quote.as_credit)}>
              {Array.from({length: quote.of_seats}, (_, n) => n + 1).map((count) => (
                <s-option key={count} value={String(count)}>{count === quote.of_seats ? t('cancel.allSeats', {count}) : String(count)}</s-option>
              ))}
            </s-select>
          )}
          <s-text-area label={t('cancel.reason')} value={reason} maxLength={500} onInput={(event) => setReason(valueOf(event))}></s-text-area>
          <s-stack direction="inline" gap="small-200">
            <s-button id="confirm" variant="primary" tone="critical" loading={busy} onClick={() => void confirm()}>{t('cancel.button')}</s-button>
            <s-button variant="secondary" href={pathOf(booking.ref)}>{t('cancel.keep')}</s-button>
          </s-stack>
          {quote.may_reschedule && <s-link href={pathOf(booking.ref, 'reschedule')}>{t('cancel.moveInstead')}</s-link>}
        </s-stack>
      </s-section>
    </s-stack>
  );
}

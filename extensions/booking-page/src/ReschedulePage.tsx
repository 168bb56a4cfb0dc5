import {useState} from 'preact/hooks';

import {decision, freeTimes, moveBooking, readBooking} from '../../shared/api';
import {addMonths, lastDay, monthOf} from '../../shared/days';
import {valueOf} from '../../shared/events';
import {host, t} from '../../shared/host';
import {fault, useLoad} from '../../shared/load';
import {Notice} from '../../shared/Notice';
import {pathOf} from '../../shared/routes';
import type {BookingDetail, FreeDay, FreeTimes, ProblemBody} from '../../shared/types';
import {Picker} from './Picker';

const MOST_MONTHS = 12;

/** What the picker knows: the month shown, its free days, and the last day times can be asked for. */
interface Offered {
  booking: BookingDetail;
  month: string;
  times: FreeTimes;
}

/** The first month with a free time, by the shop's clock: the device's may be wrong. Without any, the present month. */
async function firstOffer(ref: string): Promise<Offered> {
  const [booking, start] = await Promise.all([readBooking(ref), freeTimes(ref)]);
  let month = monthOf(start.days[0]?.date ?? start.first);
  // What was asked first reaches the end of the present month; of a later one it may hold a part.
  let times = month === monthOf(start.first) ? {...start, days: start.days.filter((d) => monthOf(d.date) === month)} : await timesOf(ref, month);
  const first = {booking, month, times};
  for (let n = 1; times.days.length === 0 && n < MOST_MONTHS && addMonths(month, 1) <= monthOf(times.last); n++) {
    month = addMonths(month, 1);
    times = await timesOf(ref, month);
  }
  return times.days.length ? {booking, month, times} : first;
}

const timesOf = (ref: string, month: string, staff?: string) => freeTimes(ref, `${month}-01`, lastDay(month), staff);

export function ReschedulePage({booking: ref}: {booking: string}) {
  const {state, reload, show} = useLoad(() => firstOffer(ref), ref);
  return (
    <s-page heading={t('move.heading')} subheading={state.kind === 'ready' ? t('move.now', {when: state.value.booking.when}) : undefined}>
      <s-button slot="breadcrumb-actions" href={pathOf(ref)} accessibilityLabel={t('move.back')}>{t('move.back')}</s-button>
      <Notice state={state} reload={reload} />
      {state.kind === 'ready' && <Choose offered={state.value} show={show} reload={reload} />}
    </s-page>
  );
}

function Choose({offered, show, reload}: {offered: Offered; show: (next: Offered) => void; reload: () => void}) {
  const {booking, month, times} = offered;
  const [staff, setStaff] = useState<string>();
  const [day, setDay] = useState<string | undefined>(times.days[0]?.date);
  const [chosen, setChosen] = useState<string>();
  const [reason, setReason] = useState('');
  const [unsaid, setUnsaid] = useState(false);
  const [key, setKey] = useState(decision);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemBody | 'failed'>();

  async function look(wanted: string, who = staff) {
    setProblem(undefined);
    setStaff(who);
    try {
      const found = await timesOf(booking.ref, wanted, who);
      show({booking, month: wanted, times: found});
      pick(found.days.some((d) => d.date === day) ? day : found.days[0]?.date);
    } catch (error) {
      tell(error);
    }
  }

  function pick(date: string | undefined) {
    setDay(date);
    setChosen(undefined);
    setKey(decision());
  }

  function tell(error: unknown) {
    const found = fault(error);
    setProblem(found.kind === 'refused' ? found.problem : 'failed');
  }

  // Whoever has left is not among the people: the times shown then are those of anyone who is there.
  const who = staff ?? (times.people.length && !times.people.some((person) => person.id === booking.staff) ? 'anyone' : undefined);

  async function confirm(start: string) {
    if (times.reason === 'required' && !reason.trim()) {
      setUnsaid(true);
      return;
    }
    setBusy(true);
    setProblem(undefined);
    try {
      const moved = await moveBooking(booking.ref, {starts_at: start, version: booking.version, price: times.price.amount, ...(who ? {staff: who} : {}),
        ...(reason.trim() ? {reason: reason.trim()} : {})}, key);
      await host().toast.show(t('move.done', {when: moved.when}));
      navigation.navigate(pathOf(booking.ref), {history: 'replace'});
    } catch (error) {
      tell(error);
      // A refusal is an answer: the next click is a new decision. Without an answer the same one is sent again.
      if (fault(error).kind === 'refused') setKey(decision());
    } finally {
      setBusy(false);
    }
  }

  const {dearer} = times;
  const shown: FreeDay | undefined = times.days.find((d) => d.date === day);
  const wanted = shown?.slots.find((s) => s.starts_at === chosen);
  return (
    <s-stack gap="large">
      {problem !== undefined && <Problem problem={problem} reload={reload} />}
      {times.people.length > 0 && (
        <s-select label={t('move.who')} value={who ?? booking.staff} onChange={(event) => void look(month, valueOf(event) || undefined)}>
          {times.people.map((person) => <s-option key={person.id} value={person.id}>{person.name}</s-option>)}
          <s-option value="anyone">{t('move.anyone')}</s-option>
        </s-select>
      )}
      <Picker month={month} last={times.last} days={times.days} zone={times.zone} day={shown} chosen={chosen}
        onMonth={(wanted) => void look(wanted)} onDay={pick} onTime={(start) => setChosen(start)} />
      {chosen !== undefined && shown !== undefined && (
        <s-section heading={t('move.confirm')}>
          <s-stack gap="base">
            <s-text>{t('move.old', {when: booking.when})}</s-text>
            <s-text type="strong">{t('move.new', {day: shown.text, time: wanted?.text ?? ''})}</s-text>
            {dearer && (
              <s-banner tone="warning" heading={t('move.dearer', {difference: dearer.difference_text})}>
                <s-stack gap="small-300">
                  <s-text>{dearer.text}</s-text>
                  {!dearer.pays && <s-text>{t('move.paidThere')}</s-text>}
                </s-stack>
              </s-banner>
            )}
            {times.notes.filter((note) => note !== dearer?.text).map((note) => <s-text key={note} color="subdued">{note}</s-text>)}
            {wanted?.notes?.map((note) => <s-text key={note}>{note}</s-text>)}
            {times.reason !== 'none' && (
              <s-text-area label={t(times.reason === 'required' ? 'move.reason' : 'move.reasonOptional')} value={reason} maxLength={500}
                required={times.reason === 'required'} error={unsaid ? t('move.reasonMissing') : undefined}
                onInput={(event) => {
                  setReason(valueOf(event));
                  setUnsaid(false);
                }}></s-text-area>
            )}
            <s-button id="confirm" variant="primary" loading={busy} onClick={() => void confirm(chosen)}>
              {dearer?.pays ? t('move.buttonPay') : dearer ? t('move.buttonDearer', {difference: dearer.difference_text}) : t('move.button')}
            </s-button>
          </s-stack>
        </s-section>
      )}
      {times.days.length === 0 && times.last.startsWith(month) && <s-text color="subdued">{t('move.noneAtAll')}</s-text>}
    </s-stack>
  );
}

/** A card is typed on the booking's own page: there the move is paid for and made. */
function PayFirst({problem, url}: {problem: ProblemBody; url: string}) {
  return (
    <s-banner tone="warning" heading={t('move.payFirst')}>
      <s-stack gap="base">
        <s-text>{problem.detail ?? ''}</s-text>
        <s-button variant="primary" href={url} target="_blank">{t('move.pay')}</s-button>
      </s-stack>
    </s-banner>
  );
}

function Problem({problem, reload}: {problem: ProblemBody | 'failed'; reload: () => void}) {
  if (problem !== 'failed' && problem.pay_url) return <PayFirst problem={problem} url={problem.pay_url} />;
  return (
    <s-banner tone="critical" heading={t('move.notMoved')}>
      <s-stack gap="base">
        <s-text>{problem === 'failed' ? t('common.failedText') : problem.detail ?? ''}</s-text>
        {problem !== 'failed' && <s-button variant="secondary" onClick={reload}>{t('move.fresh')}</s-button>}
      </s-stack>
    </s-banner>
  );
}

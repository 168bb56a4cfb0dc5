import {useState} from 'preact/hooks';

import {decision, joinWaitlist, leaveWaitlist, readBooking} from '../../shared/api';
import {useChange} from '../../shared/change';
import {dayOfName, weekdaysFrom} from '../../shared/days';
import {checkedOf, valuesOf} from '../../shared/events';
import {host, t} from '../../shared/host';
import {useLoad} from '../../shared/load';
import {Notice} from '../../shared/Notice';
import {pathOf} from '../../shared/routes';
import {BANDS, WEEKDAYS, type BookingDetail, type Weekday, type Wishes} from '../../shared/types';

const ALL: Wishes = {weekdays: [...WEEKDAYS], bands: [...BANDS], anyone: false};

/** Which earlier times would suit: saved as often as wanted, the place in line stays. */
export function WaitlistPage({booking: ref}: {booking: string}) {
  const {state, reload} = useLoad(() => readBooking(ref), ref);
  return (
    <s-page heading={t('waitlist.heading')} subheading={state.kind === 'ready' ? `${state.value.service_name}, ${state.value.when}` : undefined}>
      <s-button slot="breadcrumb-actions" href={pathOf(ref)} accessibilityLabel={t('move.back')}>{t('move.back')}</s-button>
      <Notice state={state} reload={reload} />
      {state.kind === 'ready' && !state.value.actions.waitlist.allowed && <s-text>{state.value.actions.waitlist.sentence}</s-text>}
      {state.kind === 'ready' && state.value.actions.waitlist.allowed && <Form booking={state.value} />}
    </s-page>
  );
}

function Form({booking}: {booking: BookingDetail}) {
  const [wishes, setWishes] = useState<Wishes>(booking.waiting ?? ALL);
  const {busy, problem, anew, make} = useChange();

  function change(fields: Partial<Wishes>) {
    setWishes((old) => ({...old, ...fields}));
    anew();
  }

  const act = (send: (key: string) => Promise<BookingDetail>, done: string) =>
    make(send, () => t(done), () => navigation.navigate(pathOf(booking.ref), {history: 'replace'}));

  const nameOf = (day: Weekday) => host().i18n.formatDate(dayOfName(day), {weekday: 'long', timeZone: 'UTC'});
  const {weekdays, bands, anyone} = wishes;
  return (
    <s-section>
      <s-stack gap="large">
        {problem !== undefined && <s-banner tone="critical" heading={t('waitlist.notSaved')}><s-text>{problem}</s-text></s-banner>}
        <s-text>{booking.actions.waitlist.sentence}</s-text>
        <s-choice-list label={t('waitlist.days')} name="days" multiple values={weekdays} onChange={(event) => change({weekdays: valuesOf(event) as Wishes['weekdays']})}>
          {weekdaysFrom(booking.week_starts).map((day) => <s-choice key={day} value={day} selected={weekdays.includes(day)}>{nameOf(day)}</s-choice>)}
        </s-choice-list>
        <s-choice-list label={t('waitlist.bands')} name="bands" multiple values={bands} onChange={(event) => change({bands: valuesOf(event) as Wishes['bands']})}>
          {BANDS.map((band) => <s-choice key={band} value={band} selected={bands.includes(band)}>{t(`waitlist.${band}`)}</s-choice>)}
        </s-choice-list>
        <s-checkbox label={t('waitlist.anyone')} checked={anyone} onChange={(event) => change({anyone: checkedOf(event)})}></s-checkbox>
        <s-text color="subdued">{t('waitlist.stays')}</s-text>
        <s-button id="save" variant="primary" loading={busy} disabled={weekdays.length === 0 || bands.length === 0}
          onClick={() => void act((key) => joinWaitlist(booking.ref, {weekdays, bands, anyone}, key), 'waitlist.saved')}>
          {t(booking.waiting ? 'waitlist.save' : 'waitlist.ask')}
        </s-button>
        {booking.waiting && (
          <s-button id="stop" variant="secondary" loading={busy} onClick={() => void act(() => leaveWaitlist(booking.ref, decision()), 'waitlist.stopped')}>
            {t('waitlist.stop')}
          </s-button>
        )}
      </s-stack>
    </s-section>
  );
}

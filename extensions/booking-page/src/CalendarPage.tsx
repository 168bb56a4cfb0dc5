import {useRef, useState} from 'preact/hooks';

import {bookingsBetween} from '../../shared/api';
import {addMonths, asDate, dayOfName, lastDay, monthOf, today, weekdaysFrom, weeksOf} from '../../shared/days';
import {host, t} from '../../shared/host';
import {Line} from '../../shared/Line';
import {useLoad} from '../../shared/load';
import {Notice} from '../../shared/Notice';
import {pathOf} from '../../shared/routes';
import type {Booking, Weekday} from '../../shared/types';
import {Head, heading} from './Head';

/** The same bookings in a month: days with something on them are marked, and listed below in full. */
export function CalendarPage() {
  const [month, setMonth] = useState(monthOf(today(Intl.DateTimeFormat().resolvedOptions().timeZone)));
  const {state, reload} = useLoad(() => bookingsBetween(`${month}-01`, lastDay(month)), month);
  const {formatDate} = host().i18n;
  const found = state.kind === 'ready' ? state.value.items : [];
  const first = useRef<Weekday>();
  if (state.kind === 'ready') first.current = state.value.week_starts ?? 'mon';
  return (
    <s-page heading={heading()}>
      <s-stack gap="large">
        <Head view="calendar" />
        <s-section heading={formatDate(asDate(`${month}-15`), {month: 'long', year: 'numeric', timeZone: 'UTC'})}>
          <s-stack gap="base">
            <s-stack direction="inline" gap="small-200">
              <s-button variant="secondary" onClick={() => setMonth(addMonths(month, -1))}>{t('calendar.previous')}</s-button>
              <s-button variant="secondary" onClick={() => setMonth(addMonths(month, 1))}>{t('calendar.next')}</s-button>
            </s-stack>
            {first.current !== undefined && <Month month={month} bookings={found} first={first.current} />}
            <Notice state={state} reload={reload} />
            {state.kind === 'ready' && found.length === 0 && <s-text color="subdued">{t('calendar.empty')}</s-text>}
            {found.map((booking) => (
              <s-stack key={booking.ref} gap="base">
                <s-divider></s-divider>
                <Line booking={booking} />
                <s-link href={pathOf(booking.ref)} accessibilityLabel={t('list.detailsOf', {service: booking.service_name, when: booking.when})}>
                  {t('list.details')}
                </s-link>
              </s-stack>
            ))}
          </s-stack>
        </s-section>
      </s-stack>
    </s-page>
  );
}

function Month({month, bookings, first}: {month: string; bookings: Booking[]; first: Weekday}) {
  const {formatDate} = host().i18n;
  const counts = new Map<string, number>();
  for (const day of bookings.flatMap((booking) => booking.days)) counts.set(day, (counts.get(day) ?? 0) + 1);
  const weeks = weeksOf(month, first);
  return (
    <s-stack gap="small-300">
      <s-grid gridTemplateColumns="1fr 1fr 1fr 1fr 1fr 1fr 1fr" gap="small-300">
        {weekdaysFrom(first).map((day) => (
          <s-text key={day} color="subdued">{formatDate(dayOfName(day), {weekday: 'short', timeZone: 'UTC'})}</s-text>
        ))}
      </s-grid>
      {weeks.map((week, n) => (
        <s-grid key={n} gridTemplateColumns="1fr 1fr 1fr 1fr 1fr 1fr 1fr" gap="small-300">
          {week.map((day, place) => (
            <Cell key={place} day={day} count={day === null ? 0 : counts.get(day) ?? 0} />
          ))}
        </s-grid>
      ))}
    </s-stack>
  );
}

function Cell({day, count}: {day: string | null; count: number}) {
  if (day === null) return <s-box></s-box>;
  return (
    <s-box padding="small-300" borderRadius="base" background={count ? 'subdued' : 'transparent'} border={count ? 'base' : 'none'}>
      <s-text type={count ? 'strong' : 'generic'}>{Number(day.slice(8))}</s-text>
      {count > 0 && <s-text accessibilityVisibility="exclusive">{t('calendar.bookings', {count})}</s-text>}
    </s-box>
  );
}

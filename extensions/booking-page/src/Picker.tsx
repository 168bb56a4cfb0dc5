import {addMonths, asDate, monthOf} from '../../shared/days';
import {valueOf, valuesOf, viewOf} from '../../shared/events';
import {host, t} from '../../shared/host';
import type {FreeDay, FreeTime} from '../../shared/types';

interface Props {
  month: string;
  /** The last day the service can be booked for. */
  last: string;
  days: FreeDay[];
  zone: string;
  day: FreeDay | undefined;
  chosen: string | undefined;
  onMonth: (month: string) => void;
  onDay: (date: string) => void;
  onTime: (start: string) => void;
}

/** A month with its free days, and the times of one day. */
export function Picker({month, last, days, zone, day, chosen, onMonth, onDay, onTime}: Props) {
  const name = host().i18n.formatDate(asDate(`${month}-15`), {month: 'long', year: 'numeric', timeZone: 'UTC'});
  const later = addMonths(month, 1);
  return (
    <s-stack gap="base">
      <s-section heading={t('move.day')}>
        <s-stack gap="base">
          {days.length === 0 && <s-text color="subdued">{t('move.noneInMonth', {month: name})}</s-text>}
          <s-date-picker view={month} value={day?.date ?? ''} allow={days.length ? days.map((d) => d.date).join(',') : '1970-01-01'}
            onViewChange={(given) => {
              const wanted = viewOf(given);
              if (wanted && wanted !== month) onMonth(wanted);
            }}
            onChange={(event) => {
              if (valueOf(event)) onDay(valueOf(event));
            }}></s-date-picker>
          {days.length === 0 && later <= monthOf(last) && (
            <s-button variant="secondary" onClick={() => onMonth(later)}>{t('move.later')}</s-button>
          )}
        </s-stack>
      </s-section>
      {day && (
        <s-section heading={day.text}>
          <s-choice-list label={t('move.time', {zone: zone.replace(/_/g, ' ')})} name="time" variant="grid" values={chosen === undefined ? [] : [chosen]}
            onChange={(event) => {
              const [start] = valuesOf(event);
              if (start) onTime(start);
            }}>
            {day.slots.map((slot) => (
              <s-choice key={slot.starts_at} value={slot.starts_at} selected={slot.starts_at === chosen}>{label(slot)}</s-choice>
            ))}
          </s-choice-list>
        </s-section>
      )}
    </s-stack>
  );
}

function label(slot: FreeTime): string {
  return slot.seats_left === null ? slot.text : `${slot.text} · ${t('move.seats', {count: slot.seats_left})}`;
}

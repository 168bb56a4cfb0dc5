/** Calendar days as `YYYY-MM-DD`, months as `YYYY-MM`: plain text, no time zone of the viewer's machine in between. */

import {WEEKDAYS, type Weekday} from './types';

const pad = (n: number) => String(n).padStart(2, '0');

export const monthOf = (day: string) => day.slice(0, 7);

export function today(zone: string): string {
  return new Intl.DateTimeFormat('en-CA', {timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit'}).format(new Date());
}

export function addMonths(month: string, n: number): string {
  const [year, number] = month.split('-').map(Number);
  const count = year * 12 + number - 1 + n;
  return `${Math.floor(count / 12)}-${pad((count % 12) + 1)}`;
}

export function lastDay(month: string): string {
  const [year, number] = month.split('-').map(Number);
  return `${month}-${pad(new Date(Date.UTC(year, number, 0)).getUTCDate())}`;
}

/** Weekdays as a week there goes. An older answer does not say where it begins. */
export function weekdaysFrom(first: Weekday = 'mon'): Weekday[] {
  const at = WEEKDAYS.indexOf(first);
  return [...WEEKDAYS.slice(at), ...WEEKDAYS.slice(0, at)];
}

/** Weeks from `first` on that cover the month; days of other months are null. */
export function weeksOf(month: string, first: Weekday = 'mon'): (string | null)[][] {
  const [year, number] = month.split('-').map(Number);
  const before = (new Date(Date.UTC(year, number - 1, 1)).getUTCDay() + 6 - WEEKDAYS.indexOf(first) + 7) % 7;
  const count = Number(lastDay(month).slice(8));
  const cells = Array.from({length: Math.ceil((before + count) / 7) * 7}, (_, n) => {
    const day = n - before + 1;
    return day >= 1 && day <= count ? `${month}-${pad(day)}` : null;
  });
  return Array.from({length: cells.length / 7}, (_, week) => cells.slice(week * 7, week * 7 + 7));
}

/** A day of that name, to be formatted. */
export const dayOfName = (name: Weekday) => asDate(`2027-03-0${WEEKDAYS.indexOf(name) + 1}`);

/** A day as a Date that formats to that day with `timeZone: 'UTC'`. */
export const asDate = (day: string) => new Date(`${day}T12:00:00Z`);

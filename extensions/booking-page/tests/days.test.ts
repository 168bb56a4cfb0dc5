import {expect, test} from 'vitest';

import {addMonths, dayOfName, lastDay, today, weekdaysFrom, weeksOf} from '../../shared/days';
import {routeOf} from '../../shared/routes';

test('months and their days', () => {
  expect([addMonths('2027-12', 1), addMonths('2027-01', -1), addMonths('2027-03', 14)]).toEqual(['2028-01', '2026-12', '2028-05']);
  expect(['2027-02', '2028-02', '2027-12'].map(lastDay)).toEqual(['2027-02-28', '2028-02-29', '2027-12-31']);
  const weeks = weeksOf('2027-03');
  expect(weeks[0]).toEqual(['2027-03-01', '2027-03-02', '2027-03-03', '2027-03-04', '2027-03-05', '2027-03-06', '2027-03-07']);
  expect(weeksOf('2027-08')[0].indexOf('2027-08-01')).toBe(6);
  expect(weeks.flat().filter(Boolean)).toHaveLength(31);
});

test('weeks begin where the answer says', () => {
  expect(weeksOf('2027-03', 'sun')[0]).toEqual([null, '2027-03-01', '2027-03-02', '2027-03-03', '2027-03-04', '2027-03-05', '2027-03-06']);
  expect(weeksOf('2027-03', 'sat')[0].indexOf('2027-03-01')).toBe(2);
  expect(weeksOf('2027-08', 'sun')[0][0]).toBe('2027-08-01');
  expect([weekdaysFrom('sun')[0], weekdaysFrom('sat')[1], weekdaysFrom()[0]]).toEqual(['sun', 'sun', 'mon']);
  expect(weekdaysFrom('sun').map((day) => dayOfName(day).getUTCDay())).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('today is that of the zone asked for', () => {
  expect(today('Pacific/Kiritimati') >= today('America/Los_Angeles')).toBe(true);
});

test('addresses', () => {
  expect(routeOf(null)).toEqual({page: 'list'});
  expect(routeOf('https://x.test/account/pages/11-22')).toEqual({page: 'list'});
  expect(routeOf('extension:/bookings/0a1b2c3d4e5f')).toEqual({page: 'booking', ref: '0a1b2c3d4e5f'});
  expect(routeOf('https://x.test/p/bookings/abc/cancel?x=1#y')).toEqual({page: 'cancel', ref: 'abc'});
  expect(routeOf('/bookings/abc/reschedule/')).toEqual({page: 'reschedule', ref: 'abc'});
  expect([routeOf('/calendar').page, routeOf('/profile').page, routeOf('/bookings/../x').page]).toEqual(['calendar', 'profile', 'list']);
});

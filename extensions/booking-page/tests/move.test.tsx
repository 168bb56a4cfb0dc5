import {fireEvent, waitFor} from '@testing-library/preact';
import {describe, expect, test} from 'vitest';

import {change, detail, element, problem, shown, slot, times} from '../../shared/testing';
import {at, extension, navigate, toast} from './page';

describe('move', () => {
  const SLOTS = 'GET /bookings/abc123/slots', MOVE = 'POST /bookings/abc123/reschedule';
  const ready = {'GET /bookings/abc123': {body: detail()}, [SLOTS]: {body: times()}};

  async function choose(start = '2027-03-11T11:00:00-05:00') {
    await waitFor(() => element('s-choice-list'));
    await change(element('s-choice-list'), {values: [start]});
    await waitFor(() => element('#confirm'));
  }

  test('day, time, confirm: the version seen goes along, the booking is shown again', async () => {
    const server = at('/bookings/abc123/reschedule', {...ready, [MOVE]: {body: detail({when: 'Thu, Mar 11'})}});
    await extension.render();
    await choose();
    expect(element('s-date-picker').getAttribute('allow')).toBe('2027-03-11');
    expect(shown()).toContain('Your payment stays with the booking.');
    expect(server.of(MOVE)).toHaveLength(0);
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(navigate).toHaveBeenCalledWith('/bookings/abc123', {history: 'replace'}));
    expect(server.of(MOVE)[0].body).toEqual({starts_at: '2027-03-11T11:00:00-05:00', version: 3, price: 8000});
    expect(toast).toHaveBeenCalledWith('move.done');
  });

  test('a dearer time: the difference and where it is paid, then exactly that price', async () => {
    const dearer = {difference: {amount: 1000, currency: 'USD'}, difference_text: '$10', due: {amount: 9000, currency: 'USD'}, text: 'It costs $90, $10 more. Still to pay: $90.'};
    const server = at('/bookings/abc123/reschedule', {...ready, [MOVE]: {body: detail()},
      [SLOTS]: {body: times({dearer, price: {amount: 9000, currency: 'USD'}, notes: [dearer.text, 'The shop confirms moves.']})}});
    await extension.render();
    await choose();
    expect(element('s-banner').getAttribute('heading')).toBe('move.dearer');
    expect(shown().split(dearer.text)).toHaveLength(2);
    for (const text of ['move.paidThere', 'The shop confirms moves.']) expect(shown()).toContain(text);
    expect(element('#confirm').textContent).toBe('move.buttonDearer');
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(server.of(MOVE)[0]?.body).toMatchObject({price: 9000}));
  });

  test('a difference that is paid by card first leads to the page for that, and nothing has been moved', async () => {
    const money = (amount: number) => ({amount, currency: 'USD'});
    const dearer = {difference: money(1000), difference_text: '$10', due: money(1000), pays: money(1000), text: 'You pay $10 by card first.'};
    const url = 'https://shop.test/manage/abc123/reschedule?token=t';
    const server = at('/bookings/abc123/reschedule', {...ready, [SLOTS]: {body: times({dearer, price: money(9000), notes: [dearer.text]})},
      [MOVE]: {status: 409, body: {code: 'not_allowed', status: 409, detail: 'Nothing has changed: please pay on the page.', pay_url: url}}});
    await extension.render();
    await choose();
    expect(shown()).not.toContain('move.paidThere');
    expect(element('#confirm').textContent).toBe('move.buttonPay');
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(shown()).toContain('Nothing has changed: please pay on the page.'));
    expect(element('s-button', 'move.pay').getAttribute('href')).toBe(url);
    expect(server.of(MOVE)).toHaveLength(1);
    expect(navigate).not.toHaveBeenCalled();
  });

  test('what comes of the chosen time alone is told with it', async () => {
    const slots = [slot('2027-03-11T09:00:00-05:00', '9:00 AM'), slot('2027-03-11T11:00:00-05:00', '11:00 AM', {notes: ['Nothing comes back then.']})];
    at('/bookings/abc123/reschedule', {...ready, [SLOTS]: {body: times({days: [{date: '2027-03-11', text: 'Thursday, March 11, 2027', slots}]})}});
    await extension.render();
    await choose('2027-03-11T09:00:00-05:00');
    expect(shown()).not.toContain('Nothing comes back then.');
    await choose();
    expect(shown()).toContain('Nothing comes back then.');
  });

  test('a price that changed meanwhile is told, and nothing has been moved', async () => {
    at('/bookings/abc123/reschedule', {...ready, [MOVE]: problem(409, 'quote_changed', 'The price of that time is $95.')});
    await extension.render();
    await choose();
    expect(document.querySelector('s-banner')).toBeNull();
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(shown()).toContain('The price of that time is $95.'));
    expect(navigate).not.toHaveBeenCalled();
    expect(element('s-button', 'move.fresh')).toBeTruthy();
  });

  test('the first month with a free time is shown', async () => {
    const server = at('/bookings/abc123/reschedule', {...ready, [SLOTS]: (sent) => ({
      body: times(sent.query.get('from') === '2027-05-01' ? {days: [{date: '2027-05-04', text: 'May 4', slots: [slot('2027-05-04T09:00:00-04:00', '9')]}]} : {days: []})})});
    await extension.render();
    await waitFor(() => expect(shown()).toContain('9'));
    expect(server.of(SLOTS).map((s) => s.query.get('from'))).toEqual([null, '2027-04-01', '2027-05-01']);
  });

  test('a lost time says so, and the next click is a new decision', async () => {
    const server = at('/bookings/abc123/reschedule', {...ready, [MOVE]: problem(409, 'slot_taken', 'That time has just been taken.')});
    await extension.render();
    await choose();
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(shown()).toContain('That time has just been taken.'));
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(server.of(MOVE)).toHaveLength(2));
    const keys = server.of(MOVE).map((s) => s.headers['Idempotency-Key']);
    expect(new Set(keys).size).toBe(2);
    expect(navigate).not.toHaveBeenCalled();
  });

  test.each([['no line', new TypeError('Failed to fetch')], ['out of order', problem(503, 'unavailable', 'Try again in a minute.')]])('without an answer (%s) the same decision is sent again', async (_, lost) => {
    let answers = 0;
    const server = at('/bookings/abc123/reschedule', {...ready, [MOVE]: () => (++answers === 1 ? lost : {body: detail()})});
    await extension.render();
    await choose();
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(shown()).toContain('common.failedText'));
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(navigate).toHaveBeenCalled());
    const keys = server.of(MOVE).map((s) => s.headers['Idempotency-Key']);
    expect(keys[0]).toBeTruthy();
    expect(keys[1]).toBe(keys[0]);
  });

  test('a reason the shop asks for goes along, and one it must have is asked for first', async () => {
    const server = at('/bookings/abc123/reschedule', {...ready, [SLOTS]: {body: times({reason: 'required'})}, [MOVE]: {body: detail()}});
    await extension.render();
    await choose();
    expect(element('s-text-area').getAttribute('label')).toBe('move.reason');
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(element('s-text-area').getAttribute('error')).toBe('move.reasonMissing'));
    expect(server.of(MOVE)).toHaveLength(0);
    await change(element('s-text-area'), {value: ' The train '}, 'input');
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(server.of(MOVE)[0]?.body).toMatchObject({reason: 'The train'}));
  });

  test('whoever has left is not kept: anyone there is meant', async () => {
    const server = at('/bookings/abc123/reschedule', {...ready, [SLOTS]: {body: times({people: [{id: '2', name: 'Tom Okonkwo'}]})}, [MOVE]: {body: detail()}});
    await extension.render();
    await choose();
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(server.of(MOVE)[0]?.body).toMatchObject({staff: 'anyone'}));
  });

  test('another person, where the shop lets customers choose', async () => {
    const people = [{id: '1', name: 'Elena Marsh'}, {id: '2', name: 'Tom Okonkwo'}];
    const server = at('/bookings/abc123/reschedule', {...ready, [SLOTS]: {body: times({people})}, [MOVE]: {body: detail()}});
    await extension.render();
    await waitFor(() => element('s-select'));
    await change(element('s-select'), {value: 'anyone'});
    await waitFor(() => expect(server.of(SLOTS).at(-1)?.query.get('staff')).toBe('anyone'));
    await choose();
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(server.of(MOVE)[0]?.body).toMatchObject({staff: 'anyone'}));
  });

  test('too late: the sentence instead of a picker', async () => {
    at('/bookings/abc123/reschedule', {...ready, [SLOTS]: problem(409, 'too_late', 'Within 24h.')});
    await extension.render();
    await waitFor(() => expect(shown()).toContain('Within 24h.'));
    expect(document.querySelector('s-date-picker')).toBeNull();
  });
});

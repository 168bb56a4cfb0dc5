import {fireEvent, waitFor} from '@testing-library/preact';
import {describe, expect, test} from 'vitest';

import {clear, detail, element, problem, refusedFor, shown} from '../../shared/testing';
import {at, extension, toast} from './page';

describe('one booking', () => {
  test('facts, rules, and what may be done', async () => {
    at('/bookings/abc123', {'GET /bookings/abc123': {body: detail()}});
    await extension.render();
    await waitFor(() => expect(shown()).toContain('Elena Marsh'));
    for (const text of ['You can change this until Tuesday.', 'You can cancel this until Tuesday.', 'Cancel until Tuesday: full refund.']) expect(shown()).toContain(text);
    expect(element('s-link', 'booking.calendarFile').getAttribute('href')).toBe('https://shop.test/manage/abc123/calendar.ics');
    expect(document.body.innerHTML).not.toContain('booking.card');
  });

  test('a move that waits can be taken back: what it means, then the old time with its person', async () => {
    const MOVE = 'POST /bookings/abc123/reschedule', way_back = {starts_at: '2027-03-10T10:00:00-05:00', staff: '1', text: 'This takes back your request.'};
    const server = at('/bookings/abc123', {'GET /bookings/abc123': {body: detail({status: 'pending', waits: 'The shop answers by noon.', way_back})}, [MOVE]: {body: detail()}});
    await extension.render();
    await waitFor(() => element('s-button', 'booking.keep'));
    expect(shown()).not.toContain(way_back.text);
    fireEvent.click(element('s-button', 'booking.keep'));
    await waitFor(() => expect(shown()).toContain(way_back.text));
    expect(server.of(MOVE)).toHaveLength(0);
    fireEvent.click(element('#keep'));
    await waitFor(() => expect(toast).toHaveBeenCalledWith('booking.kept'));
    expect(server.of(MOVE)[0].body).toEqual({starts_at: way_back.starts_at, staff: '1', version: 3});
    await waitFor(() => expect(shown()).not.toContain('booking.keep'));
  });

  test('taking back what the shop has answered meanwhile shows the booking as it is now, with the reason', async () => {
    const MOVE = 'POST /bookings/abc123/reschedule', way_back = {starts_at: '2027-03-10T10:00:00-05:00', staff: null, text: 'This takes back your request.'};
    let now = detail({status: 'pending', waits: 'The shop answers by noon.', way_back});
    at('/bookings/abc123', {'GET /bookings/abc123': () => ({body: now}), [MOVE]: problem(409, 'stale', 'This booking has changed.')});
    await extension.render();
    await waitFor(() => element('s-button', 'booking.keep'));
    fireEvent.click(element('s-button', 'booking.keep'));
    await waitFor(() => element('#keep'));
    now = detail({status_text: 'Confirmed by the shop'});
    fireEvent.click(element('#keep'));
    await waitFor(() => expect(shown()).toContain('Confirmed by the shop'));
    expect(toast).toHaveBeenCalledWith('This booking has changed.');
    expect(shown()).not.toContain('booking.keep');
  });

  test('out of order is not a no: it can be tried again', async () => {
    let answers = 0;
    at('/bookings/abc123', {'GET /bookings/abc123': () => (++answers === 1 ? problem(503, 'unavailable', 'Nothing has changed.') : {body: detail()})});
    await extension.render();
    await waitFor(() => expect(shown()).toContain('common.failedText'));
    fireEvent.click(element('s-button', 'common.retry'));
    await waitFor(() => expect(shown()).toContain('Cancel until Tuesday'));
  });

  test('receipts, and what belongs together', async () => {
    const together = {kind: 'visit' as const, bookings: [{ref: 'abc123', text: 'Colour, 10:00', status_text: 'Confirmed'}, {ref: 'def456', text: 'Cut, 11:00', status_text: 'Confirmed'}]};
    at('/bookings/abc123', {'GET /bookings/abc123': {body: detail({together, documents: [{number: 7, title: 'Receipt 7', url: 'https://shop.test/receipt.pdf'}]})}});
    await extension.render();
    await waitFor(() => expect(element('s-link', 'Receipt 7').getAttribute('href')).toBe('https://shop.test/receipt.pdf'));
    expect(element('s-link', 'Cut, 11:00').getAttribute('href')).toBe('/bookings/def456');
    expect(shown()).toContain('together.visitText');
  });

  test('a visit of which a part can be cancelled alone says so', async () => {
    const together = {kind: 'visit' as const, part_cancel: true, bookings: [{ref: 'abc123', text: 'Colour, 10:00', status_text: 'Confirmed'}, {ref: 'def456', text: 'Cut, 11:00', status_text: 'Confirmed'}]};
    at('/bookings/abc123', {'GET /bookings/abc123': {body: detail({together})}});
    await extension.render();
    await waitFor(() => expect(shown()).toContain('together.visitParts'));
    expect(shown()).not.toContain('together.visitText');
  });

  test('refusals are sentences, not buttons; closed bookings only tell', async () => {
    const actions = {...detail().actions, reschedule: refusedFor('too_late', 'Within 24h.', 'You could change this until Monday.'), cancel: refusedFor('too_late', 'Too late to cancel.')};
    at('/bookings/abc123', {'GET /bookings/abc123': {body: detail({actions})}});
    await extension.render();
    await waitFor(() => expect(shown()).toContain('Within 24h.'));
    expect(shown()).toContain('You could change this until Monday.');
    expect(document.querySelector('s-button[href*="reschedule"], s-button[href*="cancel"]')).toBeNull();
  });

  test('of a request that was turned down the way to wait for its time', async () => {
    const again = {text: 'We can tell you when this time becomes free.', action: 'Wait for this time', url: 'https://shop.test/again/abc123?token=k1.x'};
    at('/bookings/abc123', {'GET /bookings/abc123': {body: detail({closed: true, status: 'declined', again, policy: []})}});
    await extension.render();
    await waitFor(() => expect(shown()).toContain(again.text));
    expect(element('s-link', 'Wait for this time').getAttribute('href')).toBe(again.url);
  });

  test('a new booking takes the place of cancelling, and comes after the end', async () => {
    const anew = {text: 'Schedule an appointment', url: 'https://shop.test/book/5?staff=1'};
    const actions = {...detail().actions, cancel: refusedFor('not_allowed', 'You can schedule another appointment.')};
    at('/bookings/abc123', {'GET /bookings/abc123': {body: detail({actions, anew})}});
    await extension.render();
    await waitFor(() => expect(element('s-button', 'Schedule an appointment').getAttribute('href')).toBe(anew.url));
    clear();
    at('/bookings/abc123', {'GET /bookings/abc123': {body: detail({closed: true, status: 'completed', policy: [], anew: {...anew, text: 'Book again'}})}});
    await extension.render();
    await waitFor(() => expect(element('s-button', 'Book again').getAttribute('href')).toBe(anew.url));
  });

  test('closed', async () => {
    at('/bookings/abc123', {'GET /bookings/abc123': {body: detail({closed: true, status: 'cancelled', money: 'You were refunded $25.', policy: []})}});
    await extension.render();
    await waitFor(() => expect(shown()).toContain('You were refunded $25.'));
    expect(document.body.innerHTML).not.toContain('booking.change');
  });

  test('someone else’s is not found', async () => {
    at('/bookings/abc123', {'GET /bookings/abc123': problem(404, 'not_found', 'There is no such booking.')});
    await extension.render();
    await waitFor(() => expect(element('s-banner').getAttribute('heading')).toBe('common.notFound'));
  });
});

import {fireEvent, waitFor} from '@testing-library/preact';
import {describe, expect, test} from 'vitest';

import {change, detail, element, problem, shown} from '../../shared/testing';
import {at, extension, navigate, toast} from './page';

describe('cancel', () => {
  const QUOTE = 'GET /bookings/abc123/cancellation', CANCEL = 'POST /bookings/abc123/cancel';
  const quote = {outcome: 'full', amount: 2500, currency: 'USD', sentence: 'You get $25.', charge: null, as_credit: false, may_choose_credit: false, quote: 'q1', seats: 1, of_seats: 1, may_drop_seats: false, may_reschedule: true};
  const ready = {'GET /bookings/abc123': {body: detail()}, [QUOTE]: {body: quote}};

  test('the money first, then exactly that', async () => {
    const server = at('/bookings/abc123/cancel', {...ready, [CANCEL]: {body: detail({closed: true})}});
    await extension.render();
    await waitFor(() => expect(shown()).toContain('You get $25.'));
    await change(element('s-text-area'), {value: 'Ill'}, 'input');
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(toast).toHaveBeenCalledWith('cancel.done'));
    expect(server.of(CANCEL)[0].body).toEqual({quote: 'q1', reason: 'Ill', seats: 1, as_credit: false});
  });

  test('until when, and the terms of the shop', async () => {
    at('/bookings/abc123/cancel', {...ready, [QUOTE]: {body: {...quote, notes: ['You can cancel this until Tuesday.'], terms: {title: 'Terms of Harbor Massage', lines: ['No dogs.', 'No shoes.']}}}});
    await extension.render();
    await waitFor(() => expect(shown()).toContain('You get $25.'));
    for (const text of ['You can cancel this until Tuesday.', 'Terms of Harbor Massage', 'No dogs.', 'No shoes.']) expect(shown()).toContain(text);
  });

  test('a quote that got worse is shown for a fresh decision', async () => {
    const worse = {...quote, quote: 'q2', sentence: 'Nothing comes back.'};
    const server = at('/bookings/abc123/cancel', {...ready, [CANCEL]: problem(409, 'quote_changed', 'The refund has changed.', {cancellation: worse})});
    await extension.render();
    await waitFor(() => element('#confirm'));
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(shown()).toContain('Nothing comes back.'));
    expect(shown()).toContain('The refund has changed.');
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(server.of(CANCEL).map((s) => (s.body as {quote: string}).quote)).toEqual(['q1', 'q2']));
    expect(navigate).not.toHaveBeenCalled();
  });

  test('credit instead of money has its own quote', async () => {
    const server = at('/bookings/abc123/cancel', {...ready, [CANCEL]: {body: detail({closed: true})}, [QUOTE]: (sent) => ({
      body: {...quote, may_choose_credit: true, ...(sent.query.get('as_credit') ? {as_credit: true, sentence: 'You get credit.', quote: 'q4'} : {})}})});
    await extension.render();
    await waitFor(() => element('s-checkbox'));
    await change(element('s-checkbox'), {checked: true});
    await waitFor(() => expect(shown()).toContain('You get credit.'));
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(server.of(CANCEL)[0]?.body).toMatchObject({quote: 'q4', as_credit: true}));
  });

  test('one part of a visit has its own quote, where the shop allows it', async () => {
    const together = {kind: 'visit' as const, part_cancel: true, bookings: [{ref: 'abc123', text: 'Colour', status_text: 'Confirmed'}, {ref: 'def456', text: 'Cut', status_text: 'Confirmed'}]};
    const visit = {...quote, part: false, may_cancel_part: true};
    const server = at('/bookings/abc123/cancel', {...ready, 'GET /bookings/abc123': {body: detail({together})}, [CANCEL]: {body: detail({closed: true})},
      [QUOTE]: (sent) => ({body: sent.query.get('part') ? {...visit, part: true, sentence: 'You get $10.', quote: 'q5'} : visit})});
    await extension.render();
    await waitFor(() => expect(shown()).toContain('cancel.wholeVisit'));
    await change(element('s-select'), {value: 'part'});
    await waitFor(() => expect(shown()).toContain('You get $10.'));
    expect(shown()).not.toContain('cancel.wholeVisit');
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(server.of(CANCEL)[0]?.body).toEqual({quote: 'q5', reason: '', seats: 1, as_credit: false, part: true}));
  });

  test('some seats of a party have their own quote', async () => {
    const party = {...quote, seats: 3, of_seats: 3, may_drop_seats: true};
    const server = at('/bookings/abc123/cancel', {...ready, [QUOTE]: (sent) => ({body: sent.query.get('seats') === '1' ? {...party, seats: 1, sentence: 'You get $8.', quote: 'q3'} : party}),
      [CANCEL]: {body: detail({money: 'You get $8.'})}});
    await extension.render();
    await waitFor(() => element('s-select'));
    await change(element('s-select'), {value: '1'});
    await waitFor(() => expect(shown()).toContain('You get $8.'));
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(toast).toHaveBeenCalledWith('cancel.seatsDone. You get $8.'));
    expect(server.of(CANCEL)[0].body).toMatchObject({quote: 'q3', seats: 1});
  });
});

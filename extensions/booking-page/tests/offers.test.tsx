import {fireEvent, waitFor} from '@testing-library/preact';
import {describe, expect, test} from 'vitest';

import {change, detail, element, problem, shown} from '../../shared/testing';
import {at, extension, toast} from './page';

describe('other times', () => {
  const ACCEPT = 'POST /bookings/abc123/offers/2/accept';
  const offers = [{round: 1, n: 1, free: true, text: 'Thu 10:00 with Elena'}, {round: 1, n: 2, free: true, text: 'Fri 10:00 with Tom'}];
  const actions = {...detail().actions, offers: {allowed: true, reason: null, sentence: 'Choose by Monday.', deadline: null}};
  const ready = {'GET /bookings/abc123': {body: detail({status: 'pending', offers, actions})}};

  test('one is taken with one click', async () => {
    const server = at('/bookings/abc123', {...ready, [ACCEPT]: {body: detail({when: 'Fri 10:00'})}});
    await extension.render();
    await waitFor(() => element('#accept'));
    expect(element('#accept').hasAttribute('disabled')).toBe(true);
    await change(element('s-choice-list'), {values: ['2']});
    fireEvent.click(element('#accept'));
    await waitFor(() => expect(toast).toHaveBeenCalledWith('offers.accepted'));
    expect(server.of(ACCEPT).map((one) => one.body)).toEqual([{round: 1}]);
    await waitFor(() => expect(document.querySelector('#accept')).toBeNull());
  });

  test('a time that is gone says so, the others stay', async () => {
    at('/bookings/abc123', {...ready, [ACCEPT]: problem(409, 'slot_taken', 'That time has just been taken.')});
    await extension.render();
    await waitFor(() => element('#accept'));
    await change(element('s-choice-list'), {values: ['2']});
    fireEvent.click(element('#accept'));
    await waitFor(() => expect(shown()).toContain('That time has just been taken.'));
    expect(shown()).toContain('Thu 10:00 with Elena');
  });

  test('what somebody else has taken cannot be chosen', async () => {
    at('/bookings/abc123', {'GET /bookings/abc123': {body: detail({status: 'pending', offers: [offers[0]!, {...offers[1]!, free: false}], actions})}});
    await extension.render();
    await waitFor(() => element('s-choice'));
    expect([...document.querySelectorAll('s-choice')].map((one) => one.hasAttribute('disabled'))).toEqual([false, true]);
    await change(element('s-choice-list'), {values: ['2']});
    expect(element('#accept').hasAttribute('disabled')).toBe(true);
  });

  test('another round is shown and has to be chosen from anew', async () => {
    let round = 1;
    const fresh = [{round: 2, n: 1, free: true, text: 'Sat 9:00 with Elena'}, {round: 2, n: 2, free: true, text: 'Sun 9:00 with Tom'}];
    const server = at('/bookings/abc123', {
      'GET /bookings/abc123': () => ({body: detail({status: 'pending', offers: round === 1 ? offers : fresh, actions})}),
      [ACCEPT]: problem(409, 'stale', 'The offered times have changed.'), 'POST /bookings/abc123/offers/decline': problem(409, 'stale', 'Changed again.'),
    });
    await extension.render();
    await waitFor(() => element('#accept'));
    await change(element('s-choice-list'), {values: ['2']});
    round = 2;
    fireEvent.click(element('#accept'));
    await waitFor(() => expect(shown()).toContain('Sun 9:00 with Tom'));
    expect(shown()).toContain('The offered times have changed.');
    expect(element('#accept').hasAttribute('disabled')).toBe(true);
    fireEvent.click(element('s-button', 'offers.decline'));
    await waitFor(() => element('#decline'));
    fireEvent.click(element('#decline'));
    await waitFor(() => expect(shown()).toContain('Changed again.'));
    expect(document.querySelector('#decline')).toBeNull();
    expect(server.of('POST /bookings/abc123/offers/decline').map((one) => one.body)).toEqual([{round: 2}]);
  });

  test('declining all takes two clicks', async () => {
    const server = at('/bookings/abc123', {...ready, 'POST /bookings/abc123/offers/decline': {body: detail({closed: true})}});
    await extension.render();
    await waitFor(() => element('s-button', 'offers.decline'));
    expect(document.querySelector('#decline')).toBeNull();
    fireEvent.click(element('s-button', 'offers.decline'));
    await waitFor(() => element('#decline'));
    expect(server.sent).toHaveLength(1);
    fireEvent.click(element('#decline'));
    await waitFor(() => expect(toast).toHaveBeenCalledWith('offers.declined'));
  });
});

import {fireEvent, waitFor} from '@testing-library/preact';
import {describe, expect, test} from 'vitest';

import {change, detail, element, problem, shown} from '../../shared/testing';
import {at, extension, toast} from './page';

describe('other times', () => {
  const ACCEPT = 'POST /bookings/abc123/offers/2/accept';
  const offers = [{n: 1, text: 'Thu 10:00 with Elena'}, {n: 2, text: 'Fri 10:00 with Tom'}];
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
    expect(server.of(ACCEPT)).toHaveLength(1);
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

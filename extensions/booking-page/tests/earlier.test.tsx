import {fireEvent, waitFor} from '@testing-library/preact';
import {describe, expect, test} from 'vitest';

import {change, detail, element, shown} from '../../shared/testing';
import {at, extension, toast} from './page';

describe('earlier times', () => {
  const allowed = {...detail().actions, waitlist: {allowed: true, reason: null, sentence: 'Want a slot sooner?', deadline: null}};
  const waiting = {place: 2, weekdays: ['mon' as const], bands: ['evening' as const], anyone: false, held: null};
  const WAIT = '/bookings/abc123/waitlist';

  test('the booking asks, and shows what is held', async () => {
    at('/bookings/abc123', {'GET /bookings/abc123': {body: detail({actions: allowed, waiting: {...waiting, held: {sentence: 'Held until noon.', url: 'https://shop.test/w'}}})}});
    await extension.render();
    await waitFor(() => expect(shown()).toContain('Held until noon.'));
    expect(element('s-button', 'waitlist.change').getAttribute('href')).toBe(WAIT);
  });

  test('wishes are saved', async () => {
    const server = at(WAIT, {'GET /bookings/abc123': {body: detail({actions: allowed})}, [`POST ${WAIT}`]: {body: detail()}});
    await extension.render();
    await waitFor(() => element('#save'));
    void change(document.querySelectorAll<HTMLElement>('s-choice-list')[0], {values: ['mon', 'wed']});
    await change(document.querySelectorAll<HTMLElement>('s-choice-list')[1], {values: ['morning']});
    fireEvent.click(element('#save'));
    await waitFor(() => expect(toast).toHaveBeenCalledWith('waitlist.saved'));
    expect(server.of(`POST ${WAIT}`)[0].body).toEqual({weekdays: ['mon', 'wed'], bands: ['morning'], anyone: false});
  });

  test('days stand as weeks go there', async () => {
    at(WAIT, {'GET /bookings/abc123': {body: detail({actions: allowed, week_starts: 'sat'})}});
    await extension.render();
    await waitFor(() => element('#save'));
    const days = [...document.querySelectorAll('s-choice-list[name="days"] s-choice')].map((choice) => choice.textContent?.slice(0, 10));
    expect(days.slice(0, 3)).toEqual(['2027-03-06', '2027-03-07', '2027-03-01']);
  });

  test('and withdrawn', async () => {
    const server = at(WAIT, {'GET /bookings/abc123': {body: detail({actions: allowed, waiting})}, [`DELETE ${WAIT}`]: {body: detail()}});
    await extension.render();
    await waitFor(() => element('#stop'));
    fireEvent.click(element('#stop'));
    await waitFor(() => expect(toast).toHaveBeenCalledWith('waitlist.stopped'));
    expect(server.of(`DELETE ${WAIT}`)).toHaveLength(1);
  });

  test('where it is not offered there is only the sentence', async () => {
    at(WAIT, {'GET /bookings/abc123': {body: detail()}});
    await extension.render();
    await waitFor(() => expect(shown()).toContain('No list.'));
    expect(document.querySelector('#save')).toBeNull();
  });
});

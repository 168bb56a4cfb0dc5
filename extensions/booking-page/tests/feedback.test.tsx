import {fireEvent, waitFor} from '@testing-library/preact';
import {describe, expect, test} from 'vitest';

import {change, detail, element, problem, refusedFor, shown} from '../../shared/testing';
import {at, extension, toast} from './page';

describe('feedback', () => {
  const GIVE = 'POST /bookings/abc123/feedback';
  const allowed = {...detail().actions, feedback: {allowed: true, reason: null, sentence: 'Until May 9.', deadline: null}};
  const said = {rating: 4, comment: 'Calm', publish: false, reply: 'Thank you!'};

  test('stars and words are sent, and shown as given', async () => {
    const server = at('/bookings/abc123', {'GET /bookings/abc123': {body: detail({actions: allowed})}, [GIVE]: {body: detail({actions: allowed, feedback: said})}});
    await extension.render();
    await waitFor(() => element('#feedback'));
    expect(element('#feedback').hasAttribute('disabled')).toBe(true);
    void change(element('s-choice-list'), {values: ['4']});
    await change(element('s-text-area'), {value: 'Calm'}, 'input');
    fireEvent.click(element('#feedback'));
    await waitFor(() => expect(toast).toHaveBeenCalledWith('feedback.saved'));
    expect(server.of(GIVE)[0].body).toEqual({rating: 4, comment: 'Calm', publish: false});
    await waitFor(() => expect(shown()).toContain('Thank you!'));
  });

  test('too late to change: what was said stays readable', async () => {
    at('/bookings/abc123', {'GET /bookings/abc123': {body: detail({feedback: said, actions: {...allowed, feedback: refusedFor('too_late', 'It is too late.')}})}});
    await extension.render();
    await waitFor(() => expect(shown()).toContain('Calm'));
    expect(document.querySelector('#feedback')).toBeNull();
    expect(shown()).toContain('It is too late.');
  });

  test('a refusal is said', async () => {
    at('/bookings/abc123', {'GET /bookings/abc123': {body: detail({actions: allowed, feedback: said})}, [GIVE]: problem(409, 'too_late', 'It is too late.')});
    await extension.render();
    await waitFor(() => element('#feedback'));
    fireEvent.click(element('#feedback'));
    await waitFor(() => expect(element('s-banner[tone=critical]').getAttribute('heading')).toBe('feedback.notSaved'));
  });
});

import {fireEvent, waitFor} from '@testing-library/preact';
import {describe, expect, test} from 'vitest';

import {change, element, problem, profile} from '../../shared/testing';
import {at, extension, toast} from './page';

describe('profile', () => {
  test('saves what was changed', async () => {
    const server = at('/profile', {'GET /profile': {body: profile()}, 'PATCH /profile': {body: profile({name: 'Ada Byron'})}});
    await extension.render();
    await waitFor(() => element('s-text-field'));
    void change(element('s-text-field'), {value: 'Ada Byron'}, 'input');  // two fields at once, before the page is drawn again
    const reminders = [...document.querySelectorAll<HTMLElement>('s-checkbox[label="profile.reminders"]')][1];
    await change(reminders, {checked: false});
    fireEvent.click(element('#save'));
    await waitFor(() => expect(toast).toHaveBeenCalledWith('profile.saved'));
    expect(server.of('PATCH /profile')[0].body).toMatchObject({name: 'Ada Byron', phone: null, preferences: {sms: {reminders: false}, email: {reminders: true}}});
  });

  test('errors stand at their fields', async () => {
    at('/profile', {'GET /profile': {body: profile()}, 'PATCH /profile': problem(422, 'invalid', 'Please check what you entered.', {errors: [{field: 'phone', problem: 'With country code.'}]})});
    await extension.render();
    await waitFor(() => element('#save'));
    fireEvent.click(element('#save'));
    await waitFor(() => expect(element('s-phone-field').getAttribute('error')).toBe('With country code.'));
  });
});

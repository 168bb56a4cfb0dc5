import {fireEvent, waitFor} from '@testing-library/preact';
import {describe, expect, test, vi} from 'vitest';

import {booking, element, problem, shown} from '../../shared/testing';
import {at, extension} from './page';

describe('list', () => {
  const empty = {body: {items: [], next: null}};
  const lists = (upcoming: object, past: object = empty) => ({
    'GET /bookings': (sent: {query: URLSearchParams}) => (sent.query.get('when') === 'past' ? past : upcoming) as {body: unknown},
  });

  test('shows both groups, with a fresh token and the language of the page', async () => {
    let n = 0;
    extension.shopify.sessionToken.get = async () => `token-${++n}`;
    const server = at('/', lists({body: {items: [booking()], next: null}}, {body: {items: [booking({ref: 'old', service_name: 'Facial', can_cancel: false})], next: null}}));
    await extension.render();
    await waitFor(() => expect(shown()).toContain('Facial'));
    expect(shown()).toContain('Wed, Mar 10, 2027, 10:00 AM EST');
    expect(server.sent.map((s) => s.headers.Authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(server.sent[0].headers['Accept-Language']).toBe('de');
    expect(element('s-button', 'booking.reschedule').getAttribute('href')).toBe('/bookings/abc123/reschedule');
    expect(document.querySelectorAll('s-button[href$="/cancel"]')).toHaveLength(1);
  });

  test('says so when there is nothing', async () => {
    at('/', lists(empty));
    await extension.render();
    await waitFor(() => expect(shown()).toContain('list.empty'));
    expect(shown()).not.toContain('list.past');
  });

  test('goes on where the page ended', async () => {
    const server = at('/', {'GET /bookings': (sent) => sent.query.get('when') === 'past' ? empty
      : {body: sent.query.get('cursor') === 'c2' ? {items: [booking({ref: 'two', service_name: 'Facial'})], next: null} : {items: [booking()], next: 'c2'}}});
    await extension.render();
    await waitFor(() => element('s-button', 'list.more'));
    fireEvent.click(element('s-button', 'list.more'));
    await waitFor(() => expect(shown()).toContain('Facial'));
    expect(shown()).toContain('Massage');
    expect(document.body.innerHTML).not.toContain('list.more');
    expect(server.of('GET /bookings')).toHaveLength(3);
  });

  test('a failure offers another try; a missing sign-in says its sentence', async () => {
    let broken = true;
    at('/', lists(new Error('offline'), new Error('offline')));
    extension.fetch = vi.fn(async () => {
      if (broken) throw new TypeError('Failed to fetch');
      return new Response(JSON.stringify({items: [booking()], next: null}));
    }) as typeof fetch;
    await extension.render();
    await waitFor(() => expect(element('s-banner').getAttribute('heading')).toBe('common.failed'));
    broken = false;
    fireEvent.click(element('s-button', 'common.retry'));
    await waitFor(() => expect(shown()).toContain('Massage'));
  });

  test('not signed in', async () => {
    at('/', lists(problem(401, 'unauthorized', 'Please sign in to your account to see your bookings.')));
    await extension.render();
    await waitFor(() => expect(element('s-banner').getAttribute('heading')).toBe('common.signIn'));
    expect(shown()).toContain('Please sign in to your account to see your bookings.');
  });

  test('the merchant chooses the heading and hides the calendar', async () => {
    extension.shopify.settings.value = {heading: 'My visits', note: 'Park behind the house.', hide_calendar: true};
    at('/', lists(empty));
    await extension.render();
    await waitFor(() => expect(element('s-page').getAttribute('heading')).toBe('My visits'));
    expect(shown()).toContain('Park behind the house.');
    expect(document.querySelector('s-press-button')).toBeNull();
  });
});

test('the calendar asks for one month at a time', async () => {
  const server = at('/calendar', {'GET /bookings': (sent) => ({body: {items: sent.query.get('from') === '2027-03-01' ? [booking()] : [], next: null}})});
  await extension.render();
  await waitFor(() => expect(shown()).toContain('Massage'));
  expect(server.sent[0].query.toString()).toBe('from=2027-03-01&to=2027-03-31');
  fireEvent.click(element('s-button', 'calendar.next'));
  await waitFor(() => expect(shown()).toContain('calendar.empty'));
  expect(server.sent[1].query.toString()).toBe('from=2027-04-01&to=2027-04-30');
});

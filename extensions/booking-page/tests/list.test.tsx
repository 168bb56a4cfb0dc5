import {fireEvent, waitFor} from '@testing-library/preact';
import {describe, expect, test, vi} from 'vitest';

import {booking, classWait, element, problem, shown} from '../../shared/testing';
import {at, extension, toast} from './page';

describe('list', () => {
  const empty = {body: {items: [], next: null}};
  const lists = (upcoming: object, past: object = empty) => ({
    'GET /bookings': (sent: {query: URLSearchParams}) => (sent.query.get('when') === 'past' ? past : upcoming) as {body: unknown},
    'GET /class-waits': empty,
  });

  test('shows both groups, with a fresh token and the language of the page', async () => {
    let n = 0;
    extension.shopify.sessionToken.get = async () => `token-${++n}`;
    const server = at('/', lists({body: {items: [booking()], next: null}}, {body: {items: [booking({ref: 'old', service_name: 'Facial', can_cancel: false})], next: null}}));
    await extension.render();
    await waitFor(() => expect(shown()).toContain('Facial'));
    expect(shown()).toContain('Wed, Mar 10, 2027, 10:00 AM EST');
    expect(server.sent.map((s) => s.headers.Authorization)).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-3']);
    expect(server.sent[0].headers['Accept-Language']).toBe('de');
    expect(element('s-button', 'booking.reschedule').getAttribute('href')).toBe('/bookings/abc123/reschedule');
    expect(document.querySelectorAll('s-button[href$="/cancel"]')).toHaveLength(1);
  });

  test('the parts of a visit are one entry, with what may be done said once', async () => {
    const part = (values: object) => booking({visit: '9', ...values});
    at('/', lists({body: {items: [part({service_name: 'Colour'}), booking({ref: 'between', service_name: 'Facial', starts_at: '2027-03-10T10:30:00-05:00'}),
      part({ref: 'def456', service_name: 'Cut', starts_at: '2027-03-10T11:00:00-05:00'})], next: null}}));
    await extension.render();
    await waitFor(() => expect(shown()).toContain('Cut'));
    expect(shown().indexOf('Cut')).toBeLessThan(shown().indexOf('Facial'));
    expect([...document.querySelectorAll('s-button[href$="/reschedule"]')].map((e) => e.getAttribute('href'))).toEqual(['/bookings/abc123/reschedule', '/bookings/between/reschedule']);
    expect(document.querySelectorAll('s-button[href$="/cancel"]')).toHaveLength(2);
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

  test('full classes waited for stand below, with the place in line, and can be left', async () => {
    let waits = [classWait({when_there: 'Fri, Mar 12, 2027, 4:00 PM CET'}), classWait({id: '78', service_name: 'Pilates', held: {sentence: 'A place is held for you until noon.', url: 'https://shop.test/waitlist/78?offer=5'}})];
    const server = at('/', {
      ...lists({body: {items: [booking()], next: null}}),
      'GET /class-waits': () => ({body: {items: waits, next: null}}),
      'DELETE /class-waits/77': () => {
        waits = waits.slice(1);
        return {body: {items: waits, next: null}};
      },
    });
    await extension.render();
    await waitFor(() => expect(shown()).toContain('Number 2 in line'));
    expect(shown()).toContain('A place is held for you until noon.');
    expect(shown()).toContain('4:00 PM CET');
    expect(element('s-button', 'classes.take').getAttribute('href')).toBe('https://shop.test/waitlist/78?offer=5');
    fireEvent.click(element('s-button', 'classes.leave'));
    await waitFor(() => expect(shown()).not.toContain('Number 2 in line'));
    expect(toast).toHaveBeenCalledWith('classes.left');
    expect(shown()).toContain('Pilates');
    expect(server.of('DELETE /class-waits/77')[0].headers['Idempotency-Key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('an answer that is lost is asked for again with the same key; a refusal says why', async () => {
    const answers = [new Error('offline'), problem(409, 'closed', 'Your place has just been booked.')];
    const server = at('/', {
      ...lists(empty), 'GET /class-waits': {body: {items: [classWait()], next: null}}, 'DELETE /class-waits/77': () => answers.shift()!,
    });
    await extension.render();
    await waitFor(() => element('s-button', 'classes.leave'));
    fireEvent.click(element('s-button', 'classes.leave'));
    await waitFor(() => expect(shown()).toContain('common.failedText'));
    fireEvent.click(element('s-button', 'classes.leave'));
    await waitFor(() => expect(shown()).toContain('Your place has just been booked.'));
    const [first, second] = server.of('DELETE /class-waits/77').map((one) => one.headers['Idempotency-Key']);
    expect(second).toBe(first);
    expect(shown()).toContain('Number 2 in line');
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

test('the month begins its weeks where the answer says', async () => {
  at('/calendar', {'GET /bookings': {body: {items: [booking()], next: null, week_starts: 'sun'}}});
  await extension.render();
  await waitFor(() => expect(shown()).toContain('Massage'));
  const [names, first] = document.querySelectorAll('s-grid');
  expect(names.textContent).toMatch(/^2027-03-07/);
  expect(first.textContent).toMatch(/^1/);
});

test('a booking over midnight stands on both days, and one told in the customer’s zone names the place’s time', async () => {
  const late = booking({days: ['2027-03-10', '2027-03-11'], when: 'Thu, Mar 11, 2027, 12:00 AM JST', when_there: 'Wed, Mar 10, 2027, 10:00 AM EST'});
  at('/calendar', {'GET /bookings': {body: {items: [late], next: null}}});
  await extension.render();
  await waitFor(() => expect(shown()).toContain('Thu, Mar 11, 2027, 12:00 AM JST'));
  expect(shown()).toContain('Wed, Mar 10, 2027, 10:00 AM EST');
  expect(document.querySelectorAll('s-text[accessibilityVisibility="exclusive"]')).toHaveLength(2);
});

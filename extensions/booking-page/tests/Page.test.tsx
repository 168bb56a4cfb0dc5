/// <reference types="@shopify/ui-extensions/customer-account.page.render" />
import {createNavigationHistoryEntry, getExtension} from '@shopify/ui-extensions-tester';
import {fireEvent, waitFor} from '@testing-library/preact';
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';

import {api, booking, change, clear, detail, element, problem, profile, refusedFor, shown, slot, times} from '../../shared/testing';

const extension = getExtension('customer-account.page.render');
const toast = vi.fn().mockResolvedValue({hide() {}});
const navigate = vi.fn();

function at(path: string, routes: Parameters<typeof api>[0]) {
  extension.navigation.currentEntry = createNavigationHistoryEntry({url: `https://shop.test/account/pages/x${path}`});
  const server = api(routes);
  extension.fetch = server.fetch as typeof fetch;
  return server;
}

beforeEach(() => {
  extension.setUp();
  extension.shopify.settings.value = {heading: undefined, note: undefined, hide_calendar: undefined};
  extension.shopify.localization.extensionLanguage.value = {isoCode: 'de'};
  extension.shopify.toast.show = toast;
  extension.navigation.navigate = navigate;
  vi.useFakeTimers({now: new Date('2027-03-01T12:00:00Z'), toFake: ['Date']});
});
afterEach(() => {
  clear();
  extension.tearDown();
  vi.useRealTimers();
  vi.clearAllMocks();
});

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

describe('one booking', () => {
  test('facts, rules, and what may be done', async () => {
    at('/bookings/abc123', {'GET /bookings/abc123': {body: detail()}});
    await extension.render();
    await waitFor(() => expect(shown()).toContain('Elena Marsh'));
    for (const text of ['You can change this until Tuesday.', 'You can cancel this until Tuesday.', 'Cancel until Tuesday: full refund.']) expect(shown()).toContain(text);
    expect(element('s-link', 'booking.calendarFile').getAttribute('href')).toBe('https://shop.test/manage/abc123/calendar.ics');
    expect(document.body.innerHTML).not.toContain('booking.card');
  });

  test('receipts, and what belongs together', async () => {
    const together = {kind: 'visit' as const, bookings: [{ref: 'abc123', text: 'Colour, 10:00', status_text: 'Confirmed'}, {ref: 'def456', text: 'Cut, 11:00', status_text: 'Confirmed'}]};
    at('/bookings/abc123', {'GET /bookings/abc123': {body: detail({together, documents: [{number: 7, title: 'Receipt 7', url: 'https://shop.test/receipt.pdf'}]})}});
    await extension.render();
    await waitFor(() => expect(element('s-link', 'Receipt 7').getAttribute('href')).toBe('https://shop.test/receipt.pdf'));
    expect(element('s-link', 'Cut, 11:00').getAttribute('href')).toBe('/bookings/def456');
    expect(shown()).toContain('together.visitText');
  });

  test('refusals are sentences, not buttons; closed bookings only tell', async () => {
    const actions = {...detail().actions, reschedule: refusedFor('too_late', 'Within 24h.'), cancel: refusedFor('too_late', 'Too late to cancel.')};
    at('/bookings/abc123', {'GET /bookings/abc123': {body: detail({actions})}});
    await extension.render();
    await waitFor(() => expect(shown()).toContain('Within 24h.'));
    expect(document.querySelector('s-button[href*="reschedule"], s-button[href*="cancel"]')).toBeNull();
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

  test('without an answer the same decision is sent again', async () => {
    let answers = 0;
    const server = at('/bookings/abc123/reschedule', {...ready, [MOVE]: () => (++answers === 1 ? new TypeError('Failed to fetch') : {body: detail()})});
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

  test('some seats of a party have their own quote', async () => {
    const party = {...quote, seats: 3, of_seats: 3, may_drop_seats: true};
    const server = at('/bookings/abc123/cancel', {...ready, [QUOTE]: (sent) => ({body: sent.query.get('seats') === '1' ? {...party, seats: 1, sentence: 'You get $8.', quote: 'q3'} : party}),
      [CANCEL]: {body: detail()}});
    await extension.render();
    await waitFor(() => element('s-select'));
    await change(element('s-select'), {value: '1'});
    await waitFor(() => expect(shown()).toContain('You get $8.'));
    fireEvent.click(element('#confirm'));
    await waitFor(() => expect(toast).toHaveBeenCalledWith('cancel.seatsDone'));
    expect(server.of(CANCEL)[0].body).toMatchObject({quote: 'q3', seats: 1});
  });
});

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

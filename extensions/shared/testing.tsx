/** For tests: answers of the API by method and path, and the bookings they are about. */
import {render} from 'preact';
import {vi} from 'vitest';

import type {Booking, BookingDetail, ClassWait, FreeTimes, Permission, Profile} from './types';

export interface Sent {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
  headers: Record<string, string>;
}

type Answer = {status?: number; body: unknown} | Error;

/** A `fetch` that answers from `routes`; a function gets what was sent. Everything sent is kept in `sent`. */
export function api(routes: Record<string, Answer | ((sent: Sent) => Answer)>) {
  const sent: Sent[] = [];
  const fetch = vi.fn(async (input: RequestInfo | URL, init: RequestInit = {}) => {
    const url = new URL(String(input));
    const one: Sent = {
      method: init.method ?? 'GET', path: url.pathname.replace('/api/customer/v1', ''), query: url.searchParams,
      body: init.body ? JSON.parse(String(init.body)) : undefined, headers: init.headers as Record<string, string>,
    };
    sent.push(one);
    const route = routes[`${one.method} ${one.path}`];
    if (!route) throw new Error(`no answer for ${one.method} ${one.path}`);
    const answer = typeof route === 'function' ? route(one) : route;
    if (answer instanceof Error) throw answer;
    return new Response(JSON.stringify(answer.body), {status: answer.status ?? 200});
  });
  return {fetch, sent, of: (call: string) => sent.filter((one) => `${one.method} ${one.path}` === call)};
}

export const problem = (status: number, code: string, detail: string, more: object = {}) => ({status, body: {status, code, detail, ...more}});

export function booking(values: Partial<Booking> = {}): Booking {
  return {
    ref: 'abc123', status: 'confirmed', status_text: 'Confirmed', version: 3, service_name: 'Massage', staff: '1', staff_name: 'Elena Marsh',
    location_name: 'Harbor Street', address: '48 Harbor Street', starts_at: '2027-03-10T10:00:00-05:00', ends_at: '2027-03-10T11:00:00-05:00',
    zone: 'America/New_York', when: 'Wed, Mar 10, 2027, 10:00 AM EST', when_there: null, days: ['2027-03-10'], seats: 1, price: {amount: 8000, currency: 'USD'},
    can_reschedule: true, can_cancel: true, manage_url: 'https://shop.test/manage/abc123', ...values,
  };
}

export function classWait(values: Partial<ClassWait> = {}): ClassWait {
  return {
    id: '77', service_name: 'Yoga', staff_name: 'Elena Marsh', location_name: 'Harbor Street', when: 'Fri, Mar 12, 2027, 10:00 AM EST',
    place_text: 'Number 2 in line', held: null, url: 'https://shop.test/waitlist/77', ...values,
  };
}

const allowed = (sentence: string): Permission => ({allowed: true, reason: null, sentence, deadline: '2027-03-09T10:00:00-05:00'});
export const refusedFor = (reason: string, sentence: string, deadline_text: string | null = null): Permission => ({allowed: false, reason, sentence, deadline: null, deadline_text});

export function detail(values: Partial<BookingDetail> = {}): BookingDetail {
  return {
    ...booking(), closed: false, facts: [{label: 'With', value: 'Elena Marsh'}], policy: ['Cancel until Tuesday: full refund.'], waits: null, money: null, waiting: null, offers: [], feedback: null, together: null, documents: [],
    links: {page: 'https://shop.test/manage/abc123', calendar: 'https://shop.test/manage/abc123/calendar.ics', card: 'https://shop.test/card'},
    actions: {
      reschedule: allowed('You can change this until Tuesday.'), cancel: allowed('You can cancel this until Tuesday.'),
      feedback: refusedFor('not_allowed', 'No feedback.'), waitlist: refusedFor('not_allowed', 'No list.'),
      card: refusedFor('not_allowed', 'No cards.'), offers: refusedFor('not_allowed', 'No offers.'),
    },
    ...values,
  };
}

export const slot = (start: string, text: string, values = {}) => ({starts_at: start, ends_at: start, staff: ['1'], seats_left: null, text, ...values});

export function times(values: Partial<FreeTimes> = {}): FreeTimes {
  return {
    zone: 'America/New_York', first: '2027-03-01', last: '2027-09-01', people: [], notes: ['Your payment stays with the booking.'], price: {amount: 8000, currency: 'USD'}, dearer: null, reason: 'none',
    days: [{date: '2027-03-11', text: 'Thursday, March 11, 2027', slots: [slot('2027-03-11T09:00:00-05:00', '9:00 AM'), slot('2027-03-11T11:00:00-05:00', '11:00 AM')]}],
    ...values,
  };
}

export function profile(values: Partial<Profile> = {}): Profile {
  const all = {transactional: true, reminders: true, offers: true, marketing: false};
  return {name: 'Ada', email: 'ada@example.com', phone: null, locale: null, preferences: {email: all, sms: all},
    languages: [{id: 'en', name: 'English'}, {id: 'de', name: 'Deutsch'}], ...values};
}

/** The element whose text is exactly this; fails loudly when there is none. */
export function element(selector: string, text?: string): HTMLElement {
  const found = [...document.body.querySelectorAll<HTMLElement>(selector)].find((e) => text === undefined || e.textContent === text);
  if (!found) throw new Error(`no ${selector}${text ? ` with ${text}` : ''} in\n${document.body.innerHTML}`);
  return found;
}

/** Take the extension off the page with the copy of Preact that drew it; the tester's own may be another. */
export const clear = () => render(null, document.body);

export const shown = () => document.body.textContent ?? '';

/** What the element would do on a change by the customer: hold the new value, then tell. Resolves once it is drawn. */
export async function change(target: HTMLElement, values: object, type = 'change'): Promise<void> {
  Object.assign(target, values);
  target.dispatchEvent(new Event(type, {bubbles: true}));
  await new Promise((drawn) => setTimeout(drawn));
}

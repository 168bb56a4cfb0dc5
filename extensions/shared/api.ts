import {host} from './host';
import type {BookingDetail, Bookings, Cancellation, ClassWait, FreeTimes, Offer, Page, ProblemBody, Profile, Wishes} from './types';

/** The app's own address. The build fills it in from the environment or the app's .env file. */
declare const process: {env: {OPENCALS_API_URL: string}};
const ROOT = `${process.env.OPENCALS_API_URL}/api/customer/v1`;

/** The API said no: `body.detail` says why, in the customer's language. */
export class Refused extends Error {
  constructor(public readonly body: ProblemBody) {
    super(body.detail ?? body.code);
  }
}

/** Names one decision of the customer: sent again after a lost answer, it has its effect once. */
export function decision(): string {
  return crypto.randomUUID();
}

async function call<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
  // A token lives for minutes: a fresh one for each call, and none kept.
  const token = await host().sessionToken.get();
  const headers: Record<string, string> = {
    Authorization: `Bearer ${token}`,
    'Accept-Language': host().localization.extensionLanguage.value.isoCode,
  };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (key !== undefined) headers['Idempotency-Key'] = key;
  const response = await fetch(ROOT + path, {method, headers, body: body === undefined ? undefined : JSON.stringify(body)});
  // Out of order is no answer to the question: it is told in the words of this extension, and asked again under the same key.
  if (response.status >= 500) throw new Error(`the API answered ${response.status}`);
  const answer: unknown = await response.json();
  if (!response.ok) throw new Refused(answer as ProblemBody);
  return answer as T;
}

const at = (ref: string, part = '') => `/bookings/${encodeURIComponent(ref)}${part}`;
const query = (values: Record<string, string | null | undefined>) => {
  const given = Object.entries(values).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return given.length ? `?${new URLSearchParams(given)}` : '';
};

export const listBookings = (when: 'upcoming' | 'past', cursor: string | null = null) =>
  call<Bookings>('GET', `/bookings${query({when, cursor})}`);
export const bookingsOfOrder = (order: string) => call<Bookings>('GET', `/bookings${query({order})}`);
export const bookingsBetween = (from: string, to: string) => call<Bookings>('GET', `/bookings${query({from, to})}`);
export const readBooking = (ref: string) => call<BookingDetail>('GET', at(ref));
export const freeTimes = (ref: string, from?: string, to?: string, staff?: string) =>
  call<FreeTimes>('GET', at(ref, `/slots${query({from, to, staff})}`));
export const moveBooking = (ref: string, body: {starts_at: string; version: number; price?: number; staff?: string | null; reason?: string}, key: string) =>
  call<BookingDetail>('POST', at(ref, '/reschedule'), body, key);
export const quoteCancellation = (ref: string, wish: {seats?: number; asCredit?: boolean; part?: boolean} = {}) =>
  call<Cancellation>('GET', at(ref, `/cancellation${query({seats: wish.seats?.toString(), as_credit: wish.asCredit ? 'true' : undefined, part: wish.part ? 'true' : undefined})}`));
export const cancelBooking = (ref: string, body: {quote: string; reason?: string; seats?: number; as_credit?: boolean; part?: boolean}, key: string) =>
  call<BookingDetail>('POST', at(ref, '/cancel'), body, key);
export const joinWaitlist = (ref: string, wishes: Wishes, key: string) => call<BookingDetail>('POST', at(ref, '/waitlist'), wishes, key);
export const leaveWaitlist = (ref: string, key: string) => call<BookingDetail>('DELETE', at(ref, '/waitlist'), undefined, key);
export const listClassWaits = () => call<Page<ClassWait>>('GET', '/class-waits');
export const leaveClassWait = (id: string, key: string) =>
  call<Page<ClassWait>>('DELETE', `/class-waits/${encodeURIComponent(id)}`, undefined, key);
export const acceptOffer = (ref: string, {round, n}: Offer, key: string) =>
  call<BookingDetail>('POST', at(ref, `/offers/${n}/accept`), {round}, key);
export const declineOffers = (ref: string, {round}: Offer, key: string) =>
  call<BookingDetail>('POST', at(ref, '/offers/decline'), {round}, key);
export const giveFeedback = (ref: string, said: {rating: number; comment: string; publish: boolean}, key: string) =>
  call<BookingDetail>('POST', at(ref, '/feedback'), said, key);
export const readProfile = () => call<Profile>('GET', '/profile');
export const changeProfile = (body: Partial<Omit<Profile, 'languages' | 'email'>>, key: string) => call<Profile>('PATCH', '/profile', body, key);

/** What the customer API answers (docs: /api/openapi.json). Times are RFC 3339 with the offset of `zone`; money is in minor units. */

export interface Money {
  amount: number;
  currency: string;
}

export interface Booking {
  ref: string;
  status: string;
  status_text: string;
  version: number;
  service_name: string;
  staff: string;
  staff_name: string;
  location_name: string;
  address: string;
  starts_at: string;
  ends_at: string;
  zone: string;
  when: string;
  /** When `when` is told in the customer's own zone: the same at the place. */
  when_there?: string | null;
  /** The dates it touches, YYYY-MM-DD. */
  days: string[];
  seats: number;
  price: Money;
  can_reschedule: boolean;
  can_cancel: boolean;
  /** The same for the open parts of a visit. */
  visit?: string | null;
  manage_url: string;
}

export interface Permission {
  allowed: boolean;
  reason: string | null;
  sentence: string;
  deadline: string | null;
  /** Until when one could, to stand beside a refusal. */
  deadline_text?: string | null;
}

export type Verb = 'reschedule' | 'cancel' | 'feedback' | 'waitlist' | 'card' | 'offers';

export interface BookingDetail extends Booking {
  closed: boolean;
  facts: {label: string; value: string}[];
  policy: string[];
  waits: string | null;
  /** The old time, while a move waits for the shop; `text` says what keeping it means. */
  way_back?: {starts_at: string; staff: string | null; text: string} | null;
  money: string | null;
  links: {page: string; calendar: string; card: string};
  actions: Record<Verb, Permission>;
  waiting: Waiting | null;
  offers: Offer[];
  feedback: Feedback | null;
  /** Of a request that was turned down: that its time can be waited for, or is, and the page where. */
  again?: {text: string; action: string; url: string} | null;
  /** To book the same anew: in the place of cancelling, or after the end. */
  anew?: {text: string; url: string} | null;
  together: {kind: 'series' | 'visit'; part_cancel?: boolean; bookings: {ref: string; text: string; status_text: string}[]} | null;
  documents: {number: number; title: string; url: string}[];
  week_starts?: Weekday;
}

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];
export const BANDS = ['morning', 'afternoon', 'evening'] as const;

/** Which earlier times would suit. */
export interface Wishes {
  weekdays: Weekday[];
  bands: (typeof BANDS)[number][];
  anyone: boolean;
}

export interface Waiting extends Wishes {
  place: number;
  held: {sentence: string; url: string} | null;
}

/** A date of a full class the customer waits for. `held`: a place is kept, to be booked on the page at `url`. */
export interface ClassWait {
  id: string;
  service_name: string;
  staff_name: string;
  location_name: string;
  when: string;
  /** When `when` is told in the customer's own zone: the same at the place. */
  when_there?: string | null;
  place_text: string;
  held: {sentence: string; url: string} | null;
  url: string;
}

/** What the customer said, and the shop's answer. */
export interface Feedback {
  rating: number;
  comment: string;
  publish: boolean;
  reply: string | null;
}

/** A time the shop offers for a request: `n` of `round`. Not `free`: somebody else has it by now. */
export interface Offer {
  round: number;
  n: number;
  free: boolean;
  text: string;
}

export interface FreeTime {
  starts_at: string;
  ends_at: string;
  staff: string[];
  seats_left: number | null;
  text: string;
  /** What comes of this time alone: less given back than now, or no change any more. */
  notes?: string[];
}

export interface FreeDay {
  date: string;
  text: string;
  slots: FreeTime[];
}

export interface FreeTimes {
  zone: string;
  days: FreeDay[];
  first: string;
  last: string;
  people: {id: string; name: string}[];
  notes: string[];
  /** Of the booking after the move; of a visit all its parts together. */
  price: Money;
  /** Set where that is more than now: the difference, what is then to pay in all, and what of it by card before the booking moves. */
  dearer: {difference: Money; difference_text: string; due: Money; pays?: Money | null; text: string} | null;
  /** Whether the shop asks why it is moved. */
  reason: 'none' | 'optional' | 'required';
}

export interface Cancellation {
  outcome: string;
  amount: number;
  currency: string;
  sentence: string;
  charge: string | null;
  /** Until when the outcome holds, and cancelling is possible. */
  notes?: string[];
  /** The shop's own. */
  terms?: {title: string; lines: string[]} | null;
  as_credit: boolean;
  may_choose_credit: boolean;
  quote: string;
  seats: number;
  of_seats: number;
  may_drop_seats: boolean;
  /** Of a visit: whether it is of this part alone, and whether that can be asked for. */
  part?: boolean;
  may_cancel_part?: boolean;
  may_reschedule: boolean;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Bookings extends Page<Booking> {
  /** The day a week begins on where this customer is. */
  week_starts?: Weekday;
}

export type Channel = 'email' | 'sms';
export type Kind = 'transactional' | 'reminders' | 'offers' | 'marketing';

export interface Profile {
  name: string;
  email: string | null;
  phone: string | null;
  locale: string | null;
  preferences: Record<Channel, Record<Kind, boolean>>;
  languages: {id: string; name: string}[];
}

/** RFC 9457: `code` is stable, `detail` a sentence in the customer's language. */
export interface ProblemBody {
  code: string;
  status: number;
  detail?: string;
  errors?: {field: string; problem: string}[];
  times?: FreeTimes;
  cancellation?: Cancellation;
  /** The page where a move is paid for and then made. */
  pay_url?: string;
}

/** The pages of the full-page extension. Addresses work from anywhere: `extension:booking-page/bookings/abc`. */
export type Route =
  | {page: 'list' | 'calendar' | 'profile'}
  | {page: 'booking' | Part; ref: string};

export type Part = 'reschedule' | 'cancel' | 'waitlist';

const OF_BOOKING = /\/bookings\/([0-9a-z]{1,40})(?:\/(reschedule|cancel|waitlist))?\/?$/;

/** The page an address means. Shopify puts its own path before ours, so only the end counts. */
export function routeOf(url: string | null | undefined): Route {
  const path = (url ?? '').split(/[?#]/)[0];
  const found = OF_BOOKING.exec(path);
  if (found) return {page: (found[2] as Part | undefined) ?? 'booking', ref: found[1]};
  if (/\/calendar\/?$/.test(path)) return {page: 'calendar'};
  if (/\/profile\/?$/.test(path)) return {page: 'profile'};
  return {page: 'list'};
}

export const pathOf = (ref: string, part?: Part) => `/bookings/${ref}${part ? `/${part}` : ''}`;
/** The same from another extension. */
export const fromOutside = (path = '/') => `extension:booking-page${path}`;

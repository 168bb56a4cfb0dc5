import type {Booking} from './types';

/** The bookings as a list shows them: the open parts of a visit, which are changed together, are one entry where the first of them stands. */
export function entries(bookings: Booking[]): Booking[][] {
  const found: Booking[][] = [];
  for (const booking of bookings) {
    const visit = booking.visit ? found.find((parts) => parts[0].visit === booking.visit) : undefined;
    if (visit) visit.push(booking);
    else found.push([booking]);
  }
  return found.map((parts) => parts.sort((one, other) => Date.parse(one.starts_at) - Date.parse(other.starts_at)));
}

/** What an entry is called where only a name tells it from others. */
export const nameOf = (parts: Booking[]) => ({service: parts.map((part) => part.service_name).join(' + '), when: parts[0].when});

import type {Booking} from './types';

/** A booking in a few words: what, when, with whom and where. */
export function Line({booking}: {booking: Booking}) {
  const bad = booking.status === 'cancelled' || booking.status === 'declined' || booking.status === 'no_show';
  return (
    <s-stack gap="small-300">
      <s-stack direction="inline" gap="small-200" alignItems="center">
        <s-text type="strong">{booking.service_name}</s-text>
        <s-badge tone={bad ? 'critical' : 'auto'}>{booking.status_text}</s-badge>
      </s-stack>
      <s-text>{booking.when}</s-text>
      {booking.when_there && <s-text color="subdued">{booking.when_there}</s-text>}
      <s-text color="subdued">{[booking.staff_name, booking.location_name].filter(Boolean).join(' · ')}</s-text>
    </s-stack>
  );
}

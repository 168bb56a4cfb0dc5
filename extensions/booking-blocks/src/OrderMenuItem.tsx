import '@shopify/ui-extensions/preact';
import {render} from 'preact';

import {bookingsOfOrder} from '../../shared/api';
import {t} from '../../shared/host';

/** A line in the menu of orders that have a booking to change. Without an answer there is no line. */
export default async () => {
  const bought = await bookingsOfOrder(shopify.orderId).catch(() => null);
  if (bought?.items.some((booking) => booking.can_reschedule || booking.can_cancel)) render(<s-button>{t('action.menu')}</s-button>, document.body);
};

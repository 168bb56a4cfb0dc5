import '@shopify/ui-extensions/preact';
import {render} from 'preact';

import {listBookings} from '../../shared/api';
import {t} from '../../shared/host';

/** A line in the menu of each order, for customers with something to change. Without an answer there is no line. */
export default async () => {
  const upcoming = await listBookings('upcoming').catch(() => null);
  if (upcoming && upcoming.items.length > 0) render(<s-button>{t('action.menu')}</s-button>, document.body);
};

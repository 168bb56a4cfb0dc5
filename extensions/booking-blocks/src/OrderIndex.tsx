import '@shopify/ui-extensions/preact';
import {render} from 'preact';

import {NextBookings} from './NextBookings';

export default async () => {
  render(<NextBookings most={3} />, document.body);
};

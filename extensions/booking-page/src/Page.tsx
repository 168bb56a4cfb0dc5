import '@shopify/ui-extensions/preact';
import {useNavigationCurrentEntry} from '@shopify/ui-extensions/customer-account/preact';
import {render} from 'preact';

import {routeOf} from '../../shared/routes';
import {BookingPage} from './BookingPage';
import {CalendarPage} from './CalendarPage';
import {CancelPage} from './CancelPage';
import {ListPage} from './ListPage';
import {ProfilePage} from './ProfilePage';
import {ReschedulePage} from './ReschedulePage';
import {WaitlistPage} from './WaitlistPage';

export default async () => {
  render(<Pages />, document.body);
};

function Pages() {
  const route = routeOf(useNavigationCurrentEntry().url);
  switch (route.page) {
    case 'booking':
      return <BookingPage key={route.ref} booking={route.ref} />;
    case 'reschedule':
      return <ReschedulePage key={route.ref} booking={route.ref} />;
    case 'cancel':
      return <CancelPage key={route.ref} booking={route.ref} />;
    case 'waitlist':
      return <WaitlistPage key={route.ref} booking={route.ref} />;
    case 'calendar':
      return <CalendarPage />;
    case 'profile':
      return <ProfilePage />;
    default:
      return <ListPage />;
  }
}

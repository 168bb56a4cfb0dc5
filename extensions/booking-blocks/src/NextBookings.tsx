import {bookingsOfOrder, listBookings} from '../../shared/api';
import {host, setting, t} from '../../shared/host';
import {Line} from '../../shared/Line';
import {useLoad} from '../../shared/load';
import {Notice} from '../../shared/Notice';
import {fromOutside, pathOf} from '../../shared/routes';
import type {Booking, Page} from '../../shared/types';

interface Props {
  most: number;
  /** The order whose bookings come first; without any of its own the customer's next ones are shown. */
  order?: string;
}

/** Bookings with a link to each, and one to all of them. In the editor a placeholder: there is no customer yet. */
export function NextBookings(props: Props) {
  return host().extension.editor ? <Placeholder /> : <Loaded {...props} />;
}

export function heading(): string {
  return setting<string>('heading') || t('block.heading');
}

function Placeholder() {
  return (
    <s-section heading={heading()}>
      <s-text color="subdued">{t('block.editor')}</s-text>
    </s-section>
  );
}

async function found(order: string | undefined): Promise<Page<Booking>> {
  const own = order === undefined ? null : await bookingsOfOrder(order);
  return own && own.items.length > 0 ? own : listBookings('upcoming');
}

function Loaded({most, order}: Props) {
  const {state, reload} = useLoad(() => found(order), order ?? 'next');
  const items = state.kind === 'ready' ? state.value.items : [];
  if (state.kind === 'ready' && items.length === 0 && !setting<boolean>('show_when_empty')) return null;
  return (
    <s-section heading={heading()}>
      <s-stack gap="base">
        <Notice state={state} reload={reload} />
        {state.kind === 'ready' && items.length === 0 && <s-text color="subdued">{t('block.empty')}</s-text>}
        {items.slice(0, most).map((booking) => (
          <s-stack key={booking.ref} gap="small-200">
            <Line booking={booking} />
            <s-link href={fromOutside(pathOf(booking.ref))} accessibilityLabel={t('block.openOf', {service: booking.service_name, when: booking.when})}>
              {t('block.open')}
            </s-link>
          </s-stack>
        ))}
        {state.kind === 'ready' && <s-link href={fromOutside()}>{t('block.all')}</s-link>}
      </s-stack>
    </s-section>
  );
}

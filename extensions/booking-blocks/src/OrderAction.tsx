import '@shopify/ui-extensions/preact';
import {render} from 'preact';

import {bookingsOfOrder} from '../../shared/api';
import {t} from '../../shared/host';
import {Line} from '../../shared/Line';
import {useLoad} from '../../shared/load';
import {Notice} from '../../shared/Notice';
import {fromOutside, pathOf} from '../../shared/routes';
import {entries, nameOf} from '../../shared/visits';

export default async () => {
  render(<OrderAction />, document.body);
};

/** The dialog behind the menu item: the bookings of this order, and what may be done with each. */
function OrderAction() {
  const {state, reload} = useLoad(() => bookingsOfOrder(shopify.orderId), 'order');
  return (
    <s-customer-account-action heading={t('action.heading')}>
      <s-stack gap="base">
        <Notice state={state} reload={reload} />
        {state.kind === 'ready' && state.value.items.length === 0 && <s-text color="subdued">{t('block.empty')}</s-text>}
        {state.kind === 'ready' && entries(state.value.items).map((parts) => {
          const [booking] = parts, name = nameOf(parts);
          return (
            <s-stack key={booking.ref} gap="small-200">
              {parts.map((part) => <Line key={part.ref} booking={part} />)}
              <s-stack direction="inline" gap="base">
                <s-link href={fromOutside(pathOf(booking.ref))} accessibilityLabel={t('block.openOf', name)}>{t('block.open')}</s-link>
                {booking.can_reschedule && (
                  <s-link href={fromOutside(pathOf(booking.ref, 'reschedule'))} accessibilityLabel={t('action.moveOf', name)}>{t('action.move')}</s-link>
                )}
                {booking.can_cancel && (
                  <s-link href={fromOutside(pathOf(booking.ref, 'cancel'))} accessibilityLabel={t('action.cancelOf', name)}>{t('action.cancel')}</s-link>
                )}
              </s-stack>
            </s-stack>
          );
        })}
        <s-link href={fromOutside()}>{t('block.all')}</s-link>
      </s-stack>
      <s-button slot="primary-action" onClick={() => shopify.close()}>{t('action.close')}</s-button>
    </s-customer-account-action>
  );
}

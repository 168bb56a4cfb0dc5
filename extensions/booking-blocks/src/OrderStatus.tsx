import '@shopify/ui-extensions/preact';
import {render} from 'preact';

import {t} from '../../shared/host';
import {heading, NextBookings} from './NextBookings';

export default async () => {
  render(<OrderStatus />, document.body);
};

/** On an order's page. Whoever came by the link of a mail is not signed in yet: a hint first, no data. */
function OrderStatus() {
  if (shopify.authenticationState.value !== 'fully_authenticated') {
    return (
      <s-section heading={heading()}>
        <s-stack gap="base">
          <s-text>{t('block.signIn')}</s-text>
          <s-button variant="secondary" onClick={() => void shopify.requireLogin()}>{t('block.signInButton')}</s-button>
        </s-stack>
      </s-section>
    );
  }
  return <NextBookings most={3} order={shopify.order.value?.id} />;
}

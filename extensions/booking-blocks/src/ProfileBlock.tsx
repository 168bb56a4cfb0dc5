import '@shopify/ui-extensions/preact';
import {render} from 'preact';

import {t} from '../../shared/host';
import {fromOutside} from '../../shared/routes';

export default async () => {
  render(<ProfileBlock />, document.body);
};

/** From the profile to the bookings, and to the messages about them. */
function ProfileBlock() {
  return (
    <s-section heading={t('profile.heading')}>
      <s-stack gap="small-200">
        <s-text color="subdued">{t('profile.text')}</s-text>
        <s-link href={fromOutside()}>{t('block.all')}</s-link>
        <s-link href={fromOutside('/profile')}>{t('profile.messages')}</s-link>
      </s-stack>
    </s-section>
  );
}

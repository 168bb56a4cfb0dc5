import {listBookings} from '../../shared/api';
import {host, setting, t} from '../../shared/host';
import {Line} from '../../shared/Line';
import {useLoad} from '../../shared/load';
import {Notice} from '../../shared/Notice';
import {fromOutside, pathOf} from '../../shared/routes';

/** The next bookings with a link to each, and one to all of them. In the editor a placeholder: there is no customer yet. */
export function NextBookings({most}: {most: number}) {
  return host().extension.editor ? <Placeholder /> : <Loaded most={most} />;
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

function Loaded({most}: {most: number}) {
  const {state, reload} = useLoad(() => listBookings('upcoming'), 'next');
  const found = state.kind === 'ready' ? state.value.items : [];
  if (state.kind === 'ready' && found.length === 0 && !setting<boolean>('show_when_empty')) return null;
  return (
    <s-section heading={heading()}>
      <s-stack gap="base">
        <Notice state={state} reload={reload} />
        {state.kind === 'ready' && found.length === 0 && <s-text color="subdued">{t('block.empty')}</s-text>}
        {found.slice(0, most).map((booking) => (
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

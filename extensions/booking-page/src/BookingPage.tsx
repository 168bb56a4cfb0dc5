import {readBooking} from '../../shared/api';
import {t} from '../../shared/host';
import {useLoad} from '../../shared/load';
import {Notice} from '../../shared/Notice';
import {pathOf} from '../../shared/routes';
import type {BookingDetail} from '../../shared/types';
import {Feedback} from './Feedback';
import {Offers} from './Offers';
import {WayBack} from './WayBack';

/** One booking: its facts, then what may be done, each with its sentence. */
export function BookingPage({booking: ref}: {booking: string}) {
  const {state, reload, show} = useLoad(() => readBooking(ref), ref);
  return (
    <s-page heading={state.kind === 'ready' ? state.value.service_name : t('booking.heading')}
      subheading={state.kind === 'ready' ? state.value.when : undefined}>
      <s-button slot="breadcrumb-actions" href="/" accessibilityLabel={t('booking.back')}>{t('booking.back')}</s-button>
      <s-stack gap="large">
        <Notice state={state} reload={reload} />
        {state.kind === 'ready' && state.value.offers.length > 0 && <Offers booking={state.value} show={show} />}
        {state.kind === 'ready' && (state.value.actions.feedback.allowed || state.value.feedback) && <Feedback booking={state.value} show={show} />}
        {state.kind === 'ready' && <Facts booking={state.value} show={show} />}
        {state.kind === 'ready' && !state.value.closed && <Actions booking={state.value} />}
        {state.kind === 'ready' && state.value.actions.waitlist.allowed && <Earlier booking={state.value} />}
        {state.kind === 'ready' && state.value.together && <Together booking={state.value} />}
        {state.kind === 'ready' && state.value.policy.length > 0 && (
          <s-section heading={t('booking.policy')}>
            <s-unordered-list>
              {state.value.policy.map((line) => <s-list-item key={line}>{line}</s-list-item>)}
            </s-unordered-list>
          </s-section>
        )}
      </s-stack>
    </s-page>
  );
}

function Facts({booking, show}: {booking: BookingDetail; show: (next: BookingDetail) => void}) {
  return (
    <s-section heading={t('booking.details')}>
      <s-stack gap="base">
        <s-badge tone={booking.status === 'cancelled' ? 'critical' : 'auto'}>{booking.status_text}</s-badge>
        {booking.waits && <s-banner tone="info"><s-text>{booking.waits}</s-text></s-banner>}
        {booking.waits && booking.way_back && <WayBack booking={booking} show={show} />}
        {booking.money && <s-banner tone="info"><s-text>{booking.money}</s-text></s-banner>}
        {booking.closed && booking.anew && <Anew {...booking.anew} />}
        {booking.again && (
          <s-stack gap="small-300">
            <s-text>{booking.again.text}</s-text>
            <s-link href={booking.again.url} target="_blank">{booking.again.action}</s-link>
          </s-stack>
        )}
        {booking.facts.map((fact) => (
          <s-stack key={fact.label} gap="none">
            <s-text color="subdued">{fact.label}</s-text>
            <s-text dir="auto">{fact.value}</s-text>
          </s-stack>
        ))}
        <s-stack direction="inline" gap="base">
          <s-link href={booking.links.calendar}>{t('booking.calendarFile')}</s-link>
          {booking.documents.map((one) => <s-link key={one.number} href={one.url} target="_blank">{one.title}</s-link>)}
          <s-link href={booking.links.page} target="_blank">{t('booking.ownPage')}</s-link>
        </s-stack>
      </s-stack>
    </s-section>
  );
}

function Actions({booking}: {booking: BookingDetail}) {
  const {reschedule, cancel, card} = booking.actions;
  return (
    <s-section heading={t('booking.change')}>
      <s-stack gap="base">
        {reschedule.allowed && <s-button variant="primary" href={pathOf(booking.ref, 'reschedule')}>{t('booking.reschedule')}</s-button>}
        <s-text color={reschedule.allowed ? 'subdued' : 'base'}>{reschedule.sentence}</s-text>
        {reschedule.deadline_text && <s-text color="subdued">{reschedule.deadline_text}</s-text>}
        {cancel.allowed && <s-button variant="secondary" tone="critical" href={pathOf(booking.ref, 'cancel')}>{t('booking.cancel')}</s-button>}
        {(cancel.allowed || cancel.sentence !== reschedule.sentence) && (
          <s-text color={cancel.allowed ? 'subdued' : 'base'}>{cancel.sentence}</s-text>
        )}
        {booking.anew && <Anew {...booking.anew} />}
        {cancel.deadline_text && <s-text color="subdued">{cancel.deadline_text}</s-text>}
        {card.allowed && (
          <s-stack gap="small-300">
            <s-text>{card.sentence}</s-text>
            <s-link href={booking.links.card} target="_blank">{t('booking.card')}</s-link>
          </s-stack>
        )}
      </s-stack>
    </s-section>
  );
}

/** A new booking of the same: in the place of cancelling, or after the end. */
function Anew({text, url}: {text: string; url: string}) {
  return <s-button variant="secondary" href={url} target="_blank">{text}</s-button>;
}

/** The question whether an earlier time would be welcome, or how the waiting stands. */
function Earlier({booking}: {booking: BookingDetail}) {
  const held = booking.waiting?.held;
  return (
    <s-section heading={t('waitlist.heading')}>
      <s-stack gap="base">
        {held && (
          <s-banner tone="success">
            <s-stack gap="small-200">
              <s-text>{held.sentence}</s-text>
              <s-link href={held.url} target="_blank">{t('waitlist.see')}</s-link>
            </s-stack>
          </s-banner>
        )}
        <s-text>{booking.actions.waitlist.sentence}</s-text>
        <s-button variant="secondary" href={pathOf(booking.ref, 'waitlist')}>{t(booking.waiting ? 'waitlist.change' : 'waitlist.ask')}</s-button>
      </s-stack>
    </s-section>
  );
}

/** The dates of a series, each for itself; the parts of a visit, which move together and may be cancelled alone where the shop allows it. */
function Together({booking}: {booking: BookingDetail}) {
  const {kind, bookings, part_cancel: alone} = booking.together!;
  return (
    <s-section heading={t(`together.${kind}`)}>
      <s-stack gap="base">
        <s-unordered-list>
          {bookings.map((one) => (
            <s-list-item key={one.ref}>
              {one.ref === booking.ref ? <s-text type="strong">{one.text}</s-text> : <s-link href={pathOf(one.ref)}>{one.text}</s-link>}
              <s-text color="subdued"> {one.status_text}</s-text>
            </s-list-item>
          ))}
        </s-unordered-list>
        <s-text color="subdued">{t(kind === 'visit' && alone ? 'together.visitParts' : `together.${kind}Text`)}</s-text>
      </s-stack>
    </s-section>
  );
}

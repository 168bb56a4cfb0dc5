import {useState} from 'preact/hooks';

import {giveFeedback} from '../../shared/api';
import {useChange} from '../../shared/change';
import {checkedOf, valueOf, valuesOf} from '../../shared/events';
import {t} from '../../shared/host';
import type {BookingDetail} from '../../shared/types';

const STARS = [5, 4, 3, 2, 1];

/** How it was: to be said, changed for a while, then only read. */
export function Feedback({booking, show}: {booking: BookingDetail; show: (next: BookingDetail) => void}) {
  const given = booking.feedback;
  const may = booking.actions.feedback;
  return (
    <s-section heading={t('feedback.heading')}>
      <s-stack gap="base">
        {given?.reply && <s-banner tone="info" heading={t('feedback.answer')}><s-text dir="auto">{given.reply}</s-text></s-banner>}
        {may.allowed && <Form booking={booking} show={show} />}
        {!may.allowed && given && <s-text type="strong">{t('feedback.stars', {count: given.rating})}</s-text>}
        {!may.allowed && given?.comment && <s-text dir="auto">{given.comment}</s-text>}
        <s-text color="subdued">{may.sentence}</s-text>
      </s-stack>
    </s-section>
  );
}

function Form({booking, show}: {booking: BookingDetail; show: (next: BookingDetail) => void}) {
  const [said, setSaid] = useState(booking.feedback ?? {rating: 0, comment: '', publish: false});
  const {busy, problem, anew, make} = useChange();
  const {rating, comment, publish} = said;

  function change(fields: Partial<typeof said>) {
    setSaid((old) => ({...old, ...fields}));
    anew();
  }

  const send = () => make((key) => giveFeedback(booking.ref, {rating, comment, publish}, key), () => t('feedback.saved'), show);

  return (
    <s-stack gap="base">
      {problem !== undefined && <s-banner tone="critical" heading={t('feedback.notSaved')}><s-text>{problem}</s-text></s-banner>}
      <s-choice-list label={t('feedback.rating')} name="rating" values={rating ? [String(rating)] : []}
        onChange={(event) => change({rating: Number(valuesOf(event)[0] ?? 0)})}>
        {STARS.map((count) => <s-choice key={count} value={String(count)} selected={count === rating}>{t('feedback.stars', {count})}</s-choice>)}
      </s-choice-list>
      <s-text-area label={t('feedback.comment')} value={comment} maxLength={2000} onInput={(event) => change({comment: valueOf(event)})}></s-text-area>
      <s-checkbox label={t('feedback.publish')} checked={publish} onChange={(event) => change({publish: checkedOf(event)})}></s-checkbox>
      <s-button id="feedback" variant="primary" disabled={rating === 0} loading={busy} onClick={() => void send()}>
        {t(booking.feedback ? 'feedback.save' : 'feedback.send')}
      </s-button>
    </s-stack>
  );
}

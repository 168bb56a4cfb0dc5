"""The shop shows a feedback in public, or takes it back (R37)."""

from __future__ import annotations

from sqlalchemy import select, update

from booking.actions.action import Done, action
from booking.rules.decision import Refused
from models.feedback import Feedback
from models.session import Tx


@action
def publish_feedback(tx: Tx, feedback_id: int, *, published: bool = True) -> Done:
    """Only with the customer's tick: Refused not_allowed without it. `facts["id"]`."""
    row = tx.db.execute(select(Feedback.booking_id, Feedback.may_publish, Feedback.published_at).where(
        Feedback.store_id == tx.store_id, Feedback.id == feedback_id).with_for_update()).one_or_none()
    if row is None:
        raise Refused("not_found")
    if published and not row.may_publish:
        raise Refused("not_allowed", kind="publish")
    if published != (row.published_at is not None):
        tx.db.execute(update(Feedback).where(Feedback.store_id == tx.store_id, Feedback.id == feedback_id).values(
            published_at=tx.now if published else None))
        tx.audit("publish_feedback", booking_id=row.booking_id, after={"published": published})
    return Done(facts={"id": feedback_id})

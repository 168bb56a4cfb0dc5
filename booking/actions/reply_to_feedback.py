"""The shop answers a feedback, once (R37)."""

from __future__ import annotations

from sqlalchemy import select, update

from booking import notices
from booking.actions.action import Done, action
from booking.rules.decision import Refused
from models.booking_summary import find_by_id
from models.feedback import LONGEST, Feedback
from models.session import Tx


@action
def reply_to_feedback(tx: Tx, feedback_id: int, text: str) -> Done:
    """Keep the answer and mail it to the customer. Refused not_allowed when there is one already. `facts["id"]`."""
    text = text.replace("\r\n", "\n").strip()
    if not 1 <= len(text) <= LONGEST:
        raise Refused("invalid", errors=[{"field": "text", "problem": f"must have 1 to {LONGEST} characters"}])
    row = tx.db.execute(select(Feedback.booking_id, Feedback.reply).where(
        Feedback.store_id == tx.store_id, Feedback.id == feedback_id).with_for_update()).one_or_none()
    if row is None:
        raise Refused("not_found")
    if row.reply is not None:
        raise Refused("not_allowed", kind="reply")
    tx.db.execute(update(Feedback).where(Feedback.store_id == tx.store_id, Feedback.id == feedback_id).values(
        reply=text, replied_at=tx.now))
    tx.audit("reply_to_feedback", booking_id=row.booking_id)
    b = find_by_id(tx, row.booking_id)
    assert b is not None, "feedback belongs to a booking"
    notices.tell_customer(tx, "feedback_reply", b, once=str(feedback_id), reply=text)
    return Done(b, facts={"id": feedback_id})

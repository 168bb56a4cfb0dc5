"""A customer rates a visit, or changes the rating (R37, A10, A11)."""

from __future__ import annotations

from sqlalchemy import insert, update

from booking.actions.action import Done, action
from booking.actions.changing import locked
from booking.feedback import given_for, may_give
from booking.rules.decision import Refused
from models.base import new_id
from models.feedback import LONGEST, Feedback
from models.session import Tx


@action
def leave_feedback(tx: Tx, ref: str, *, rating: int, comment: str = "", publish: bool = False) -> Done:
    """One feedback per booking: 1 to 5 stars and up to 2,000 characters. `publish` is the customer's tick; good and bad are
    treated alike. What was changed after the shop published it waits for the shop again. `facts["id"]`."""
    b = locked(tx, ref)
    given = given_for(tx, b.id)
    may_give(b, given, tx.now).require()
    comment = comment.replace("\r\n", "\n").strip()
    errors = []
    if not 1 <= rating <= 5:
        errors.append({"field": "rating", "problem": "must be from 1 to 5"})
    if len(comment) > LONGEST:
        errors.append({"field": "comment", "problem": f"must have 0 to {LONGEST} characters"})
    if errors:
        raise Refused("invalid", errors=errors)
    said = {"rating": rating, "comment": comment, "may_publish": publish}
    if given is None:
        feedback_id = new_id()
        tx.db.execute(insert(Feedback).values(
            store_id=tx.store_id, id=feedback_id, booking_id=b.id, customer_id=b.customer_id, service_id=b.service_id,
            staff_id=b.staff_id, created_at=tx.now, **said))
    else:
        feedback_id = given.id
        if (given.rating, given.comment, given.may_publish) == (rating, comment, publish):
            return Done(b, facts={"id": feedback_id})
        tx.db.execute(update(Feedback).where(Feedback.store_id == tx.store_id, Feedback.id == feedback_id).values(
            edited_at=tx.now, published_at=None, **said))
    tx.audit("leave_feedback", booking_id=b.id, before={"rating": given.rating} if given else None,
             after={"rating": rating, "may_publish": publish})
    return Done(b, facts={"id": feedback_id})

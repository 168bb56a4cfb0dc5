"""The shop says yes: a request, or a move that waited, is confirmed (R17)."""

from __future__ import annotations

from booking import notices
from booking.actions.action import Done, action
from booking.actions.changing import let_go_of_old_slot, locked, reread, told, write
from booking.actions.difference import settle_difference
from booking.actions.tell_several import tell_together
from booking.actions.waiting import waiting_with
from booking.held_place import before_move
from booking.rules.refund import RefundQuote
from booking.rules.refunds_together import together
from booking.rules.status import after
from models.booking_summary import BookingSummary
from models.session import Tx


@action
def approve_booking(tx: Tx, ref: str, *, version: int | None = None) -> Done:
    """Confirm at the time asked for; the old slot of a move is free from here on. Of a visit all parts that wait are confirmed (R32).

    Only pending bookings; else Refused.
    """
    b = locked(tx, ref, version)
    after(b.status, "approve")
    parts = waiting_with(tx, b)
    done = [_approve(tx, part) for part in parts]
    over = together(given) if (given := [quote for _, quote in done if quote is not None]) else None
    confirmed = [part for part, _ in done]
    before = [before_move(tx, part) for part in parts]
    tell_together(tx, "approval_given", before, confirmed, refund=over)
    for part, was, now in zip(parts, before, confirmed, strict=True):
        notices.tell_staff(tx, "merchant_booking_created" if part.held is None else "merchant_booking_moved", now, old=was)
    return Done(next(part for part in confirmed if part.ref == ref), over, tuple(confirmed))


def _approve(tx: Tx, b: BookingSummary) -> tuple[BookingSummary, RefundQuote | None]:
    let_go_of_old_slot(tx, b)
    confirmed = write(tx, b, status=after(b.status, "approve"), never_approved=False, held=None, approval_deadline=None)
    over = None if b.held is None else settle_difference(tx, b, confirmed)
    confirmed = confirmed if over is None else reread(tx, confirmed)
    tx.audit("approve_booking", booking_id=b.id, before=told(b), after=told(confirmed), policy_id=b.policy_id,
             **({} if over is None else {"quote": over.facts()}))
    return confirmed, over

"""The shop says yes: a request, or a move that waited, is confirmed (R17)."""

from __future__ import annotations

from booking import notices
from booking.actions.action import Done, action
from booking.actions.changing import let_go_of_old_slot, locked, reread, told, write
from booking.actions.difference import settle_difference
from booking.held_place import before_move
from booking.rules.status import after
from models.session import Tx


@action
def approve_booking(tx: Tx, ref: str, *, version: int | None = None) -> Done:
    """Confirm at the time asked for; the old slot of a move is free from here on. Only pending bookings; else Refused."""
    b = locked(tx, ref, version)
    status = after(b.status, "approve")
    let_go_of_old_slot(tx, b)
    confirmed = write(tx, b, status=status, never_approved=False, held=None, approval_deadline=None)
    over = None if b.held is None else settle_difference(tx, b, confirmed)
    confirmed = confirmed if over is None else reread(tx, confirmed)
    tx.audit("approve_booking", booking_id=b.id, before=told(b), after=told(confirmed), policy_id=b.policy_id,
             **({} if over is None else {"quote": over.facts()}))
    was = before_move(tx, b)
    notices.tell_customer(tx, "approval_given", confirmed, old=was, refund=over)
    notices.tell_staff(tx, "merchant_booking_created" if b.held is None else "merchant_booking_moved", confirmed, old=was)
    return Done(confirmed, over)

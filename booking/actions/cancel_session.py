"""The shop cancels a class date: every party is cancelled, told, and gets everything back (R30); who waits for a seat is told.
Who waits to move there stays where they were; who waits to move away has nothing left to go back to (R17)."""

from __future__ import annotations

from sqlalchemy import select, union, update

from booking import notices, waitlist
from booking.actions.action import Done, action
from booking.actions.cancel_booking import cancel_booking
from booking.actions.changing import let_go_of_old_slot, told, write
from booking.actions.decline_booking import end_request
from booking.held_place import goes_back, kept_start
from booking.rules.decision import Refused
from booking.staff_locks import lock_staff
from booking.waitlist_notices import tell
from models.booking import Booking
from models.booking_summary import BookingSummary, lock_many
from models.class_session import ClassSession
from models.hold import Hold
from models.session import Tx


@action
def cancel_session(tx: Tx, session_id: int, *, reason: str = "", refund: str | int = "full") -> Done:
    """Cancel the date and all its bookings in one transaction; `refund` full, policy or none for each party. `bookings`: the cancelled."""
    teacher = tx.db.execute(select(ClassSession.staff_id).where(
        ClassSession.store_id == tx.store_id, ClassSession.id == session_id)).scalar()
    if teacher is None:
        raise Refused("not_found")
    _concerned(tx, session_id)
    # Seats are taken under the teacher's lock: from here on nobody comes in, and the second look finds who came in just before.
    lock_staff(tx, [teacher])
    parties = _concerned(tx, session_id)
    state = tx.db.execute(select(ClassSession.status).where(
        ClassSession.store_id == tx.store_id, ClassSession.id == session_id).with_for_update()).scalar()
    if state == "cancelled":
        raise Refused("closed", kind="date", state=state)
    done = []
    for party in parties:
        if party.session_id != session_id:
            _lose_old_date(tx, party)
        elif goes_back(tx, party):
            end_request(tx, party, "decline", reason, because="declined")
        else:
            done.append(cancel_booking.within(tx, party.ref, reason=reason, refund=refund, override=True).booking)
    waiting = waitlist.waiting_for(tx, session_id)
    tx.db.execute(update(ClassSession).where(
        ClassSession.store_id == tx.store_id, ClassSession.id == session_id).values(status="cancelled"))
    tx.audit("cancel_session", subject="session", subject_id=session_id, after={"status": "cancelled"}, parties=len(done))
    for entry in waiting:  # their waiting has ended with the date (a trigger sees to it)
        tx.audit("end_waitlist", subject="waitlist", subject_id=entry.id, after={"reason": "cancelled"})
        tell(tx, "waited_date_cancelled", entry, None)
    return Done(bookings=tuple(done))


def _concerned(tx: Tx, session_id: int) -> list[BookingSummary]:
    """Open bookings that have seats on the date, or would go back to it, locked."""
    there = select(Booking.id).where(Booking.store_id == tx.store_id, Booking.session_id == session_id, Booking.closed_at.is_(None))
    kept = select(Hold.booking_id).where(Hold.store_id == tx.store_id, Hold.session_id == session_id, Hold.kind == "old_slot")
    return [b for b in lock_many(tx, Booking.id.in_(tx.db.execute(union(there, kept)).scalars().all()))
            if b.holding and (b.session_id == session_id or kept_start(b) is not None and b.held["session_id"] == session_id)]


def _lose_old_date(tx: Tx, b: BookingSummary) -> None:
    """The request for another date waits on; without that date the booking ends now."""
    let_go_of_old_slot(tx, b)
    left = write(tx, b, held=b.held | {"released": True})
    tx.audit("lose_old_date", booking_id=b.id, before=told(b), after=told(left))
    notices.tell_customer(tx, "old_date_cancelled", left, lost={"starts_at": b.held["starts_at"], "zone": b.held["zone"]})

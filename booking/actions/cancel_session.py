"""The shop cancels a class date: every party is cancelled, told, and gets everything back (R30)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from booking.actions.action import Done, action
from booking.actions.cancel_booking import cancel_booking
from booking.rules.decision import Refused
from booking.staff_locks import lock_staff
from models.booking import Booking
from models.booking_summary import lock_many
from models.class_session import ClassSession
from models.session import Tx


@action
def cancel_session(tx: Tx, session_id: int, *, reason: str = "", refund: str | int = "full") -> Done:
    """Cancel the date and all its bookings in one transaction; `refund` full, policy or none for each party."""
    teacher = tx.db.execute(select(ClassSession.staff_id).where(
        ClassSession.store_id == tx.store_id, ClassSession.id == session_id)).scalar()
    if teacher is None:
        raise Refused("not_found")
    lock_many(tx, *_parties_of(session_id))
    # Seats are taken under the teacher's lock: from here on nobody comes in, and the second look finds who came in just before.
    lock_staff(tx, [teacher])
    parties = lock_many(tx, *_parties_of(session_id))
    state = tx.db.execute(select(ClassSession.status).where(
        ClassSession.store_id == tx.store_id, ClassSession.id == session_id).with_for_update()).scalar()
    if state == "cancelled":
        raise Refused("closed", state=state)
    done = tuple(cancel_booking.within(tx, party.ref, reason=reason, refund=refund, override=True).booking for party in parties)
    tx.db.execute(update(ClassSession).where(
        ClassSession.store_id == tx.store_id, ClassSession.id == session_id).values(status="cancelled"))
    tx.audit("cancel_session", subject="session", subject_id=session_id, after={"status": "cancelled"}, parties=len(done))
    return Done(bookings=done)


def _parties_of(session_id: int) -> tuple[Any, Any]:
    return Booking.session_id == session_id, Booking.closed_at.is_(None)

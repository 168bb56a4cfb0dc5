"""What the shop notes about a booking for itself. Customers see it in no page, only in the copy of their data the shop hands out (R45)."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from booking.actions.action import Done, action
from booking.rules.decision import Refused
from models.base import new_id
from models.booking_summary import find
from models.note import BookingNote
from models.session import Tx

LONGEST = 2000


@action
def add_note(tx: Tx, ref: str, text: str) -> Done:
    """Keep a note; `facts["id"]`. The audit says that there is one, not what it says."""
    b = find(tx, ref)
    if b is None:
        raise Refused("not_found")
    text = text.strip()
    if not 1 <= len(text) <= LONGEST:
        raise Refused("invalid", errors=[{"field": "text", "problem": f"must have 1 to {LONGEST} characters"}])
    note_id = new_id()
    tx.db.execute(insert(BookingNote).values(
        store_id=tx.store_id, id=note_id, booking_id=b.id, user_id=tx.actor.id if tx.actor.kind == "user" else None, text=text,
        created_at=tx.now))
    tx.audit("add_note", booking_id=b.id)
    return Done(b, facts={"id": note_id})


@action
def remove_note(tx: Tx, ref: str, note_id: int) -> Done:
    """Remove a note of the booking; Refused not_found where it has none of this id."""
    b = find(tx, ref)
    row = None if b is None else tx.db.execute(select(BookingNote.id).where(
        BookingNote.store_id == tx.store_id, BookingNote.booking_id == b.id, BookingNote.id == note_id)).one_or_none()
    if b is None or row is None:
        raise Refused("not_found")
    tx.db.execute(delete(BookingNote).where(BookingNote.store_id == tx.store_id, BookingNote.id == note_id))
    tx.audit("remove_note", booking_id=b.id)
    return Done(b)

"""The times bookings move to once their customer has paid the difference: kept for them meanwhile (R26, I8, I11)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select

from booking.offers import ServiceOffer
from booking.rules.interval import subtract
from booking.slots import Chosen
from booking.staff_locks import lock_staff
from models.base import new_id
from models.booking_summary import BookingSummary
from models.hold import Hold
from models.occupancy import Occupancy
from models.session import Tx


def keeper(intent_id: int) -> str:
    """The owner of the hold that belongs to a payment."""
    return f"move:{intent_id}"


def keep_time(tx: Tx, b: BookingSummary, offer: ServiceOffer, chosen: Chosen, owner: str, until: datetime, own: Sequence[int]) -> None:
    """Keep the seats of a class date, or what of the new span is not held already by what moves: `own` names it to busy time."""
    spans = [(chosen.starts_at - timedelta(seconds=offer.shape.buffer_before), chosen.ends_at + timedelta(seconds=offer.shape.buffer_after))]
    if chosen.session_id is None:
        spans = subtract(spans, [(row.starts_at, row.ends_at) for row in tx.db.execute(select(Occupancy.starts_at, Occupancy.ends_at).where(
            Occupancy.store_id == tx.store_id, Occupancy.staff_id == chosen.staff.id, Occupancy.source_id.in_(own)))])
    for start, end in spans:
        hold_id = new_id()
        tx.db.execute(insert(Hold).values(
            store_id=tx.store_id, id=hold_id, kind="checkout", booking_id=b.id, service_id=offer.id, staff_id=chosen.staff.id,
            session_id=chosen.session_id, seats=b.seats, owner=owner, overlap_ok=chosen.overlap, starts_at=start, ends_at=end,
            expires_at=until, created_at=tx.now))
        tx.audit("hold_slot", subject="hold", subject_id=hold_id, after={"starts_at": chosen.starts_at, "staff_id": chosen.staff.id})


def free_kept(tx: Tx, bookings: Sequence[BookingSummary], staff: Iterable[int]) -> None:
    """Give up what is kept for moves of these, and of what was to move with them, under the locks of everyone they may concern, so that
    nobody slips in between."""
    owners = select(Hold.owner).where(Hold.store_id == tx.store_id, Hold.booking_id.in_([b.id for b in bookings]), Hold.kind == "checkout")
    mine = (Hold.store_id == tx.store_id, Hold.kind == "checkout", Hold.owner.in_(owners))
    kept = set(tx.db.execute(select(Hold.staff_id).where(*mine)).scalars())
    if kept:
        lock_staff(tx, kept | set(staff) | {b.staff_id for b in bookings})
        for hold_id in tx.db.execute(delete(Hold).where(*mine).returning(Hold.id)).scalars():
            tx.audit("release_hold", subject="hold", subject_id=hold_id)

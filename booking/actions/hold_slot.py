"""A slot kept while someone types their details (I11, D33c)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, text

from booking.actions.action import Done, action
from booking.offers import ServiceOffer, find_offer
from booking.rules.decision import Refused
from booking.slots import require_slot
from booking.staff_locks import lock_staff
from models.base import new_id
from models.hold import Hold
from models.session import Tx

HOLD_FOR = timedelta(minutes=10)
LIVE_HOLDS = 3


@action
def hold_slot(tx: Tx, *, service_id: int, starts_at: datetime, owner: str, staff_id: int | None = None, seats: int = 1) -> Done:
    """Keep the slot for 10 minutes; an earlier checkout hold of the same owner is given up. At most 3 live ones with offers.

    `owner` is a keyed hash of the browser or customer. `facts`: hold_id, staff_id, expires_at.
    """
    offer = find_offer(tx, service_id)
    if offer is None or not offer.active or not offer.open_for_booking:
        raise Refused("not_allowed", kind="book")
    if not 1 <= seats <= offer.capacity:
        raise Refused("invalid", errors=[{"field": "seats", "problem": f"must be from 1 to {offer.capacity}"}])
    # Parallel requests of one owner wait for each other: none can keep a slot the others do not see.
    tx.db.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"{tx.store_id}:hold:{owner}"})
    use_hold(tx, owner, offer, staff_id)
    live = tx.db.execute(select(func.count()).select_from(Hold).where(
        Hold.store_id == tx.store_id, Hold.owner == owner, Hold.expires_at > tx.now)).scalar_one()
    if live >= LIVE_HOLDS:
        raise Refused("limit_reached", limit=LIVE_HOLDS)
    chosen = require_slot(tx, offer, starts_at, staff_id=staff_id, seats=seats)
    hold_id, expires_at = new_id(), tx.now + HOLD_FOR
    tx.db.execute(insert(Hold).values(
        store_id=tx.store_id, id=hold_id, kind="checkout", service_id=service_id, staff_id=chosen.staff.id,
        session_id=chosen.session_id, seats=seats, owner=owner, overlap_ok=chosen.overlap, expires_at=expires_at, created_at=tx.now,
        starts_at=chosen.starts_at - timedelta(seconds=offer.shape.buffer_before),
        ends_at=chosen.ends_at + timedelta(seconds=offer.shape.buffer_after)))
    tx.audit("hold_slot", subject="hold", subject_id=hold_id, after={"starts_at": starts_at, "staff_id": chosen.staff.id})
    return Done(facts={"hold_id": hold_id, "staff_id": chosen.staff.id, "expires_at": expires_at})


@action
def release_hold(tx: Tx, owner: str) -> Done:
    """Give up the owner's checkout hold; nothing to give up is fine."""
    gone = tx.db.execute(delete(Hold).where(Hold.store_id == tx.store_id, Hold.owner == owner, Hold.kind == "checkout").returning(Hold.id))
    for hold_id in gone.scalars():
        tx.audit("release_hold", subject="hold", subject_id=hold_id)
    return Done()


@action
def sweep_holds(tx: Tx) -> Done:
    """Remove holds past their end; those of moves waiting for approval end with the approval."""
    return Done(facts={"removed": expire_holds(tx)})


def expire_holds(tx: Tx, session_id: int | None = None) -> int:
    """Remove holds past their end, of one class date or of the whole store. How many there were."""
    of_date = () if session_id is None else (Hold.session_id == session_id,)
    gone = tx.db.execute(delete(Hold).where(
        Hold.store_id == tx.store_id, Hold.expires_at <= tx.now, Hold.kind != "old_slot", *of_date).returning(Hold.id)).scalars().all()
    for hold_id in gone:
        tx.audit("expire_hold", subject="hold", subject_id=hold_id)
    return len(gone)


def use_hold(tx: Tx, owner: str, offer: ServiceOffer, staff_id: int | None, starts_at: datetime | None = None) -> bool:
    """A booking or another hold takes the place of the owner's checkout hold, in the same transaction. True when that hold was
    live and for this person and time: then lead time and horizon were looked at when it was taken.

    The staff locks come first: giving seats back locks the class date, which everyone else takes after them.
    """
    lock_staff(tx, [person.id for person in offer.only(staff_id)])
    gone = tx.db.execute(delete(Hold).where(Hold.store_id == tx.store_id, Hold.owner == owner, Hold.kind == "checkout").returning(
        Hold.service_id, Hold.staff_id, Hold.starts_at, Hold.expires_at)).all()
    start = None if starts_at is None else starts_at - timedelta(seconds=offer.shape.buffer_before)
    return any((hold.service_id, hold.staff_id, hold.starts_at) == (offer.id, staff_id, start) and hold.expires_at > tx.now for hold in gone)


def keep_longer(tx: Tx, hold_id: int, until: datetime) -> None:
    """Move the end of a hold: the time stays kept while it is paid for. Busy time follows its hold."""
    mine = (Hold.store_id == tx.store_id, Hold.id == hold_id)
    kept = tx.db.execute(delete(Hold).where(*mine).returning(*Hold.__table__.c)).mappings().one()
    tx.db.execute(insert(Hold).values(**(dict(kept) | {"expires_at": until})))

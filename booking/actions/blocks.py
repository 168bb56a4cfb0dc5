"""Time off, of one person or a whole location (A116)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select

from booking.actions import catalogue
from booking.actions.action import Done, action
from booking.rules.decision import Refused
from booking.rules.interval import cut
from booking.staff_locks import lock_staff
from models.block import Block
from models.booking import Booking
from models.location import Location
from models.occupancy import LONGEST_SPAN_HOURS, Occupancy
from models.session import Tx
from models.staff import Staff

LONGEST = timedelta(days=366)


@action
def create_block(tx: Tx, *, location_id: int | None = None, staff_id: int | None = None, starts_at: datetime, ends_at: datetime,
                 reason: str = "", override: bool = False) -> Done:
    """Block a time. Where bookings stand in it: Refused slot_taken with their refs, or with `override` they stay as they are
    and the block lies over them. `facts["id"]`."""
    values = {"location_id": location_id, "staff_id": staff_id, "starts_at": starts_at, "ends_at": ends_at, "reason": reason}
    people = _cleared(tx, values, override)
    block_id = catalogue.create(tx, "block", Block, values)
    occupy(tx, block_id, people, starts_at, ends_at, overlap_ok=override)
    return Done(facts={"id": block_id})


@action
def update_block(tx: Tx, block_id: int, *, override: bool = False, **values: Any) -> Done:
    """Move or rename a block; the same rules as for a new one."""
    row = tx.db.execute(select(Block.location_id, Block.staff_id, Block.starts_at, Block.ends_at, Block.reason).where(
        Block.store_id == tx.store_id, Block.id == block_id).with_for_update()).one_or_none()
    if row is None:
        raise Refused("not_found")
    _free(tx, block_id)
    whole = row._asdict() | values
    if "location_id" not in values and whole["staff_id"] is not None:
        whole["location_id"] = None  # where the person works, by now perhaps elsewhere
    people = _cleared(tx, whole, override)
    catalogue.change(tx, "block", Block, block_id, whole)
    occupy(tx, block_id, people, whole["starts_at"], whole["ends_at"], overlap_ok=override)
    return Done(facts={"id": block_id})


@action
def delete_block(tx: Tx, block_id: int) -> Done:
    gone = tx.db.execute(delete(Block).where(Block.store_id == tx.store_id, Block.id == block_id)).rowcount
    if not gone:
        raise Refused("not_found")
    _free(tx, block_id)
    tx.audit("delete_block", subject="block", subject_id=block_id)
    return Done()


def follow_location(tx: Tx, staff_id: int, location_id: int) -> None:
    """Someone who is new at a location is off when all of it is, and no longer when their old one is.

    Bookings they have stay, and blocks may lie over each other: their busy time is flagged.
    """
    lock_staff(tx, [staff_id])
    tx.db.execute(delete(Occupancy).where(
        Occupancy.store_id == tx.store_id, Occupancy.staff_id == staff_id, Occupancy.kind == "block",
        Occupancy.source_id.in_(select(Block.id).where(Block.store_id == tx.store_id, Block.staff_id.is_(None)))))
    for block in tx.db.execute(select(Block.id, Block.starts_at, Block.ends_at).where(
            Block.store_id == tx.store_id, Block.location_id == location_id, Block.staff_id.is_(None), Block.ends_at > tx.now)).all():
        occupy(tx, block.id, [staff_id], block.starts_at, block.ends_at, overlap_ok=True)


def occupy(tx: Tx, block_id: int, people: Sequence[int], starts_at: datetime, ends_at: datetime, *, overlap_ok: bool) -> None:
    """Busy time of the block: one row per person and 48 hours."""
    rows = [{"store_id": tx.store_id, "staff_id": staff_id, "kind": "block", "source_id": block_id, "starts_at": start,
             "ends_at": end, "overlap_ok": overlap_ok}
            for staff_id in sorted(people) for start, end in cut((starts_at, ends_at), timedelta(hours=LONGEST_SPAN_HOURS))]
    if rows:
        tx.db.execute(insert(Occupancy), rows)


def _cleared(tx: Tx, values: dict[str, Any], override: bool) -> list[int]:
    """Whose time it is, once the values are right and nothing stands there, or it may; fills in the location."""
    values["location_id"], people = _whose(tx, values["location_id"], values["staff_id"])
    checks = catalogue.Checks()
    if not timedelta() < values["ends_at"] - values["starts_at"] <= LONGEST:
        checks.wrong("ends_at", "must be after the start, by at most a year")
    checks.text(values, "reason", most=400, required=False)
    checks.done()
    lock_staff(tx, people)
    bookings = met(tx, people, values["starts_at"], values["ends_at"])
    if bookings and not override:
        raise Refused("slot_taken", bookings=bookings)
    return people


def _free(tx: Tx, block_id: int) -> None:
    tx.db.execute(delete(Occupancy).where(
        Occupancy.store_id == tx.store_id, Occupancy.kind == "block", Occupancy.source_id == block_id))


def _whose(tx: Tx, location_id: int | None, staff_id: int | None) -> tuple[int, list[int]]:
    if staff_id is not None:
        at = tx.db.execute(select(Staff.location_id).where(Staff.store_id == tx.store_id, Staff.id == staff_id)).scalar()
        if at is None:
            raise Refused("invalid", errors=[{"field": "staff", "problem": "is not known"}])
        if location_id not in (None, at):
            raise Refused("invalid", errors=[{"field": "location", "problem": "is not where this person works"}])
        return at, [staff_id]
    known = tx.db.execute(select(Location.id).where(Location.store_id == tx.store_id, Location.id == location_id)).scalar()
    if known is None:
        raise Refused("invalid", errors=[{"field": "location", "problem": "is not known; name a location or a staff member"}])
    people = tx.db.execute(select(Staff.id).where(Staff.store_id == tx.store_id, Staff.location_id == location_id)).scalars().all()
    return known, list(people)


def met(tx: Tx, people: Sequence[int], starts_at: datetime, ends_at: datetime) -> list[str]:
    """Refs of bookings (or `class date`, `hold`, `block`) whose time the span would cover."""
    rows = tx.db.execute(select(Occupancy.kind, Occupancy.source_id).where(
        Occupancy.store_id == tx.store_id, Occupancy.staff_id.in_(list(people)), Occupancy.starts_at < ends_at,
        Occupancy.starts_at > starts_at - timedelta(hours=LONGEST_SPAN_HOURS), Occupancy.ends_at > starts_at)).all()
    refs = tx.db.execute(select(Booking.ref).where(
        Booking.store_id == tx.store_id, Booking.id.in_([row.source_id for row in rows if row.kind == "booking"]))).scalars()
    return [*refs, *("class date" if row.kind == "session" else row.kind for row in rows if row.kind != "booking")]

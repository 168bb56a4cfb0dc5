"""What besides bookings fills a calendar: class dates, time off; and what stands over what."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, func, select

from models.block import Block as K
from models.booking import Booking as B
from models.class_session import ClassSession as D
from models.location import Location as L
from models.service import Service as V
from models.session import Tx
from models.staff import Staff as S
from models.staff_date import StaffDate as SD

NEAR = timedelta(days=9)
"""A week to both sides, and what zones and a day unsaid add."""


class PlannedClass(NamedTuple):
    id: int
    service_id: int
    service_name: str
    staff_id: int
    location_id: int
    starts_at: datetime
    ends_at: datetime
    capacity: int
    seats_taken: int


class TimeOff(NamedTuple):
    """`staff_id` is None where everyone at the location is off."""

    id: int
    staff_id: int | None
    location_id: int
    starts_at: datetime
    ends_at: datetime
    reason: str


class Person(NamedTuple):
    """`hours` are those of the week; `dates` of days with others."""

    id: int
    name: str
    location_id: int
    location_name: str
    zone: str
    active: bool
    hours: dict[str, Any]
    dates: dict[str, list[Any]] | None


class Overlap(NamedTuple):
    """Two things at once for one person: bookings, class dates, time off. Their time in common is [starts_at, ends_at)."""

    staff_id: int
    one_kind: str
    one_id: int
    other_kind: str
    other_id: int
    starts_at: datetime
    ends_at: datetime


def classes_between(tx: Tx, start: datetime, end: datetime) -> list[PlannedClass]:
    return [PlannedClass._make(row) for row in tx.db.execute(select(
        D.id, D.service_id, V.name, D.staff_id, D.location_id, D.starts_at, D.ends_at, D.capacity, D.seats_taken,
    ).join(V, and_(V.store_id == D.store_id, V.id == D.service_id)).where(
        D.store_id == tx.store_id, D.status == "scheduled", D.starts_at >= start, D.starts_at < end).order_by(D.starts_at, D.id))]


def time_off_between(tx: Tx, start: datetime, end: datetime) -> list[TimeOff]:
    return [TimeOff._make(row) for row in tx.db.execute(select(K.id, K.staff_id, K.location_id, K.starts_at, K.ends_at, K.reason).where(
        K.store_id == tx.store_id, K.ends_at > start, K.starts_at < end).order_by(K.starts_at, K.id))]


def people(tx: Tx, around: date) -> list[Person]:
    """Everyone of the staff with their location, and the days with other hours not far from `around`; those who have left come last."""
    dates = select(func.jsonb_object_agg(SD.day, SD.hours)).where(
        SD.store_id == S.store_id, SD.staff_id == S.id, SD.day.between(around - NEAR, around + NEAR)).scalar_subquery()
    return [Person._make(row) for row in tx.db.execute(select(S.id, S.name, S.location_id, L.name, L.zone, S.active, S.hours, dates).join(
        L, and_(L.store_id == S.store_id, L.id == S.location_id)).where(S.store_id == tx.store_id).order_by(
            S.active.desc(), S.name, S.id))]


_OVERLAPS = """
select f.staff_id, f.kind, f.source_id, o.kind, o.source_id, greatest(f.starts_at, o.starts_at), least(f.ends_at, o.ends_at)
from occupancies f join occupancies o on o.store_id = f.store_id and o.staff_id = f.staff_id
  and o.starts_at < f.ends_at and o.starts_at > f.starts_at - interval '48 hours' and o.ends_at > f.starts_at and o.id <> f.id
where f.store_id = %s and f.overlap_ok and f.ends_at > %s and f.kind <> 'hold' and o.kind <> 'hold'
  and (f.kind <> 'block' or o.kind <> 'block') and f.source_id <> o.source_id and not (o.overlap_ok and o.id < f.id)
order by 6, f.id, o.id limit %s"""


def overlaps(tx: Tx, *, limit: int = 200) -> list[Overlap]:
    """What stands over something else and has not ended, soonest first (E102). One statement."""
    seen: set[tuple[int, int]] = set()
    found = []
    for row in tx.driver.cursor().execute(_OVERLAPS, (tx.store_id, tx.now, limit)).fetchall():
        overlap = Overlap._make(row)
        pair = (overlap.one_id, overlap.other_id)
        if pair not in seen:
            seen.add(pair)
            found.append(overlap)
    return found


def stands_over(tx: Tx, booking_id: int) -> bool:
    """Whether the booking really shares its time with something else."""
    return bool(tx.driver.cursor().execute(
        "select exists (select 1 from occupancies m join occupancies o on o.store_id = m.store_id and o.staff_id = m.staff_id"
        " and o.starts_at < m.ends_at and o.starts_at > m.starts_at - interval '48 hours' and o.ends_at > m.starts_at and o.id <> m.id"
        " and o.kind <> 'hold' where m.store_id = %s and m.source_id = %s)", (tx.store_id, booking_id)).fetchone()[0])


def marked(tx: Tx, *, limit: int = 200) -> list[int]:
    """Ids of open bookings that carry the mark of a conflict."""
    return list(tx.db.execute(select(B.id).where(
        B.store_id == tx.store_id, B.conflict, B.closed_at.is_(None), B.ends_at > tx.now).order_by(B.starts_at).limit(limit)).scalars())

"""When the rules of a time zone change, bookings and class dates keep their wall time: the instant is reckoned anew (R13)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from psycopg.errors import ExclusionViolation
from sqlalchemy import Boolean, select, update

from booking import notices
from booking.actions.action import Done, action
from booking.actions.changing import place, told, write
from booking.rules.status import HOLDING
from booking.rules.wall_time import resolve
from booking.staff_locks import lock_staff
from models.booking import Booking
from models.booking_summary import BookingSummary, lock_many
from models.class_session import ClassSession
from models.location import Location
from models.session import Tx
from models.statement import INSTANT, Statement, param
from models.store import Store

REASON = "time zone rules"
FETCHED = 5_000
_MOVE_DATE = Statement(update(ClassSession).where(ClassSession.store_id == param("store"), ClassSession.id == param("date")).values(
    overlap_ok=param("overlap", Boolean()),
    **{name: param(f"new_{name}", INSTANT) for name in ("starts_at", "ends_at", "occupied_from", "occupied_to")}))


class Shift(NamedTuple):
    """From one instant to another; `carry_out(overlap)` writes it, with `overlap` beside what is in the way by then."""

    old: datetime
    new: datetime
    carry_out: Callable[[bool], None]


@action
def strayed(tx: Tx, release: str) -> Done:
    """`facts["staff"]`: whose coming bookings or class dates no longer stand at their wall time; `facts["reckoned"]`: by `release` already."""
    if tx.db.execute(select(Store.zone_data).where(Store.store_id == tx.store_id)).scalar() == release:
        return Done(facts={"staff": [], "reckoned": True})
    open_ones = tx.db.execute(select(Booking.staff_id, Booking.starts_at, Booking.local_start, Booking.zone, Booking.fold).where(
        Booking.store_id == tx.store_id, Booking.status.in_(HOLDING), Booking.starts_at > tx.now), execution_options={"yield_per": FETCHED})
    found = {staff for staff, start, local, zone, fold in open_ones if resolve(local, zone, fold=fold) != start}
    for staff, start, local, zone in tx.db.execute(_dates().where(ClassSession.store_id == tx.store_id, ClassSession.starts_at > tx.now)):
        if resolve(local, zone) != start and resolve(local, zone, fold=1) != start:
            found.add(staff)
    return Done(facts={"staff": sorted(found), "reckoned": False})


@action
def keep_wall_time(tx: Tx, staff_id: int) -> Done:
    """Bring one person's coming bookings and class dates back to the wall time meant. Customers get the new calendar entry;
    what stands over something else then is flagged as a conflict, and the shop is told (R16). `facts["moved"]`.
    """
    bookings = [b for b in lock_many(tx, Booking.staff_id == staff_id, Booking.status.in_(HOLDING), Booking.starts_at > tx.now)
                if _meant(b) != b.starts_at]
    lock_staff(tx, [staff_id])
    dates = tx.db.execute(_dates(ClassSession.id, ClassSession.ends_at, ClassSession.occupied_from, ClassSession.occupied_to,
                               ClassSession.overlap_ok).where(
        ClassSession.store_id == tx.store_id, ClassSession.staff_id == staff_id, ClassSession.starts_at > tx.now,
    ).order_by(ClassSession.id).with_for_update(of=ClassSession)).all()
    shifts = [Shift(row.starts_at, meant, _date_shift(tx, row, meant - row.starts_at)) for row in dates
              if row.starts_at not in (meant := resolve(row.local_start, row.zone), resolve(row.local_start, row.zone, fold=1))]
    shifts += [Shift(b.starts_at, _meant(b), _booking_shift(tx, b)) for b in bookings]
    # Each makes room for the next: those that go later from the last, those that go earlier from the first.
    later = sorted((shift for shift in shifts if shift.new > shift.old), key=lambda shift: shift.old, reverse=True)
    earlier = sorted((shift for shift in shifts if shift.new < shift.old), key=lambda shift: shift.old)
    for shift in (*later, *earlier):
        try:
            with tx.line.attempt():
                shift.carry_out(False)
        except ExclusionViolation:
            shift.carry_out(True)
    return Done(facts={"moved": len(shifts)})


@action
def note_zone_data(tx: Tx, release: str) -> Done:
    """All is reckoned by this release."""
    tx.db.execute(update(Store).where(Store.store_id == tx.store_id).values(zone_data=release))
    return Done()


def _meant(b: BookingSummary) -> datetime:
    return resolve(b.local_start, b.zone, fold=b.fold)


def _dates(*more):  # noqa: ANN002, ANN202
    return select(ClassSession.staff_id, ClassSession.starts_at, ClassSession.local_start, Location.zone, *more).join(
        Location, (Location.store_id == ClassSession.store_id) & (Location.id == ClassSession.location_id)).where(
        ClassSession.status == "scheduled", ClassSession.local_start.is_not(None))


def _booking_shift(tx: Tx, b: BookingSummary) -> Callable[[bool], None]:
    def carry_out(overlap: bool) -> None:
        start = _meant(b)
        flags = {"overlap_ok": True, "conflict": True} if overlap else {}
        moved = write(tx, b, **place(start, start + (b.ends_at - b.starts_at), b.zone), **flags)
        tx.audit("keep_wall_time", booking_id=b.id, before=told(b), after=told(moved), policy_id=b.policy_id, reason=REASON, overlap=overlap)
        notices.tell_customer(tx, "zone_rules", moved, old=b)
        if overlap:
            notices.tell_merchant(tx, "merchant_booking_moved", moved, old=b)

    return carry_out


def _date_shift(tx: Tx, row, by: timedelta) -> Callable[[bool], None]:  # noqa: ANN001
    def carry_out(overlap: bool) -> None:
        _MOVE_DATE.run(tx, date=row.id, overlap=overlap or row.overlap_ok, **{
            f"new_{name}": getattr(row, name) + by for name in ("starts_at", "ends_at", "occupied_from", "occupied_to")})
        tx.audit("keep_wall_time", subject="session", subject_id=row.id, before={"starts_at": row.starts_at}, after={"starts_at": row.starts_at + by},
                 reason=REASON, overlap=overlap)

    return carry_out

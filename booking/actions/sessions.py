"""Class dates: a start of a service with room for several parties (R30)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from booking.actions.action import Done, action
from booking.actions.blocks import met
from booking.actions.catalogue import in_use
from booking.actions.hold_slot import expire_holds
from booking.offers import find_offer
from booking.rules.decision import Refused
from booking.rules.wall_time import resolve, wall
from booking.staff_locks import lock_staff
from models.base import new_id
from models.class_session import ClassSession
from models.session import Tx

MOST_WEEKS = 53


@action
def create_session(tx: Tx, *, service_id: int, staff_id: int, starts_at: datetime, capacity: int | None = None,
                   override: bool = False) -> Done:
    """A class date; `capacity` defaults to the service's. Refused slot_taken when the teacher is busy, unless `override`."""
    offer = find_offer(tx, service_id)
    person = next((p for p in offer.staff if p.id == staff_id), None) if offer else None
    errors = []
    if offer is None:
        errors.append({"field": "service", "problem": "is not known"})
    elif offer.capacity == 1:
        errors.append({"field": "service", "problem": "is not a class (capacity above 1)"})
    elif person is None:
        errors.append({"field": "staff", "problem": "does not give this service"})
    if capacity is not None and not 1 <= capacity <= 10_000:
        errors.append({"field": "capacity", "problem": "must be from 1 to 10000"})
    if starts_at.microsecond or starts_at.second:
        errors.append({"field": "starts_at", "problem": "must be a whole minute"})
    if errors or offer is None or person is None:
        raise Refused("invalid", errors=errors)
    lock_staff(tx, [staff_id])
    ends_at, session_id = starts_at + timedelta(seconds=offer.shape.duration), new_id()
    tx.db.execute(insert(ClassSession).values(
        store_id=tx.store_id, id=session_id, service_id=service_id, staff_id=staff_id, location_id=person.location_id,
        starts_at=starts_at, ends_at=ends_at, local_start=wall(starts_at, person.zone)[0], occupied_from=starts_at - timedelta(seconds=offer.shape.buffer_before),
        occupied_to=ends_at + timedelta(seconds=offer.shape.buffer_after), capacity=capacity or offer.capacity,
        overlap_ok=override, created_at=tx.now))
    tx.audit("create_session", subject="session", subject_id=session_id, after={"starts_at": starts_at, "capacity": capacity})
    return Done(facts={"id": session_id})


@action
def create_sessions(tx: Tx, *, service_id: int, staff_id: int, local_start: datetime, weeks: int, capacity: int | None = None,
                    override: bool = False) -> Done:
    """The same class at the same wall time for several weeks (1 to 53), all of them or none. `local_start` is told by the clocks of
    the place, or is the instant of the first.

    Refused slot_taken with `dates` where the teacher is busy, invalid where the clocks skip the time. `facts["ids"]`.
    """
    if not 1 <= weeks <= MOST_WEEKS:
        raise Refused("invalid", errors=[{"field": "weeks", "problem": f"must be from 1 to {MOST_WEEKS}"}])
    offer = find_offer(tx, service_id)
    person = next((p for p in offer.staff if p.id == staff_id), None) if offer else None
    if offer is None:
        raise Refused("invalid", errors=[{"field": "service", "problem": "is not known"}])
    if person is None:
        raise Refused("invalid", errors=[{"field": "staff", "problem": "does not give this service"}])
    first = local_start if local_start.tzinfo is None else wall(local_start, person.zone)[0]
    starts = []
    for week in range(weeks):
        local = first + timedelta(weeks=week)
        try:
            starts.append(resolve(local, person.zone, gap="raise"))
        except ValueError as error:
            raise Refused("invalid", errors=[{"field": "starts_at", "problem": str(error)}]) from None
    lock_staff(tx, [staff_id])
    before, after = timedelta(seconds=offer.shape.buffer_before), timedelta(seconds=offer.shape.duration + offer.shape.buffer_after)
    taken = [start for start in starts if met(tx, [staff_id], start - before, start + after)]
    if taken and not override:
        raise Refused("slot_taken", dates=[{"starts_at": start, "code": "slot_taken"} for start in taken])
    ids = [create_session.within(tx, service_id=service_id, staff_id=staff_id, starts_at=start, capacity=capacity,
                                 override=override).facts["id"] for start in starts]
    return Done(facts={"ids": ids})


@action
def update_session(tx: Tx, session_id: int, *, capacity: int) -> Done:
    """Change the number of seats; never below the seats taken (I7)."""
    row = _locked(tx, session_id)
    if not row.seats_taken <= capacity <= 10_000 or capacity < 1:
        raise Refused("invalid", errors=[{"field": "capacity", "problem": f"must be at least the {row.seats_taken} seats taken"}])
    tx.db.execute(update(ClassSession).where(ClassSession.store_id == tx.store_id, ClassSession.id == session_id).values(capacity=capacity))
    tx.audit("update_session", subject="session", subject_id=session_id, before={"capacity": row.capacity}, after={"capacity": capacity})
    return Done(facts={"id": session_id})


@action
def delete_session(tx: Tx, session_id: int) -> Done:
    """Remove a date nobody booked, waits for or is about to book; others are cancelled with their parties (cancel_session)."""
    _locked(tx, session_id)
    expire_holds(tx, session_id)
    if in_use(tx, ClassSession, session_id):
        raise Refused("not_allowed", kind="session")
    tx.db.execute(delete(ClassSession).where(ClassSession.store_id == tx.store_id, ClassSession.id == session_id))
    tx.audit("delete_session", subject="session", subject_id=session_id)
    return Done()


def _locked(tx: Tx, session_id: int):  # noqa: ANN202
    row = tx.db.execute(select(ClassSession.capacity, ClassSession.seats_taken).where(
        ClassSession.store_id == tx.store_id, ClassSession.id == session_id).with_for_update()).one_or_none()
    if row is None:
        raise Refused("not_found")
    return row

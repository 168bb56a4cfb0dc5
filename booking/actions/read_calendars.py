"""Reading calendars of staff members elsewhere: claimed one by one, and what was found kept as busy time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, insert, or_, select, update

from booking.actions.action import Done, action
from booking.actions.staff_calendars import TOKEN
from booking.calendar_reading import Reading
from booking.rules.busy import changes
from booking.rules.interval import merge
from booking.sealing import seal
from booking.staff_locks import lock_staff
from booking.store_messages import tell_shop
from models.calendar_time import CalendarTime
from models.ended_grant import EndedGrant
from models.location import Location
from models.occupancy import LONGEST_SPAN_HOURS, Occupancy
from models.session import Tx
from models.staff import Staff
from models.staff_calendar import StaffCalendar

EVERY = {"ics": timedelta(minutes=30), "google": timedelta(minutes=10), "microsoft": timedelta(minutes=10)}
AGAIN = timedelta(minutes=15)
LEASE = timedelta(minutes=5)
BEHIND, AHEAD = timedelta(days=1), timedelta(days=400)
MOST_REVOKES = 6
SPAN = timedelta(hours=LONGEST_SPAN_HOURS)


@action
def claim_due(tx: Tx) -> Done:
    """Take one calendar that is due; nobody else gets it for five minutes. `facts` is None when there is none."""
    row = tx.db.execute(
        select(StaffCalendar.id, StaffCalendar.provider, StaffCalendar.sealed_url, StaffCalendar.sealed_token, StaffCalendar.etag,
               StaffCalendar.cursor, StaffCalendar.whole_at, Location.zone)
        .join(Staff, (Staff.store_id == StaffCalendar.store_id) & (Staff.id == StaffCalendar.staff_id))
        .join(Location, (Location.store_id == Staff.store_id) & (Location.id == Staff.location_id))
        .where(StaffCalendar.store_id == tx.store_id, StaffCalendar.due_at <= tx.now)
        .order_by(StaffCalendar.due_at).limit(1).with_for_update(of=StaffCalendar, skip_locked=True)).one_or_none()
    if row is None:
        return Done()
    _write(tx, row.id, due_at=tx.now + LEASE)
    return Done(facts=row._asdict() | {"now": tx.now})


@action
def keep_busy(tx: Tx, calendar_id: int, sealed_url: str, spans: Sequence[tuple[datetime, datetime]] | None, etag: str | None) -> Done:
    """Put the file's busy time in place of what it left before; None leaves it as it is. Bookings already there stay: busy time
    from outside lies over them and only keeps new ones away. An answer for an address given up meanwhile is dropped."""
    row = _still(tx, calendar_id, StaffCalendar.sealed_url == sealed_url)
    if row is None:
        return Done()
    values: dict[str, Any] = {} if spans is None else {"etag": etag, "busy_spans": len(spans)}
    if spans is not None:
        _hold(tx, row.staff_id, calendar_id, spans)
    _write(tx, calendar_id, state="ok", problem=None, fetched_at=tx.now, due_at=tx.now + EVERY["ics"], **values)
    return Done()


@action
def keep_reading(tx: Tx, calendar_id: int, sealed_token: str, since: str | None, reading: Reading) -> Done:
    """Keep what an account has answered: all of it, or what has changed after `since`. Dropped for an account given up meanwhile,
    and for an answer another worker was faster with."""
    row = _still(tx, calendar_id, and_(StaffCalendar.sealed_token == sealed_token, StaffCalendar.cursor.is_not_distinct_from(since)))
    if row is None:
        return Done()
    mine = (CalendarTime.store_id == tx.store_id, CalendarTime.calendar_id == calendar_id)
    found = {_mark(calendar_id, change.entry): change for change in reading.changes}
    if reading.whole:
        tx.db.execute(delete(CalendarTime).where(*mine))
    elif found:
        tx.db.execute(delete(CalendarTime).where(*mine, or_(CalendarTime.entry.in_(list(found)), CalendarTime.series.in_(list(found)))))
    rows = [{"store_id": tx.store_id, "calendar_id": calendar_id, "entry": mark, "starts_at": change.span[0], "ends_at": change.span[1],
             "series": None if change.series is None else _mark(calendar_id, change.series)} for mark, change in found.items() if change.span]
    if rows:
        tx.db.execute(insert(CalendarTime), rows)
    tx.db.execute(delete(CalendarTime).where(*mine, CalendarTime.ends_at <= tx.now - BEHIND))
    first, last = tx.now - BEHIND, tx.now + AHEAD
    spans = merge((max(start, first), min(end, last)) for start, end in tx.db.execute(
        select(CalendarTime.starts_at, CalendarTime.ends_at).where(*mine, CalendarTime.starts_at < last)).all())
    _hold(tx, row.staff_id, calendar_id, spans)
    _write(tx, calendar_id, state="ok", problem=None, fetched_at=tx.now, due_at=tx.now + EVERY[row.provider], cursor=reading.cursor,
           busy_spans=len(spans), **({"whole_at": tx.now} if reading.whole else {}))
    return Done()


@action
def renew_token(tx: Tx, calendar_id: int, sealed_token: str, refresh_token: str) -> Done:
    """Put the next refresh token in place of the one just used. `facts["sealed"]`: None for an account given up meanwhile."""
    if _still(tx, calendar_id, StaffCalendar.sealed_token == sealed_token) is None:
        return Done(facts={"sealed": None})
    sealed = seal(tx.store_id, TOKEN, refresh_token)
    _write(tx, calendar_id, sealed_token=sealed)
    return Done(facts={"sealed": sealed})


@action
def fail_calendar(tx: Tx, calendar_id: int, problem: str, *, wait: timedelta = AGAIN) -> Done:
    """It could not be read: the shop sees why, what is known stays, and it is tried again after `wait`."""
    tx.db.execute(update(StaffCalendar).where(
        StaffCalendar.store_id == tx.store_id, StaffCalendar.id == calendar_id, StaffCalendar.due_at.is_not(None),
    ).values(state="failing", problem=problem, due_at=tx.now + wait))
    return Done()


@action
def lose_calendar(tx: Tx, calendar_id: int, sealed_token: str, problem: str) -> Done:
    """The account lets us in no longer. What is known stays busy, the dead token goes, and the shop is asked to connect again."""
    row = _still(tx, calendar_id, StaffCalendar.sealed_token == sealed_token)
    if row is None:
        return Done()
    _write(tx, calendar_id, state="reconnect", problem=problem, sealed_token=None, cursor=None, whole_at=None, due_at=None)
    name = tx.db.execute(select(Staff.name).where(Staff.store_id == tx.store_id, Staff.id == row.staff_id)).scalar_one()
    tx.audit("lose_calendar", subject="staff", subject_id=row.staff_id, after={"provider": row.provider})
    tell_shop(tx, "merchant_calendar_lost", f"{calendar_id}:{tx.now.timestamp():.0f}", staff=name, provider=row.provider,
              path=f"/admin/staff/{row.staff_id}/calendar")
    return Done()


@action
def claim_ended_grant(tx: Tx) -> Done:
    """Take one token that is to be given back; it is forgotten after six tries. `facts` is None when there is none."""
    row = tx.db.execute(select(EndedGrant.id, EndedGrant.provider, EndedGrant.sealed_token, EndedGrant.attempts).where(
        EndedGrant.store_id == tx.store_id, EndedGrant.due_at <= tx.now).order_by(EndedGrant.due_at).limit(1).with_for_update(
        skip_locked=True)).one_or_none()
    if row is None:
        return Done()
    mine = (EndedGrant.store_id == tx.store_id, EndedGrant.id == row.id)
    if row.attempts + 1 >= MOST_REVOKES:
        tx.db.execute(delete(EndedGrant).where(*mine))
    else:
        tx.db.execute(update(EndedGrant).where(*mine).values(attempts=row.attempts + 1, due_at=tx.now + LEASE * 2 ** row.attempts))
    return Done(facts=row._asdict())


@action
def forget_ended_grant(tx: Tx, grant_id: int) -> Done:
    """It has been given back."""
    tx.db.execute(delete(EndedGrant).where(EndedGrant.store_id == tx.store_id, EndedGrant.id == grant_id))
    return Done()


def _hold(tx: Tx, staff_id: int, calendar_id: int, spans: Sequence[tuple[datetime, datetime]]) -> None:
    """Bring the busy time up to date. Rows of what stays busy are not touched: a trigger takes each row that goes for an opening."""
    lock_staff(tx, [staff_id])
    mine = (Occupancy.store_id == tx.store_id, Occupancy.kind == "calendar", Occupancy.source_id == calendar_id)
    held = [tuple(row) for row in tx.db.execute(select(Occupancy.id, Occupancy.starts_at, Occupancy.ends_at).where(*mine)).all()]
    gone, added = changes(held, spans, tx.now, SPAN)
    if gone:
        tx.db.execute(delete(Occupancy).where(*mine, Occupancy.id.in_(gone)))
    if added:
        tx.db.execute(insert(Occupancy), [{
            "store_id": tx.store_id, "staff_id": staff_id, "kind": "calendar", "source_id": calendar_id, "starts_at": start, "ends_at": end,
            "overlap_ok": True} for start, end in added])


def _still(tx: Tx, calendar_id: int, condition: Any) -> Any:
    """The row, locked, if it still reads what was read."""
    return tx.db.execute(select(StaffCalendar.staff_id, StaffCalendar.provider).where(
        StaffCalendar.store_id == tx.store_id, StaffCalendar.id == calendar_id, condition).with_for_update()).one_or_none()


def _write(tx: Tx, calendar_id: int, **values: Any) -> None:
    tx.db.execute(update(StaffCalendar).where(StaffCalendar.store_id == tx.store_id, StaffCalendar.id == calendar_id).values(**values))


def _mark(calendar_id: int, entry: str) -> str:
    """What is kept of the provider's id: enough to find the entry again, nothing to read."""
    return hashlib.sha256(f"{calendar_id}|{entry}".encode()).hexdigest()[:32]

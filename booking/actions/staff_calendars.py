"""A staff member's calendar elsewhere: which one, when it was read, and the busy time it left here; and the feed of their bookings."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, insert, select, update

from booking.actions.action import Done, action
from booking.keys import keyed_hash
from booking.rules.decision import Refused
from booking.rules.interval import cut
from booking.sealing import seal
from booking.slots import lock_staff
from models.base import new_id
from models.location import Location
from models.occupancy import LONGEST_SPAN_HOURS, Occupancy
from models.session import Tx
from models.staff import Staff
from models.staff_calendar import StaffCalendar

EVERY = timedelta(minutes=30)
AGAIN = timedelta(minutes=15)
LEASE = timedelta(minutes=5)
LONGEST_URL = 2000


@action
def set_calendar(tx: Tx, staff_id: int, url: str) -> Done:
    """Read this calendar from now on; what an earlier one left is gone with it. `facts["id"]` is the staff member."""
    parts = urlsplit(url.strip().replace("webcal://", "https://", 1))
    if not parts.hostname or parts.scheme not in ("https", "http") or len(url) > LONGEST_URL:
        raise Refused("invalid", errors=[{"field": "url", "problem": "must be the https address of a calendar file (.ics)"}])
    row_id = _row(tx, staff_id)
    _clear(tx, staff_id, row_id)
    tx.db.execute(update(StaffCalendar).where(StaffCalendar.store_id == tx.store_id, StaffCalendar.id == row_id).values(
        sealed_url=seal(tx.store_id, "staff_calendar", parts.geturl()), host=parts.hostname, etag=None, state="new", problem=None,
        busy_spans=0, fetched_at=None, due_at=tx.now))
    tx.audit("set_calendar", subject="staff", subject_id=staff_id)
    return Done(facts={"id": staff_id})


@action
def remove_calendar(tx: Tx, staff_id: int) -> Done:
    """Read it no longer; its busy time is free again."""
    row_id = _row(tx, staff_id)
    _clear(tx, staff_id, row_id)
    tx.db.execute(update(StaffCalendar).where(StaffCalendar.store_id == tx.store_id, StaffCalendar.id == row_id).values(
        sealed_url=None, host=None, etag=None, state="new", problem=None, busy_spans=0, fetched_at=None, due_at=None))
    tx.audit("remove_calendar", subject="staff", subject_id=staff_id)
    return Done(facts={"id": staff_id})


@action
def renew_staff_feed(tx: Tx, staff_id: int, *, stop: bool = False) -> Done:
    """A new secret address for the staff member's bookings, or none. `facts["secret"]`, shown this once."""
    secret = None if stop else secrets.token_urlsafe(24)
    row_id = _row(tx, staff_id)
    tx.db.execute(update(StaffCalendar).where(StaffCalendar.store_id == tx.store_id, StaffCalendar.id == row_id).values(
        feed_hash=None if secret is None else keyed_hash("staff_feed", tx.store_id, secret)))
    tx.audit("stop_staff_feed" if stop else "renew_staff_feed", subject="staff", subject_id=staff_id)
    return Done(facts={"id": staff_id, "secret": secret})


@action
def claim_due(tx: Tx) -> Done:
    """Take one calendar that is due; nobody else gets it for five minutes. `facts` is None when there is none."""
    row = tx.db.execute(
        select(StaffCalendar.id, StaffCalendar.sealed_url, StaffCalendar.etag, Location.zone)
        .join(Staff, (Staff.store_id == StaffCalendar.store_id) & (Staff.id == StaffCalendar.staff_id))
        .join(Location, (Location.store_id == Staff.store_id) & (Location.id == Staff.location_id))
        .where(StaffCalendar.store_id == tx.store_id, StaffCalendar.due_at <= tx.now)
        .order_by(StaffCalendar.due_at).limit(1).with_for_update(of=StaffCalendar, skip_locked=True)).one_or_none()
    if row is None:
        return Done()
    tx.db.execute(update(StaffCalendar).where(StaffCalendar.store_id == tx.store_id, StaffCalendar.id == row.id).values(
        due_at=tx.now + LEASE))
    return Done(facts=row._asdict() | {"now": tx.now})


@action
def keep_busy(tx: Tx, calendar_id: int, sealed_url: str, spans: Sequence[tuple[datetime, datetime]] | None, etag: str | None) -> Done:
    """Put the calendar's busy time in place of what it left before; None leaves it as it is. Bookings already there stay: busy
    time from outside lies over them and only keeps new ones away. An answer for an address given up meanwhile is dropped."""
    row = tx.db.execute(select(StaffCalendar.staff_id).where(
        StaffCalendar.store_id == tx.store_id, StaffCalendar.id == calendar_id, StaffCalendar.sealed_url == sealed_url).with_for_update()).one_or_none()
    if row is None:
        return Done()
    values: dict[str, Any] = {"state": "ok", "problem": None, "fetched_at": tx.now, "due_at": tx.now + EVERY}
    if spans is not None:
        values |= {"etag": etag, "busy_spans": len(spans)}
        _clear(tx, row.staff_id, calendar_id)
        pieces = [{"store_id": tx.store_id, "staff_id": row.staff_id, "kind": "calendar", "source_id": calendar_id, "starts_at": start,
                   "ends_at": end, "overlap_ok": True} for span in spans for start, end in cut(span, timedelta(hours=LONGEST_SPAN_HOURS))]
        if pieces:
            tx.db.execute(insert(Occupancy), pieces)
    tx.db.execute(update(StaffCalendar).where(StaffCalendar.store_id == tx.store_id, StaffCalendar.id == calendar_id).values(**values))
    return Done()


@action
def fail_calendar(tx: Tx, calendar_id: int, problem: str) -> Done:
    """It could not be read: the shop sees why, what is known stays, and it is tried again."""
    tx.db.execute(update(StaffCalendar).where(
        StaffCalendar.store_id == tx.store_id, StaffCalendar.id == calendar_id, StaffCalendar.sealed_url.is_not(None),
    ).values(state="failing", problem=problem, due_at=tx.now + AGAIN))
    return Done()


def _row(tx: Tx, staff_id: int) -> int:
    """The row of the staff member, made when there is none, locked. Refused not_found for someone unknown."""
    known = tx.db.execute(select(Staff.id).where(Staff.store_id == tx.store_id, Staff.id == staff_id).with_for_update()).scalar()
    if known is None:
        raise Refused("not_found")
    row_id = tx.db.execute(select(StaffCalendar.id).where(
        StaffCalendar.store_id == tx.store_id, StaffCalendar.staff_id == staff_id).with_for_update()).scalar()
    if row_id is None:
        row_id = new_id()
        tx.db.execute(insert(StaffCalendar).values(store_id=tx.store_id, id=row_id, staff_id=staff_id, created_at=tx.now))
    return row_id


def _clear(tx: Tx, staff_id: int, calendar_id: int) -> None:
    lock_staff(tx, [staff_id])
    tx.db.execute(delete(Occupancy).where(
        Occupancy.store_id == tx.store_id, Occupancy.kind == "calendar", Occupancy.source_id == calendar_id))

"""A staff member's calendar elsewhere: a file or an account to read busy time from; and the feed of their bookings."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row, delete, insert, select, update

from booking.actions.action import Done, action
from booking.keys import keyed_hash
from booking.rules.decision import Refused
from booking.sealing import seal
from booking.staff_locks import lock_staff
from models.base import new_id
from models.calendar_time import CalendarTime
from models.ended_grant import EndedGrant
from models.occupancy import Occupancy
from models.session import Tx
from models.staff import Staff
from models.staff_calendar import StaffCalendar

LONGEST_URL = 2000
URL, TOKEN = "staff_calendar", "staff_calendar_token"
"""The fields secrets are sealed for."""
REVOCABLE = frozenset({"google"})
"""Who takes a token back. Microsoft has no such call: there the permission is removed by the person."""
_EMPTY: dict[str, Any] = {
    "provider": "ics", "sealed_url": None, "sealed_token": None, "host": None, "etag": None, "cursor": None, "state": "new", "problem": None,
    "busy_spans": 0, "fetched_at": None, "whole_at": None, "due_at": None}


@action
def set_calendar(tx: Tx, staff_id: int, url: str) -> Done:
    """Read this file from now on; what was read before is gone with it. `facts["id"]` is the staff member."""
    parts = urlsplit(url.strip().replace("webcal://", "https://", 1))
    if not parts.hostname or parts.scheme not in ("https", "http") or len(url) > LONGEST_URL:
        raise Refused("invalid", errors=[{"field": "url", "problem": "must be the https address of a calendar file (.ics)"}])
    _begin(tx, staff_id, sealed_url=seal(tx.store_id, URL, parts.geturl()), host=parts.hostname)
    tx.audit("set_calendar", subject="staff", subject_id=staff_id)
    return Done(facts={"id": staff_id})


@action
def connect_calendar(tx: Tx, staff_id: int, provider: str, refresh_token: str) -> Done:
    """Read the account this token opens (`google` or `microsoft`) from now on. `facts["id"]` is the staff member."""
    _begin(tx, staff_id, provider=provider, sealed_token=seal(tx.store_id, TOKEN, refresh_token))
    tx.audit("connect_calendar", subject="staff", subject_id=staff_id, after={"provider": provider})
    return Done(facts={"id": staff_id})


@action
def remove_calendar(tx: Tx, staff_id: int) -> Done:
    """Read it no longer; its busy time is free again, and a token is given back to who made it."""
    row = _row(tx, staff_id)
    _let_go(tx, staff_id, row)
    _write(tx, row.id, _EMPTY)
    tx.audit("remove_calendar", subject="staff", subject_id=staff_id)
    return Done(facts={"id": staff_id})


@action
def renew_staff_feed(tx: Tx, staff_id: int, *, stop: bool = False) -> Done:
    """A new secret address for the staff member's bookings, or none. `facts["secret"]`, shown this once."""
    secret = None if stop else secrets.token_urlsafe(24)
    row = _row(tx, staff_id)
    _write(tx, row.id, {"feed_hash": None if secret is None else keyed_hash("staff_feed", tx.store_id, secret)})
    tx.audit("stop_staff_feed" if stop else "renew_staff_feed", subject="staff", subject_id=staff_id)
    return Done(facts={"id": staff_id, "secret": secret})


def forget_calendar(tx: Tx, staff_id: int) -> None:
    """Everything of the staff member's calendar, when they leave."""
    row = _find(tx, staff_id)
    if row is not None:
        _let_go(tx, staff_id, row)
        tx.db.execute(delete(StaffCalendar).where(StaffCalendar.store_id == tx.store_id, StaffCalendar.id == row.id))


def _begin(tx: Tx, staff_id: int, **source: Any) -> None:
    row = _row(tx, staff_id)
    # A new grant of the same kind may be of the same account, and taking back the old token would end both.
    _let_go(tx, staff_id, row, revoke=row.provider != source.get("provider"))
    _write(tx, row.id, _EMPTY | source | {"due_at": tx.now})


def _let_go(tx: Tx, staff_id: int, row: Row[Any], *, revoke: bool = True) -> None:
    """End the reading: what it left here goes, which is an opening for those who wait (R34)."""
    if revoke and row.sealed_token is not None and row.provider in REVOCABLE:
        tx.db.execute(insert(EndedGrant).values(
            store_id=tx.store_id, id=new_id(), provider=row.provider, due_at=tx.now, created_at=tx.now, sealed_token=row.sealed_token))
    lock_staff(tx, [staff_id])
    tx.db.execute(delete(CalendarTime).where(CalendarTime.store_id == tx.store_id, CalendarTime.calendar_id == row.id))
    tx.db.execute(delete(Occupancy).where(
        Occupancy.store_id == tx.store_id, Occupancy.kind == "calendar", Occupancy.source_id == row.id))


def _row(tx: Tx, staff_id: int) -> Row[Any]:
    """The row of the staff member, made when there is none, locked. Refused not_found for someone unknown."""
    known = tx.db.execute(select(Staff.id).where(Staff.store_id == tx.store_id, Staff.id == staff_id).with_for_update()).scalar()
    if known is None:
        raise Refused("not_found")
    row = _find(tx, staff_id)
    if row is None:
        tx.db.execute(insert(StaffCalendar).values(store_id=tx.store_id, id=new_id(), staff_id=staff_id, created_at=tx.now))
        row = _find(tx, staff_id)
        assert row is not None, "just written"
    return row


def _find(tx: Tx, staff_id: int) -> Row[Any] | None:
    return tx.db.execute(select(StaffCalendar.id, StaffCalendar.provider, StaffCalendar.sealed_token).where(
        StaffCalendar.store_id == tx.store_id, StaffCalendar.staff_id == staff_id).with_for_update()).one_or_none()


def _write(tx: Tx, row_id: int, values: dict[str, Any]) -> None:
    tx.db.execute(update(StaffCalendar).where(StaffCalendar.store_id == tx.store_id, StaffCalendar.id == row_id).values(**values))

"""How it stands with a staff member's calendar, for the screens and the API of the shop."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, func, or_, select

from booking.rules.decision import Refused
from models.location import Location
from models.session import Tx
from models.staff import Staff
from models.staff_calendar import StaffCalendar as C


class CalendarState(NamedTuple):
    """`source`: ics, google, microsoft, or None when nothing is read. `state`: new, ok, failing, reconnect."""

    staff_id: int
    staff_name: str
    zone: str
    source: str | None
    host: str | None
    state: str
    problem: str | None
    busy_spans: int
    fetched_at: datetime | None
    feed: bool


def state_of(tx: Tx, staff_id: int) -> CalendarState:
    """Refused not_found for someone unknown."""
    read = or_(C.sealed_url.is_not(None), C.sealed_token.is_not(None), C.state == "reconnect")
    row = tx.db.execute(select(
        Staff.id, Staff.name, Location.zone, func.coalesce(read, False), C.provider, C.host, C.state, C.problem, C.busy_spans, C.fetched_at, C.feed_hash,
    ).join(Location, and_(Location.store_id == Staff.store_id, Location.id == Staff.location_id)).outerjoin(
        C, and_(C.store_id == Staff.store_id, C.staff_id == Staff.id)).where(Staff.store_id == tx.store_id, Staff.id == staff_id)).one_or_none()
    if row is None:
        raise Refused("not_found")
    number, name, zone, is_read, provider, host, state, problem, spans, fetched_at, feed_hash = row
    if not is_read:
        return CalendarState(number, name, zone, None, None, "new", None, 0, None, feed_hash is not None)
    return CalendarState(number, name, zone, provider, host, state, problem, spans, fetched_at, feed_hash is not None)

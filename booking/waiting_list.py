"""Those who wait and have waited, for people of the shop: the rows of the dashboard's list and of the API's (R34, A154)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, case, exists, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from booking import waitlist
from models.booking import Booking
from models.class_session import ClassSession
from models.customer import Customer
from models.location import Location
from models.service import Service
from models.session import Tx
from models.staff import Staff
from models.waitlist_entry import WaitlistEntry as E
from models.waitlist_offer import WaitlistOffer as O

WAITS, OVER = ("waiting", "offered"), ("taken", "withdrawn", "ended")
STATES = WAITS + OVER
"""`offered`: something is held for them now."""


class Listed(NamedTuple):
    """`booking` is the one to move, or what the wait became; `request` the one that was turned down; `zone` that of the place."""

    entry: waitlist.Entry
    ended_at: datetime | None
    state: str
    booking: str | None
    request: str | None
    service_name: str
    customer_name: str
    staff_name: str | None
    zone: str


def page(tx: Tx, *, states: Sequence[str] = (), service_id: int | None = None, booking_id: int | None = None, session_id: int | None = None,
         newest_first: bool = False, after: tuple[datetime, int] | None = None, limit: int) -> list[Listed]:
    """In the order of the opt-ins, from behind `after` (when it was made, id); of some states, one service, booking or class date."""
    asked = exists().where(O.store_id == E.store_id, O.entry_id == E.id, O.state == "open", O.expires_at > tx.now)
    state = case((and_(E.state == "waiting", asked), "offered"), else_=E.state)
    request = aliased(Booking)
    where = [E.store_id == tx.store_id]
    if states:
        where.append(state.in_(states))
    if service_id is not None:
        where.append(E.service_id == service_id)
    if booking_id is not None:
        where.append(or_(E.booking_id == booking_id, E.request_id == booking_id))
    if session_id is not None:
        where.append(E.session_id == session_id)
    if after is not None:
        here = tuple_(E.created_at, E.id)
        where.append(here < after if newest_first else here > after)
    order = (E.created_at.desc(), E.id.desc()) if newest_first else (E.created_at, E.id)
    rows = tx.db.execute(select(
        *waitlist.COLUMNS, E.ended_at, state, Booking.ref, request.ref, Service.name, Customer.name, Staff.name, Location.zone,
    ).select_from(E).join(Service, and_(Service.store_id == E.store_id, Service.id == E.service_id)).join(
        Customer, and_(Customer.store_id == E.store_id, Customer.id == E.customer_id)).outerjoin(
        Booking, and_(Booking.store_id == E.store_id, Booking.id == E.booking_id)).outerjoin(
        request, and_(request.store_id == E.store_id, request.id == E.request_id)).outerjoin(
        ClassSession, and_(ClassSession.store_id == E.store_id, ClassSession.id == E.session_id)).outerjoin(
        Staff, and_(Staff.store_id == E.store_id, Staff.id == E.staff_id)).join(
        Location, and_(Location.store_id == E.store_id, Location.id == func.coalesce(
            ClassSession.location_id, Booking.location_id, request.location_id))).where(*where).order_by(*order).limit(limit))
    cut = len(waitlist.Entry._fields)
    return [Listed(waitlist.Entry._make(row[:cut]), *row[cut:]) for row in rows]


def offers_to(tx: Tx, entry_ids: Sequence[int]) -> dict[int, list[waitlist.Held]]:
    """What was offered to each of them, the newest first."""
    found: dict[int, list[waitlist.Held]] = {}
    for row in tx.db.execute(waitlist.OFFERED.where(O.store_id == tx.store_id, O.entry_id.in_(entry_ids)).order_by(O.created_at.desc(), O.id)):
        found.setdefault(row.entry_id, []).append(waitlist.Held._make(row))
    return found


def waiting_count(tx: Tx, *, booking_id: int | None = None, session_id: int | None = None) -> int:
    """How many wait now: in all, through one booking, or for one class date."""
    where = [E.store_id == tx.store_id, E.state == "waiting"]
    if booking_id is not None:
        where.append(or_(E.booking_id == booking_id, E.request_id == booking_id))
    if session_id is not None:
        where.append(E.session_id == session_id)
    return tx.db.execute(select(func.count()).select_from(E).where(*where)).scalar_one()

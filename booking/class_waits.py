"""The class dates, and the times they once asked for, that a customer waits for: the place in line, what is held (R34, D29e)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from models.booking import Booking
from models.class_session import ClassSession
from models.location import Location
from models.service import Service
from models.session import Tx
from models.staff import Staff
from models.statement import INSTANT, Statement, param
from models.waitlist_entry import WaitlistEntry as E
from models.waitlist_offer import WaitlistOffer as O

MOST = 100


class ClassWait(NamedTuple):
    """`place` counts from 1; `offer_id` and `held_until` where seats are held for the customer now."""

    id: int
    kind: str
    service_name: str
    staff_name: str
    location_name: str
    location_address: str
    location_kind: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    seats: int
    place: int
    offer_id: int | None
    held_until: datetime | None


_BEFORE = aliased(E)
_PLACE = select(func.count() + 1).select_from(_BEFORE).where(
    _BEFORE.store_id == E.store_id, _BEFORE.state == "waiting", _BEFORE.kind == E.kind, or_(_BEFORE.session_id == E.session_id, and_(
        _BEFORE.kind == "again", _BEFORE.service_id == E.service_id, _BEFORE.staff_id == E.staff_id, _BEFORE.before == E.before)),
    tuple_(_BEFORE.created_at, _BEFORE.id) < tuple_(E.created_at, E.id)).scalar_subquery()
_MINE = (E.store_id == param("store"), E.customer_id == param("customer"), E.state == "waiting", E.kind != "earlier",
         E.lives_until > param("now", INSTANT))
_OF_CUSTOMER = Statement(select(
    E.id, E.kind, Service.name, Staff.name, Location.name, Location.address, Location.kind, Location.zone, E.before,
    func.coalesce(ClassSession.ends_at, Booking.ends_at), E.seats, _PLACE, O.id, O.expires_at,
).select_from(E).outerjoin(ClassSession, and_(ClassSession.store_id == E.store_id, ClassSession.id == E.session_id)).outerjoin(
    Booking, and_(Booking.store_id == E.store_id, Booking.id == E.request_id)).join(
    Service, and_(Service.store_id == E.store_id, Service.id == E.service_id)).join(
    Staff, and_(Staff.store_id == E.store_id, Staff.id == func.coalesce(ClassSession.staff_id, E.staff_id))).join(
    Location, and_(Location.store_id == E.store_id, Location.id == func.coalesce(ClassSession.location_id, Booking.location_id))).outerjoin(
    O, and_(O.store_id == E.store_id, O.entry_id == E.id, O.state == "open", O.expires_at > param("now", INSTANT)),
).where(*_MINE).order_by(E.before, E.id).limit(MOST), ClassWait)
_IS_MINE = Statement(select(E.id).where(E.store_id == param("store"), E.id == param("entry"), E.customer_id == param("customer"), E.kind != "earlier"))


def class_waits(tx: Tx, customer_id: int) -> list[ClassWait]:
    """What the customer waits for now, soonest first."""
    return _OF_CUSTOMER.rows(tx, customer=customer_id, now=tx.now)


def is_of(tx: Tx, entry_id: int, customer_id: int) -> bool:
    """Whether the entry is this customer's, waiting still or not."""
    return _IS_MINE.first(tx, entry=entry_id, customer=customer_id) is not None

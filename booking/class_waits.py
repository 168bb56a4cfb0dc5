"""The class dates a customer waits for: the place in line, and what is held for them (R34)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select, tuple_
from sqlalchemy.orm import aliased

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
    service_name: str
    staff_name: str
    location_name: str
    location_address: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    seats: int
    place: int
    offer_id: int | None
    held_until: datetime | None

    @property
    def local_start(self) -> datetime:
        return self.starts_at.astimezone(ZoneInfo(self.zone))


_BEFORE = aliased(E)
_PLACE = select(func.count() + 1).select_from(_BEFORE).where(
    _BEFORE.store_id == E.store_id, _BEFORE.session_id == E.session_id, _BEFORE.state == "waiting", _BEFORE.kind == "seat",
    tuple_(_BEFORE.created_at, _BEFORE.id) < tuple_(E.created_at, E.id)).scalar_subquery()
_MINE = (E.store_id == param("store"), E.customer_id == param("customer"), E.state == "waiting", E.kind == "seat",
         E.lives_until > param("now", INSTANT))
_OF_CUSTOMER = Statement(select(
    E.id, Service.name, Staff.name, Location.name, Location.address, Location.zone, ClassSession.starts_at, ClassSession.ends_at, E.seats, _PLACE,
    O.id, O.expires_at,
).select_from(E).join(ClassSession, and_(ClassSession.store_id == E.store_id, ClassSession.id == E.session_id)).join(
    Service, and_(Service.store_id == E.store_id, Service.id == E.service_id)).join(
    Staff, and_(Staff.store_id == E.store_id, Staff.id == ClassSession.staff_id)).join(
    Location, and_(Location.store_id == E.store_id, Location.id == ClassSession.location_id)).outerjoin(
    O, and_(O.store_id == E.store_id, O.entry_id == E.id, O.state == "open", O.expires_at > param("now", INSTANT)),
).where(*_MINE).order_by(ClassSession.starts_at, E.id).limit(MOST), ClassWait)
_IS_MINE = Statement(select(E.id).where(E.store_id == param("store"), E.id == param("entry"), E.customer_id == param("customer"), E.kind == "seat"))


def class_waits(tx: Tx, customer_id: int) -> list[ClassWait]:
    """What the customer waits for now, soonest first."""
    return _OF_CUSTOMER.rows(tx, customer=customer_id, now=tx.now)


def is_of(tx: Tx, entry_id: int, customer_id: int) -> bool:
    """Whether the entry is this customer's, waiting still or not."""
    return _IS_MINE.first(tx, entry=entry_id, customer=customer_id) is not None

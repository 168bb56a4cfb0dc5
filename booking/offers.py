"""A service as it can be booked: its times, its prices, its qualified active staff. One statement."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import and_, func, or_, select, text

from booking.rules.availability import Shape, parse_day, parse_hours
from models.booking import Booking
from models.location import Location
from models.service import Service
from models.session import Tx
from models.staff import Staff, StaffService
from models.staff_date import StaffDate
from models.statement import Statement, param, text_param
from models.store import Store
from models.stored_json import StoredJson


@dataclass(frozen=True, slots=True)
class StaffOffer:
    """Someone who gives the service: `hours` by weekday number in minutes, in the zone of the location; `dates` that differ."""

    id: int
    name: str
    location_id: int
    location_name: str
    location_kind: str
    zone: str
    hours: dict[int, list[tuple[int, int]]]
    dates: dict[date, list[tuple[int, int]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServiceOffer:
    """`staff` is empty when nobody gives the service now. `policy` is the one in force for new bookings."""

    id: int
    name: str
    description: str
    shape: Shape
    capacity: int
    price: int
    deposit: int
    currency: str
    policy: dict[str, Any]
    active: bool
    real_time: bool
    open_for_booking: bool
    store_zone: str
    staff: tuple[StaffOffer, ...]

    @property
    def zone(self) -> str:
        """The zone its days are told in: of the staff's location, or the store's when nobody gives it."""
        return self.staff[0].zone if self.staff else self.store_zone

    def only(self, staff_id: int | None) -> tuple[StaffOffer, ...]:
        return self.staff if staff_id is None else tuple(s for s in self.staff if s.id == staff_id)

    def at(self, location_id: int) -> ServiceOffer:
        """The same with those at one location only: a customer's move never leads to another place (R14)."""
        return replace(self, staff=tuple(s for s in self.staff if s.location_id == location_id))


# Dates with other hours that are not over anywhere on earth, as {"2027-03-10": [["09:00", "12:00"]]}.
_DATES = select(func.jsonb_object_agg(StaffDate.day, StaffDate.hours)).where(
    StaffDate.store_id == Staff.store_id, StaffDate.staff_id == Staff.id, StaffDate.day > text("(opencals_now() - interval '3 days')::date"),
).scalar_subquery()

_COLUMNS = (
    select(
        Service.id, Service.name, Service.description, Service.duration_s, Service.step_s, Service.buffer_before_s,
        Service.buffer_after_s, Service.lead_time_s, Service.horizon_days, Service.capacity, Service.price, Service.deposit,
        Service.currency, Service.policy, Service.active, Store.policy.label("store_policy"), Store.real_time,
        Store.open_for_booking, Store.zone.label("store_zone"), Staff.id.label("staff_id"), Staff.name.label("staff_name"),
        Staff.hours, _DATES.label("dates"), Location.id.label("location_id"), Location.name.label("location_name"),
        Location.kind.label("location_kind"), Location.zone.label("location_zone"))
    .select_from(Service)
    .join(Store, Store.store_id == Service.store_id)
    .outerjoin(StaffService, and_(StaffService.store_id == Service.store_id, StaffService.service_id == Service.id))
    .outerjoin(Staff, and_(
        Staff.store_id == Service.store_id, Staff.id == StaffService.staff_id, Staff.active,
        or_(Service.location_id.is_(None), Service.location_id == Staff.location_id)))
    .outerjoin(Location, and_(Location.store_id == Staff.store_id, Location.id == Staff.location_id))
    .order_by(Staff.name, Staff.id)
)


class _Row(NamedTuple):
    id: int
    name: str
    description: str
    duration_s: int
    step_s: int
    buffer_before_s: int
    buffer_after_s: int
    lead_time_s: int
    horizon_days: int
    capacity: int
    price: int
    deposit: int
    currency: str
    policy: dict[str, Any] | None
    active: bool
    store_policy: dict[str, Any]
    real_time: bool
    open_for_booking: bool
    store_zone: str
    staff_id: int | None
    staff_name: str
    hours: dict[str, Any]
    dates: dict[str, Any] | None
    location_id: int | None
    location_name: str
    location_kind: str
    location_zone: str


_OFFER = Statement(_COLUMNS.where(Service.store_id == param("store"), Service.id == param("service")), _Row)
_OF_BOOKING: Statement = Statement(_COLUMNS.where(Service.store_id == param("store"), Service.id == select(Booking.service_id).where(
    Booking.store_id == param("store"), Booking.ref == text_param("ref")).scalar_subquery()))


def find_offer(tx: Tx, service_id: int) -> ServiceOffer | None:
    """The service with its staff, or None when the store has no such service."""
    return _offer(_OFFER.rows(tx, service=service_id))


@lru_cache(maxsize=5_000)
def _read(source: bytes) -> dict[int, list[tuple[int, int]]]:
    return parse_hours(json.loads(source))


def _hours(stored: dict[str, Any]) -> dict[int, list[tuple[int, int]]]:
    """Working hours as stored; equal texts are read once. Shared: never changed."""
    return _read(stored.source) if isinstance(stored, StoredJson) else parse_hours(stored)


class OfferOf:
    """`find_offer` of a booking's service, asked together with the booking."""

    def __init__(self, tx: Tx, ref: str) -> None:
        self._answer = _OF_BOOKING.along(tx, ref=ref)

    def found(self) -> ServiceOffer | None:
        return _offer([_Row._make(row) for row in self._answer.rows])


def _offer(rows: list[_Row]) -> ServiceOffer | None:
    if not rows:
        return None
    first = rows[0]
    return ServiceOffer(
        first.id, first.name, first.description,
        Shape(first.duration_s, first.step_s, first.buffer_before_s, first.buffer_after_s, first.lead_time_s, first.horizon_days),
        first.capacity, first.price, first.deposit, first.currency, first.policy if first.policy is not None else first.store_policy,
        first.active, first.real_time, first.open_for_booking, first.store_zone,
        tuple(StaffOffer(row.staff_id, row.staff_name, row.location_id, row.location_name, row.location_kind, row.location_zone, _hours(row.hours),
                         {date.fromisoformat(day): parse_day(pairs, day) for day, pairs in (row.dates or {}).items()})
              for row in rows if row.staff_id is not None and row.location_id is not None))

"""Locations, services and staff an import needs: found by name, or created with self-service off (R2)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from booking.actions.action import Done, action
from booking.importing.rows import ImportRow
from booking.importing.terms import terms
from models.base import new_id
from models.location import Location
from models.service import Service
from models.session import Tx
from models.staff import Staff, StaffService
from models.store import Store

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass
class Needs:
    """What the rows of a file name. Rows that ask for the same at the same time of the week are looked at together."""

    locations: dict[str, str] = field(default_factory=dict)
    service_minutes: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    service_price: dict[str, int] = field(default_factory=dict)
    staff_location: dict[str, str] = field(default_factory=dict)
    staff_hours: dict[str, dict[str, tuple[int, int]]] = field(default_factory=lambda: defaultdict(dict))
    pairs: dict[tuple[str, str], None] = field(default_factory=dict)

    @staticmethod
    def of(rows: Iterable[ImportRow]) -> Needs:
        needs = Needs()
        alike = Counter([(place_of(row), row.zone, row.service, row.staff, row.price, row.ends_at - row.starts_at,
                          row.local_start.weekday(), row.local_start.hour * 60 + row.local_start.minute) for row in rows])
        for (place, zone, service, staff, price, length, weekday, start), count in alike.items():
            seconds = int(length.total_seconds())
            needs.locations.setdefault(place, zone)
            needs.service_minutes[service][seconds] += count
            needs.service_price.setdefault(service, price or 0)
            needs.staff_location.setdefault(staff, place)
            hours, day, end = needs.staff_hours[staff], DAYS[weekday], min(1440, start + seconds // 60)
            was = hours.get(day, (start, end))
            hours[day] = (min(was[0], start), max(was[1], end))
            needs.pairs.setdefault((staff, service))
        return needs


@dataclass(frozen=True)
class Catalogue:
    """Ids by lower-case name; `created` counts what was new, by kind."""

    locations: dict[str, int]
    services: dict[str, int]
    staff: dict[str, tuple[int, int]]
    created: dict[str, int]


def place_of(row: ImportRow) -> str:
    """The row's location, or, where the file names none, a place called after its zone's city."""
    return row.location or row.zone.rsplit("/", 1)[-1].replace("_", " ")


@action
def prepare_catalogue(tx: Tx, needs: Needs, *, create: bool = True) -> Done:
    """Find or create everything `needs` names. `facts["catalogue"]` is a Catalogue; with create=False nothing is written.

    A file without locations uses the store's first location in the same zone. Working hours of new staff are the span of
    their appointments on each weekday: a start the merchant corrects.
    """
    store = tx.db.execute(select(Store.currency).where(Store.store_id == tx.store_id)).one()
    created: Counter[str] = Counter()
    locations = _locations(tx, needs, create, created)
    services = _by_name(tx, Service)
    for name, minutes in needs.service_minutes.items():
        if name.lower() not in services:
            duration = max(60, minutes.most_common(1)[0][0])
            services[name.lower()] = _create(tx, create, created, Service, {
                "name": name, "duration_s": duration, "step_s": min(900, duration), "price": needs.service_price[name],
                "currency": store.currency, "self_service": "off", "horizon_days": 365})
    staff = {row.name.lower(): (row.id, row.location_id) for row in tx.db.execute(
        select(Staff.name, Staff.id, Staff.location_id).where(Staff.store_id == tx.store_id).order_by(Staff.created_at.desc()))}
    for name, place in needs.staff_location.items():
        if name.lower() not in staff:
            location_id = locations[place.lower()]
            staff[name.lower()] = (_create(tx, create, created, Staff, {
                "name": name, "location_id": location_id, "hours": _hours(needs.staff_hours[name])}), location_id)
    if create and needs.pairs:
        tx.db.execute(upsert(StaffService).on_conflict_do_nothing(), [
            {"store_id": tx.store_id, "service_id": services[service.lower()], "staff_id": staff[name.lower()][0]}
            for name, service in needs.pairs])
    if create and created:
        terms(tx, set(services.values()))  # of what is new, kept before the lanes begin: else one waits for the other's first batch
    return Done(facts={"catalogue": Catalogue(locations, services, staff, dict(created))})


def _locations(tx: Tx, needs: Needs, create: bool, created: Counter[str]) -> dict[str, int]:
    rows = tx.db.execute(select(Location.name, Location.id, Location.zone).where(
        Location.store_id == tx.store_id, Location.active).order_by(Location.created_at)).all()
    known = {row.name.lower(): row.id for row in reversed(rows)}
    for place, zone in needs.locations.items():
        if place.lower() not in known:
            here = next((row.id for row in rows if row.zone == zone), None) if _is_city_of(place, zone) else None
            known[place.lower()] = here or _create(tx, create, created, Location, {"name": place, "zone": zone})
    return known


def _is_city_of(place: str, zone: str) -> bool:
    return place == zone.rsplit("/", 1)[-1].replace("_", " ")


def _by_name(tx: Tx, table: type) -> dict[str, int]:
    rows: Iterable[Any] = tx.db.execute(
        select(table.name, table.id).where(table.store_id == tx.store_id).order_by(table.created_at.desc()))
    return {row.name.lower(): row.id for row in rows}


def _create(tx: Tx, create: bool, created: Counter[str], table: type, values: dict[str, Any]) -> int:
    kind = {"services": "service", "locations": "location"}.get(table.__tablename__, "staff")
    created[kind] += 1
    row_id = new_id()
    if create:
        tx.db.execute(insert(table).values(store_id=tx.store_id, id=row_id, created_at=tx.now, **values))
        tx.audit(f"create_{kind}", subject=kind, subject_id=row_id)
    return row_id


def _hours(days: dict[str, tuple[int, int]]) -> dict[str, list[list[str]]]:
    def text(minutes: int) -> str:
        return f"{minutes // 60:02d}:{minutes % 60:02d}"

    return {day: [[text(days[day][0]), text(days[day][1])]] if day in days else [] for day in DAYS}

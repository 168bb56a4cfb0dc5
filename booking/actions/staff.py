"""Staff: who gives services, where, in which hours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select

from booking import openings
from booking.actions import catalogue
from booking.actions.action import Done, action
from booking.actions.blocks import follow_location
from booking.actions.staff_calendars import forget_calendar
from models.location import Location
from models.occupancy import Occupancy
from models.service import Service
from models.session import Tx
from models.staff import Staff, StaffService
from models.staff_date import StaffDate


@action
def create_staff(tx: Tx, *, services: Sequence[int] = (), **values: Any) -> Done:
    """Fields: name, email, location_id, hours; `services` ids they give. `facts["id"]`."""
    values = {"name": "", "location_id": None, "hours": {}} | values
    _check(tx, values, services)
    staff_id = catalogue.create(tx, "staff", Staff, values)
    for service_id in dict.fromkeys(services):
        tx.db.execute(insert(StaffService).values(store_id=tx.store_id, service_id=service_id, staff_id=staff_id))
    follow_location(tx, staff_id, values["location_id"])
    openings.new_hours(tx, staff_id, None)
    return Done(facts={"id": staff_id})


@action
def update_staff(tx: Tx, staff_id: int, *, services: Sequence[int] | None = None, version: int | None = None, **values: Any) -> Done:
    """Change fields; bookings already made stay where they are. Refused stale when somebody else has saved since `version`."""
    _check(tx, values, services or ())
    was = openings.rota_of(tx, staff_id)
    given = set() if services is None else set(tx.db.execute(select(StaffService.service_id).where(
        StaffService.store_id == tx.store_id, StaffService.staff_id == staff_id)).scalars())
    also = ({}, {}) if services is None else tuple({"services": [str(one) for one in sorted(set(ids))]} for ids in (given, services))
    catalogue.change(tx, "staff", Staff, staff_id, values, also=also, version=version)
    if "location_id" in values:
        follow_location(tx, staff_id, values["location_id"])
    if services is not None:
        was = None if set(services) - given else was
        tx.db.execute(delete(StaffService).where(StaffService.store_id == tx.store_id, StaffService.staff_id == staff_id))
        for service_id in dict.fromkeys(services):
            tx.db.execute(insert(StaffService).values(store_id=tx.store_id, service_id=service_id, staff_id=staff_id))
    openings.new_hours(tx, staff_id, was)
    return Done(facts={"id": staff_id})


@action
def delete_staff(tx: Tx, staff_id: int) -> Done:
    """Remove someone. Whoever bookings, dates, blocks or people who wait refer to stays, inactive, for their names' sake."""
    forget_calendar(tx, staff_id)
    catalogue.remove(tx, "staff", Staff, staff_id, StaffService, Occupancy, StaffDate)
    return Done()


def _check(tx: Tx, values: dict[str, Any], services: Sequence[int]) -> None:
    checks = catalogue.Checks()
    checks.text(values, "name")
    checks.hours(values)
    checks.known(tx, values, "location_id", Location)
    if values.get("location_id", 0) is None:
        checks.wrong("location", "is missing")
    known = set(tx.db.execute(select(Service.id).where(Service.store_id == tx.store_id, Service.id.in_(list(services)))).scalars())
    if set(services) - known:
        checks.wrong("services", "names a service that is not known")
    checks.done()

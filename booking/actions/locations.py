"""Locations: where services take place."""

from __future__ import annotations

from typing import Any

from booking.actions import catalogue
from booking.actions.action import Done, action
from booking.rules.decision import Refused
from models.block import Block
from models.booking import Booking
from models.class_session import ClassSession
from models.location import Location
from models.service import Service
from models.session import Tx
from models.staff import Staff


@action
def create_location(tx: Tx, **values: Any) -> Done:
    """Fields: name, address, zone, phone, email. `facts["id"]`."""
    values = {"name": "", "zone": ""} | values
    _check(values)
    return Done(facts={"id": catalogue.create(tx, "location", Location, values)})


@action
def update_location(tx: Tx, location_id: int, **values: Any) -> Done:
    """Change fields. The zone of a place with bookings stays: their wall time was promised in it (R13)."""
    _check(values)
    if "zone" in values and catalogue.in_use(tx, Booking.location_id, location_id):
        raise Refused("invalid", errors=[{"field": "zone", "problem": "cannot change once bookings are made there; add a new location"}])
    catalogue.change(tx, "location", Location, location_id, values)
    return Done(facts={"id": location_id})


@action
def delete_location(tx: Tx, location_id: int) -> Done:
    catalogue.remove(tx, "location", Location, location_id, Booking.location_id, Staff.location_id, Service.location_id,
                     Block.location_id, ClassSession.location_id)
    return Done()


def _check(values: dict[str, Any]) -> None:
    checks = catalogue.Checks()
    checks.text(values, "name")
    checks.text(values, "address", most=400, required=False)
    checks.zone(values)
    checks.done()

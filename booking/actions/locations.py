"""Locations: where services take place."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, select

from booking.actions import catalogue
from booking.actions.action import Done, action
from booking.rules.decision import Refused
from models.booking import Booking
from models.location import Location
from models.session import Tx


@action
def create_location(tx: Tx, **values: Any) -> Done:
    """Fields: name, address, zone, phone, email. `facts["id"]`."""
    values = {"name": "", "zone": ""} | values
    _check(values)
    return Done(facts={"id": catalogue.create(tx, "location", Location, values)})


@action
def update_location(tx: Tx, location_id: int, *, version: int | None = None, **values: Any) -> Done:
    """Change fields. The zone of a place with bookings stays: their wall time was promised in it (R13).

    Refused stale when `version` is given and somebody else has saved since.
    """
    _check(values)
    if version is not None:
        catalogue.unchanged(tx, Location, location_id, version)
    if "zone" in values and _moves_zone(tx, location_id, values["zone"]) and _booked(tx, location_id):
        raise Refused("invalid", errors=[{"field": "zone", "problem": "cannot change once bookings are made there; add a new location"}])
    catalogue.change(tx, "location", Location, location_id, values)
    return Done(facts={"id": location_id})


@action
def delete_location(tx: Tx, location_id: int) -> Done:
    """Remove a place. One that staff, services or bookings refer to stays, inactive, for its name's sake."""
    catalogue.remove(tx, "location", Location, location_id)
    return Done()


def _moves_zone(tx: Tx, location_id: int, zone: str) -> bool:
    return tx.db.execute(select(Location.zone).where(Location.store_id == tx.store_id, Location.id == location_id)).scalar() != zone


def _booked(tx: Tx, location_id: int) -> bool:
    return bool(tx.db.execute(select(exists().where(Booking.store_id == tx.store_id, Booking.location_id == location_id))).scalar())


def _check(values: dict[str, Any]) -> None:
    checks = catalogue.Checks()
    checks.contact(values)
    checks.text(values, "name")
    checks.text(values, "address", most=400, required=False)
    checks.zone(values)
    checks.done()

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

KINDS = ("place", "online", "delivery")


@action
def create_location(tx: Tx, **values: Any) -> Done:
    """Fields: name, address, zone, phone, email, kind, meeting_url. `facts["id"]`."""
    values = {"name": "", "zone": ""} | values
    _check(values, values.get("kind", "place"))
    return Done(facts={"id": catalogue.create(tx, "location", Location, values)})


@action
def update_location(tx: Tx, location_id: int, *, version: int | None = None, **values: Any) -> Done:
    """Change fields. The zone of a place with bookings stays: their wall time was promised in it (R13).

    Refused stale when `version` is given and somebody else has saved since.
    """
    _check(values, _kind_then(tx, location_id, values))
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


def _kind_then(tx: Tx, location_id: int, values: dict[str, Any]) -> str | None:
    """What kind of place it is after the change; one that is online no longer has no link."""
    kind = values.get("kind")
    if kind is None and values.get("meeting_url"):
        kind = tx.db.execute(select(Location.kind).where(Location.store_id == tx.store_id, Location.id == location_id)).scalar()
    if kind not in (None, "online"):
        values.setdefault("meeting_url", None)
    return kind


def _booked(tx: Tx, location_id: int) -> bool:
    return bool(tx.db.execute(select(exists().where(Booking.store_id == tx.store_id, Booking.location_id == location_id))).scalar())


def _check(values: dict[str, Any], kind: str | None) -> None:
    """`kind` None: neither it nor the link changes."""
    checks = catalogue.Checks()
    if kind is not None and kind not in KINDS:
        checks.wrong("kind", f"must be one of {', '.join(KINDS)}")
    if "meeting_url" in values:
        values["meeting_url"] = (values["meeting_url"] or "").strip() or None
        checks.https(values, "meeting_url")
        if values["meeting_url"] and (kind != "online" or " " in values["meeting_url"]):
            checks.wrong("meeting_url", "belongs to an online location, and has no spaces")
    checks.contact(values)
    checks.text(values, "name")
    checks.text(values, "address", most=400, required=False)
    checks.zone(values)
    checks.done()

"""Locations and their zones (R13)."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import func, select

from booking.actions.locations import create_location, delete_location, update_location
from booking.rules.decision import Refused
from models.location import Location
from models.session import reading
from models.staff import Staff
from shopify_app.dashboard.door import Visit, screen
from shopify_app.dashboard.typed import Typed, differences, must_be_id
from shopify_app.dashboard.zones import ZONES

FIELDS = ("name", "kind", "address", "meeting_url", "zone", "phone", "email")
LABELS = {"name": "Name", "kind": "What kind of place", "address": "Address", "meeting_url": "Meeting link", "zone": "Time zone", "phone": "Phone", "email": "E-mail", "active": "In use"}


@screen("/settings/locations")
def locations(visit: Visit) -> Any:
    with reading(visit.store_id) as tx:
        people = dict(tx.db.execute(select(Staff.location_id, func.count()).where(Staff.store_id == tx.store_id, Staff.active).group_by(Staff.location_id)).all())
        rows = tx.db.execute(select(Location).where(Location.store_id == tx.store_id).order_by(Location.active.desc(), Location.name, Location.id)).all()
    return visit.show("locations.html", here="settings", rows=rows, people=people)


@screen("/settings/locations/new", methods=("GET", "POST"))
def new_location(visit: Visit) -> Any:
    if request.method == "GET":
        return _show(visit, None, {"kind": "place", "zone": visit.store.zone, "active": "1", "version": "0"})
    typed = Typed(visit.words)
    try:
        create_location(visit.store_id, visit.actor, **_read(typed))
    except Refused as refused:
        return _again(visit, None, typed, refused)
    return visit.go("/settings/locations", done="added")


@screen("/settings/locations/<int:location_id>", methods=("GET", "POST"))
def location(visit: Visit, location_id: int) -> Any:
    stored = _stored(visit, location_id)
    if request.method == "GET":
        return _show(visit, location_id, stored)
    typed = Typed(visit.words)
    values = _read(typed) | {"active": typed.flag("active")}
    changed = {name: value for name, value in values.items() if _plain(value) != stored[name]}
    try:
        update_location(visit.store_id, visit.actor, location_id, version=typed.version(), **changed)
    except Refused as refused:
        if refused.code == "stale":
            theirs, mine = _stored(visit, location_id), typed.shown()
            labels = {name: visit.words._(label) for name, label in LABELS.items()}
            return _show(visit, location_id, mine | {"version": theirs["version"]}, status=409,
                         conflict=differences(labels, theirs, mine, lambda name, value: str(value or "")))
        return _again(visit, location_id, typed, refused)
    return visit.go("/settings/locations", done="saved")


@screen("/settings/locations/<int:location_id>/remove", methods=("POST",))
def remove_location(visit: Visit, location_id: int) -> Any:
    """Deleted where nothing refers to it, else no longer in use."""
    delete_location(visit.store_id, visit.actor, must_be_id(location_id))
    return visit.go("/settings/locations", done="removed")


def _read(typed: Typed) -> dict[str, Any]:
    values: dict[str, Any] = {name: typed.text(name, 500) or (None if name in ("phone", "email", "meeting_url") else "") for name in FIELDS}
    values["kind"] = values["kind"] or "place"
    if values["kind"] != "online":
        values["meeting_url"] = None
    return values


def _plain(value: Any) -> str:
    return "1" if value is True else "" if value in (None, False) else str(value)


def _stored(visit: Visit, location_id: int) -> dict[str, Any]:
    with reading(visit.store_id) as tx:
        row = tx.db.execute(select(Location).where(Location.store_id == tx.store_id, Location.id == must_be_id(location_id))).one_or_none()
    if row is None:
        raise Refused("not_found")
    return {name: _plain(getattr(row, name)) for name in (*FIELDS, "active")} | {"version": str(row.version)}


def _again(visit: Visit, location_id: int | None, typed: Typed, refused: Refused) -> Any:
    if refused.code != "invalid":
        raise refused
    typed.refused(refused)
    return _show(visit, location_id, typed.shown(), problems=typed.problems, status=422)


def _show(visit: Visit, location_id: int | None, form: dict[str, Any], *, problems: dict[str, str] | None = None, status: int = 200,
          conflict: list[tuple[str, str, str]] | None = None) -> Any:
    kinds = [("place", visit.words._("An address customers come to")), ("online", visit.words._("Online, by a meeting link")),
             ("delivery", visit.words._("At the customer's address"))]
    return visit.show("location.html", here="settings", kinds=kinds, location_id=location_id, form=form, problems=problems or {}, status=status,
                      conflict=conflict, zones=ZONES)

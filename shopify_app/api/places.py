"""Locations, and the staff who work there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, select

from booking.actions import locations, staff
from booking.actions.staff_dates import clear_staff_date, set_staff_date
from booking.rules.decision import Refused
from models.location import Location
from models.session import Tx, reading
from models.staff import Staff, StaffService
from models.staff_date import StaffDate
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import number, operation, reference
from shopify_app.api.shapes import catalogue as s
from shopify_app.api.shapes.base import Listing, Nothing
from shopify_app.api.things import Thing, given


def _locations(tx: Tx, rows: Sequence[Row]) -> list[s.LocationOut]:
    return [s.LocationOut(id=str(row.id), name=row.name, kind=row.kind, meeting_url=row.meeting_url, address=row.address, zone=row.zone, phone=row.phone, email=row.email,
                          active=row.active) for row in rows]


def _staff(tx: Tx, rows: Sequence[Row]) -> list[s.StaffOut]:
    pairs = tx.db.execute(select(StaffService.staff_id, StaffService.service_id).where(
        StaffService.store_id == tx.store_id, StaffService.staff_id.in_([row.id for row in rows])).order_by(StaffService.service_id)).all()
    services: dict[int, list[str]] = {}
    for pair in pairs:
        services.setdefault(pair.staff_id, []).append(str(pair.service_id))
    return [s.StaffOut(id=str(row.id), name=row.name, email=row.email, location=str(row.location_id), hours=row.hours,
                       services=services.get(row.id, []), active=row.active) for row in rows]


LOCATIONS = Thing("locations", Location, _locations, order="created_at")
STAFF = Thing("staff", Staff, _staff, order="created_at")


@operation("GET", "/locations", summary="Locations", query=PAGING, answer=Listing[s.LocationOut])
def list_locations(call: Call) -> Any:
    return LOCATIONS.page(call)


@operation("POST", "/locations", summary="Add a location", body=s.LocationIn, answer=s.LocationOut, status=201)
def post_location(call: Call) -> Any:
    return LOCATIONS.write(call, locations.create_location, **call.body.model_dump())


@operation("GET", "/locations/{id}", summary="A location", answer=s.LocationOut)
def get_location(call: Call, id: str) -> Any:
    return LOCATIONS.read(call, number(id))


@operation("PATCH", "/locations/{id}", summary="Change a location", body=s.LocationPatch, answer=s.LocationOut)
def patch_location(call: Call, id: str) -> Any:
    return LOCATIONS.write(call, locations.update_location, number(id), **given(call.body, "phone", "email", "meeting_url"))


@operation("DELETE", "/locations/{id}", summary="Remove a location; one in use becomes inactive", answer=Nothing)
def delete_location(call: Call, id: str) -> None:
    LOCATIONS.remove(call, locations.delete_location, number(id))


@operation("GET", "/staff", summary="Staff", query=PAGING, answer=Listing[s.StaffOut])
def list_staff(call: Call) -> Any:
    return STAFF.page(call)


@operation("POST", "/staff", summary="Add a staff member", body=s.StaffIn, answer=s.StaffOut, status=201)
def post_staff(call: Call) -> Any:
    return STAFF.write(call, staff.create_staff, **_staff_values(call.body.model_dump()))


@operation("GET", "/staff/{id}", summary="A staff member", answer=s.StaffOut)
def get_staff(call: Call, id: str) -> Any:
    return STAFF.read(call, number(id))


@operation("PATCH", "/staff/{id}", summary="Change a staff member", body=s.StaffPatch, answer=s.StaffOut)
def patch_staff(call: Call, id: str) -> Any:
    return STAFF.write(call, staff.update_staff, number(id), **_staff_values(given(call.body, "email")))


@operation("DELETE", "/staff/{id}", summary="Remove a staff member; one with bookings becomes inactive", answer=Nothing)
def delete_staff(call: Call, id: str) -> None:
    STAFF.remove(call, staff.delete_staff, number(id))


@operation("GET", "/staff/{id}/dates", summary="Dates from today on with other hours than the week's", answer=Listing[s.StaffDateOut])
def list_staff_dates(call: Call, id: str) -> Any:
    with reading(call.store_id) as tx:
        STAFF.row(tx, number(id))
        rows = tx.db.execute(select(StaffDate.day, StaffDate.hours, StaffDate.note).where(
            StaffDate.store_id == tx.store_id, StaffDate.staff_id == number(id), StaffDate.day >= tx.now.date() - timedelta(days=1)).order_by(StaffDate.day))
        return {"items": [s.StaffDateOut(date=row.day, hours=row.hours, note=row.note) for row in rows], "next": None}


@operation("PUT", "/staff/{id}/dates/{day}", summary="Other hours on a date", body=s.StaffDateIn, answer=s.StaffDateOut)
def put_staff_date(call: Call, id: str, day: str) -> Any:
    on = _day(day)
    return call.act(set_staff_date, number(id), on, call.body.hours, call.body.note,
                    show=lambda tx, done: s.StaffDateOut(date=on, hours=call.body.hours, note=call.body.note))


@operation("DELETE", "/staff/{id}/dates/{day}", summary="Back to the hours of the week", answer=Nothing)
def delete_staff_date(call: Call, id: str, day: str) -> None:
    call.act(clear_staff_date, number(id), _day(day), show=lambda tx, done: None)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("not_found") from None


def _staff_values(values: dict[str, Any]) -> dict[str, Any]:
    if "location" in values:
        values["location_id"] = reference(values.pop("location"), "location")
    if "services" in values:
        values["services"] = [reference(text, "services") for text in values["services"]]
    return values

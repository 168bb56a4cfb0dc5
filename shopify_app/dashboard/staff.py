"""Staff: who works where, in which hours, and what they give (A150)."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import func, select

from booking.actions.staff import create_staff, delete_staff, update_staff
from booking.rules.availability import DAYS
from booking.rules.decision import Refused
from models.location import Location
from models.service import Service
from models.session import Tx, reading
from models.staff import Staff, StaffService
from shopify_app.dashboard.door import Visit, screen
from shopify_app.dashboard.hours_form import read_week, typed_week, week_of
from shopify_app.dashboard.typed import Typed, as_id, differences, must_be_id

LABELS = {"name": "Name", "email": "E-mail", "location": "Location", "services": "Services", "hours": "Hours", "active": "At work"}
OFFICE = {day: [["09:00", "17:00"]] for day in DAYS[:5]}


@screen("/staff")
def staff_list(visit: Visit) -> Any:
    with reading(visit.store_id) as tx:
        gives = dict(tx.db.execute(select(StaffService.staff_id, func.count()).where(StaffService.store_id == tx.store_id).group_by(StaffService.staff_id)).all())
        rows = tx.db.execute(select(Staff.id, Staff.name, Staff.email, Staff.active, Staff.hours, Location.name.label("location")).join(
            Location, (Location.store_id == Staff.store_id) & (Location.id == Staff.location_id)).where(
            Staff.store_id == tx.store_id).order_by(Staff.active.desc(), Staff.name, Staff.id)).all()
    return visit.show("staff.html", here="staff", rows=[(row, gives.get(row.id, 0), _days(visit, row.hours)) for row in rows])


@screen("/staff/new", methods=("GET", "POST"))
def new_staff(visit: Visit) -> Any:
    with reading(visit.store_id) as tx:
        places, services = _places(tx), _services(tx)
    if request.method == "GET":
        form = {"name": "", "email": "", "location": str(places[0].id) if places else "", "services": [str(s.id) for s in services], "week": week_of(OFFICE),
                "active": "1", "version": "0"}
        return _show(visit, None, form)
    typed = Typed(visit.words)
    values, fields = _read(typed)
    if typed.do:
        return _show(visit, None, fields)
    if typed.problems:
        return _show(visit, None, fields, problems=typed.problems, status=422)
    try:
        done = create_staff(visit.store_id, visit.actor, **values)
    except Refused as refused:
        return _again(visit, None, typed, fields, refused)
    return visit.go(f"/staff/{done.facts['id']}", done="added")


@screen("/staff/<int:staff_id>", methods=("GET", "POST"))
def staff_member(visit: Visit, staff_id: int) -> Any:
    stored = _stored(visit, staff_id)
    if request.method == "GET":
        return _show(visit, staff_id, stored)
    typed = Typed(visit.words)
    values, fields = _read(typed)
    if typed.do:
        return _show(visit, staff_id, fields)
    if typed.problems:
        return _show(visit, staff_id, fields, problems=typed.problems, status=422)
    if str(values["location_id"]) == stored["location"]:
        values.pop("location_id")  # naming it again would only lock their time off anew
    try:
        update_staff(visit.store_id, visit.actor, staff_id, version=typed.version(), active=typed.flag("active"), **values)
    except Refused as refused:
        if refused.code == "stale":
            theirs = _stored(visit, staff_id)
            return _show(visit, staff_id, fields | {"version": theirs["version"]}, status=409, conflict=_conflict(visit, theirs, fields))
        return _again(visit, staff_id, typed, fields, refused)
    return visit.go(f"/staff/{staff_id}", done="saved")


@screen("/staff/<int:staff_id>/remove", methods=("POST",))
def remove_staff(visit: Visit, staff_id: int) -> Any:
    """Deleted where nothing refers to them, else no longer at work."""
    delete_staff(visit.store_id, visit.actor, must_be_id(staff_id))
    return visit.go("/staff", done="removed")


def _read(typed: Typed) -> tuple[dict[str, Any], dict[str, Any]]:
    values = {"name": typed.text("name", 201), "email": typed.text("email", 320) or None, "location_id": as_id(typed.form.get("location")),
              "services": typed.ids("services"), "hours": {} if typed.do else read_week(typed)}
    if not values["name"]:
        typed.wrong("name", typed.w._("Please give it a name."))
    if values["location_id"] is None:
        typed.wrong("location", typed.w._("Please choose one of these."))
    return values, typed.shown("services") | {"week": typed_week(typed)}


def _stored(visit: Visit, staff_id: int) -> dict[str, Any]:
    with reading(visit.store_id) as tx:
        row = tx.db.execute(select(Staff).where(Staff.store_id == tx.store_id, Staff.id == must_be_id(staff_id))).one_or_none()
        if row is None:
            raise Refused("not_found")
        gives = tx.db.execute(select(StaffService.service_id).where(
            StaffService.store_id == tx.store_id, StaffService.staff_id == row.id).order_by(StaffService.service_id)).scalars().all()
    return {"name": row.name, "email": row.email or "", "location": str(row.location_id), "services": [str(s) for s in gives], "week": week_of(row.hours),
            "active": "1" if row.active else "", "version": str(row.version)}


def _again(visit: Visit, staff_id: int | None, typed: Typed, fields: dict[str, Any], refused: Refused) -> Any:
    if refused.code != "invalid":
        raise refused
    typed.refused(refused, lambda field: "location" if field == "location_id" else field)
    return _show(visit, staff_id, fields, problems=typed.problems, status=422)


def _conflict(visit: Visit, theirs: dict[str, Any], fields: dict[str, Any]) -> list[tuple[str, str, str]]:
    _ = visit.words._
    with reading(visit.store_id) as tx:
        names = {str(row.id): row.name for row in [*_services(tx), *_places(tx)]}

    def flat(form: dict[str, Any]) -> dict[str, Any]:
        spoken = [f"{name}: {', '.join(f'{a}–{b}' for a, b in form['week'][day] if a)}" for day, name in _of_week(visit)
                  if any(a for a, _b in form["week"][day])]
        return form | {"hours": "; ".join(spoken)}

    def text(name: str, value: Any) -> str:
        if name == "active":
            return _("yes") if value else _("no")
        return ", ".join(names.get(part, part) for part in value) if isinstance(value, list) else names.get(value, str(value or ""))

    return differences({name: _(label) for name, label in LABELS.items()}, flat(theirs), flat(fields), text)


def _show(visit: Visit, staff_id: int | None, form: dict[str, Any], *, problems: dict[str, str] | None = None, status: int = 200,
          conflict: list[tuple[str, str, str]] | None = None) -> Any:
    with reading(visit.store_id) as tx:
        places, services = _places(tx), _services(tx)
    return visit.show("staff_member.html", here="staff", staff_id=staff_id, form=form, problems=problems or {}, status=status, conflict=conflict,
                      places=places, services=services, days=_of_week(visit, "wide"))


def _days(visit: Visit, hours: dict[str, Any]) -> str:
    return " ".join(name for day, name in _of_week(visit) if hours.get(day))


def _of_week(visit: Visit, width: str = "abbreviated") -> list[tuple[str, str]]:
    """(key, name) of each day, as weeks go in the store's country."""
    return visit.words.week.in_order(list(zip(DAYS, visit.words.weekday_names(width), strict=True)))


def _places(tx: Tx) -> list[Any]:
    return list(tx.db.execute(select(Location.id, Location.name).where(Location.store_id == tx.store_id, Location.active).order_by(Location.name, Location.id)).all())


def _services(tx: Tx) -> list[Any]:
    return list(tx.db.execute(select(Service.id, Service.name).where(Service.store_id == tx.store_id).order_by(
        Service.active.desc(), Service.name, Service.id)).all())

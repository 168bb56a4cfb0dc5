"""Dates on which someone works other hours than their week says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import request
from sqlalchemy import select

from booking.actions.staff_dates import clear_staff_date, set_staff_date
from booking.rules.decision import Refused
from booking.rules.wall_time import local_date
from models.location import Location
from models.session import reading
from models.staff import Staff
from models.staff_date import StaffDate
from shopify_app.dashboard.door import Visit, screen
from shopify_app.dashboard.hours_form import read_pairs, typed_pairs, with_room
from shopify_app.dashboard.typed import Typed, must_be_id

SHOWN = 200


@screen("/staff/<int:staff_id>/dates", methods=("GET", "POST"))
def staff_dates(visit: Visit, staff_id: int) -> Any:
    if request.method == "GET":
        return _show(visit, staff_id, {"day": request.args.get("day", "")[:10], "pairs": with_room([])})
    typed = Typed(visit.words)
    day, hours = typed.day("day"), read_pairs(typed, "span")
    fields = typed.shown() | {"pairs": with_room(typed_pairs(typed, "span"))}
    if not typed.problems and day is not None:
        try:
            set_staff_date(visit.store_id, visit.actor, must_be_id(staff_id), day, hours, typed.text("note", 201))
            return visit.go(f"/staff/{staff_id}/dates", done="saved")
        except Refused as refused:
            if refused.code != "invalid":
                raise
            typed.refused(refused, lambda field: "span" if field == "hours" else field)
    return _show(visit, staff_id, fields, problems=typed.problems, status=422)


@screen("/staff/<int:staff_id>/dates/remove", methods=("POST",))
def remove_staff_date(visit: Visit, staff_id: int) -> Any:
    day = Typed(visit.words).day("day")
    if day is None:
        raise Refused("not_found")
    clear_staff_date(visit.store_id, visit.actor, must_be_id(staff_id), day)
    return visit.go(f"/staff/{staff_id}/dates", done="removed")


def _show(visit: Visit, staff_id: int, form: dict[str, Any], *, problems: dict[str, str] | None = None, status: int = 200) -> Any:
    with reading(visit.store_id) as tx:
        person = tx.db.execute(select(Staff.id, Staff.name, Location.zone).join(
            Location, (Location.store_id == Staff.store_id) & (Location.id == Staff.location_id)).where(
            Staff.store_id == tx.store_id, Staff.id == must_be_id(staff_id))).one_or_none()
        if person is None:
            raise Refused("not_found")
        today: date = local_date(tx.now, person.zone)
        rows = tx.db.execute(select(StaffDate.day, StaffDate.hours, StaffDate.note).where(
            StaffDate.store_id == tx.store_id, StaffDate.staff_id == staff_id, StaffDate.day >= today - timedelta(days=1)).order_by(
            StaffDate.day).limit(SHOWN)).all()
    return visit.show("staff_dates.html", here="staff", person=person, rows=rows, form=form, problems=problems or {}, status=status)

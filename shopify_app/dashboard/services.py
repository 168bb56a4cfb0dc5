"""Services: the list, and what each one is, how long it takes, what it costs and who gives it (A31, A45)."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import func, select

from booking.actions.services import create_service, delete_service, update_service
from booking.facts import read_policy
from booking.rules.decision import Refused
from booking.rules.durations import Notice
from booking.rules.policy import Flags, resolve_flags
from booking.wording import Words
from models import payment_account
from models.location import Location
from models.service import Service
from models.session import Tx, reading
from models.staff import Staff, StaffService
from models.store import Store
from shopify_app.dashboard.door import Visit, screen
from shopify_app.dashboard.typed import Typed, as_id, differences, must_be_id, plain_amount

LABELS = {
    "name": "Name", "description": "Description", "duration": "Duration", "buffer_before": "Time before", "buffer_after": "Time after",
    "step": "A start every", "lead": "Booked at least ahead", "lead_unit": "Booked at least ahead (unit)", "horizon": "Booked at most ahead",
    "capacity": "Seats", "price": "Price", "deposit": "Deposit", "location": "Location", "staff": "Who gives it", "active": "Can be booked",
    "reminders": "Reminders", "withdrawal_exempt": "Exempt from withdrawal"}
PLACES = {"duration_s": "duration", "buffer_before_s": "buffer_before", "buffer_after_s": "buffer_after", "step_s": "step", "lead_time_s": "lead",
          "horizon_days": "horizon", "location_id": "location", "reminder_leads": "reminders"}
FIELDS = {column: (name,) for column, name in PLACES.items()} | {"lead_time_s": ("lead", "lead_unit"), "currency": ()}
NEW = {"name": "", "description": "", "duration": "60", "buffer_before": "0", "buffer_after": "0", "step": "15", "lead": "2", "lead_unit": "hours",
       "horizon": "180", "capacity": "1", "price": "", "deposit": "", "location": "", "staff": [], "active": "1", "reminders": "24, 2", "withdrawal_exempt": "", "version": "0"}
MINUTE, LEAD_UNITS = 60, {"minutes": 60, "hours": 3600, "days": 86400}


@screen("/services")
def services(visit: Visit) -> Any:
    """All services: active ones first, with their self-service in a word."""
    w = visit.words
    with reading(visit.store_id) as tx:
        store = tx.db.execute(select(Store.policy, Store.reschedule, Store.cancel).where(Store.store_id == tx.store_id)).one()
        givers = dict(tx.db.execute(select(StaffService.service_id, func.count()).join(Staff, (Staff.store_id == StaffService.store_id) & (
            Staff.id == StaffService.staff_id)).where(StaffService.store_id == tx.store_id, Staff.active).group_by(StaffService.service_id)).all())
        rows = tx.db.execute(select(Service).where(Service.store_id == tx.store_id).order_by(Service.active.desc(), Service.name, Service.id)).all()
    flags = {row.id: resolve_flags(Flags(store.reschedule, store.cancel), row.self_service, row.reschedule, row.cancel) for row in rows}
    policies = {row.id: read_policy(row.policy or store.policy).with_time_to_answer().with_flags(flags[row.id]) for row in rows}
    return visit.show("services.html", here="services", rows=[{
        "path": f"/services/{row.id}", "name": row.name, "time": w.duration(row.duration_s), "price": w.money(row.price, row.currency) if row.price else "",
        "staff": givers.get(row.id, 0), "active": row.active, "seats": row.capacity, "own": row.policy is not None,
        "move": _until(w, policies[row.id].reschedule_allowed, policies[row.id].reschedule_notice),
        "cancel": _until(w, policies[row.id].cancels_online, policies[row.id].cancel_notice)} for row in rows])


def _until(w: Words, allowed: bool, notice: Notice) -> str | None:
    """None: not at all; empty: until the start."""
    return (w.notice(notice) if notice.rank else "") if allowed else None


@screen("/services/new", methods=("GET", "POST"))
def new_service(visit: Visit) -> Any:
    if request.method == "GET":
        with reading(visit.store_id) as tx:
            everyone = [str(row.id) for row in _people(tx) if row.active]
        return _show(visit, None, NEW | {"staff": everyone})
    typed = Typed(visit.words)
    values, fields = _read(typed, visit.store.currency)
    if typed.problems:
        return _show(visit, None, fields, problems=typed.problems, status=422)
    try:
        done = create_service(visit.store_id, visit.actor, **values)
    except Refused as refused:
        return _again(visit, None, typed, fields, refused)
    return visit.go(f"/services/{done.facts['id']}/policy", done="added")


@screen("/services/<int:service_id>", methods=("GET", "POST"))
def service(visit: Visit, service_id: int) -> Any:
    stored = _stored(visit, service_id)
    if request.method == "GET":
        return _show(visit, service_id, stored)
    typed = Typed(visit.words)
    values, fields = _read(typed, visit.store.currency)
    if typed.problems:
        return _show(visit, service_id, fields, problems=typed.problems, status=422)
    changed = {column: value for column, value in (values | {"active": typed.flag("active")}).items()
               if any(_differs(stored, fields, name) for name in FIELDS.get(column, (column,)))}
    try:
        update_service(visit.store_id, visit.actor, service_id, version=typed.version(), **changed)
    except Refused as refused:
        if refused.code == "stale":
            theirs = _stored(visit, service_id)
            labels = {name: visit.words._(label) for name, label in LABELS.items()}
            return _show(visit, service_id, fields | {"version": theirs["version"]}, status=409,
                         conflict=differences(labels, theirs, fields, _naming(visit)))
        return _again(visit, service_id, typed, fields, refused)
    return visit.go(f"/services/{service_id}", done="saved")


@screen("/services/<int:service_id>/remove", methods=("POST",))
def remove_service(visit: Visit, service_id: int) -> Any:
    """Deleted where nothing was ever booked, else no longer bookable."""
    delete_service(visit.store_id, visit.actor, must_be_id(service_id))
    return visit.go("/services", done="removed")


def _again(visit: Visit, service_id: int | None, typed: Typed, fields: dict[str, Any], refused: Refused) -> Any:
    if refused.code != "invalid":
        raise refused
    typed.refused(refused, lambda field: PLACES.get(field, field))
    return _show(visit, service_id, fields, problems=typed.problems, status=422)


def _show(visit: Visit, service_id: int | None, form: dict[str, Any], *, problems: dict[str, str] | None = None, status: int = 200,
          conflict: list[tuple[str, str, str]] | None = None) -> Any:
    with reading(visit.store_id) as tx:
        people, places, account = _people(tx), _places(tx), payment_account.in_use(tx)
    return visit.show("service.html", here="services", service_id=service_id, form=form, problems=problems or {}, status=status, people=people,
                      places=places, currency=visit.store.currency, conflict=conflict, card_payments=account is not None and account.takes)


def _read(typed: Typed, currency: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(columns for the action, everything as typed)."""
    unit = typed.chosen("lead_unit", LEAD_UNITS)
    values = {
        "name": typed.text("name", 201), "description": typed.text("description"), "duration_s": typed.number("duration", 1, 1440) * MINUTE,
        "buffer_before_s": typed.number("buffer_before", 0, 720) * MINUTE, "buffer_after_s": typed.number("buffer_after", 0, 720) * MINUTE,
        "step_s": typed.number("step", 1, 1440) * MINUTE, "lead_time_s": typed.number("lead", 0, 31622400 // LEAD_UNITS[unit]) * LEAD_UNITS[unit],
        "horizon_days": typed.number("horizon", 1, 1100), "capacity": typed.number("capacity", 1, 10_000), "price": typed.money("price", currency),
        "deposit": typed.money("deposit", currency), "currency": currency,
        "location_id": as_id(typed.form.get("location")), "staff": typed.ids("staff"),
        "reminder_leads": _leads(typed), "withdrawal_exempt": typed.flag("withdrawal_exempt")}
    if not values["name"]:
        typed.wrong("name", typed.w._("Please give it a name."))
    if values["deposit"] > values["price"]:
        typed.wrong("deposit", typed.w._("The deposit is more than the price."))
    if values["lead_time_s"] >= values["horizon_days"] * 86400:
        typed.wrong("lead", typed.w._("Nothing could ever be booked: bookings close before they open. Shorten this, or let people book further ahead."))
    return values, typed.shown("staff")


def _stored(visit: Visit, service_id: int) -> dict[str, Any]:
    """The form of the service as saved; Refused not_found."""
    with reading(visit.store_id) as tx:
        row = tx.db.execute(select(Service).where(Service.store_id == tx.store_id, Service.id == must_be_id(service_id))).one_or_none()
        if row is None:
            raise Refused("not_found")
        staff = tx.db.execute(select(StaffService.staff_id).where(
            StaffService.store_id == tx.store_id, StaffService.service_id == row.id).order_by(StaffService.staff_id)).scalars().all()
    unit = next(u for u in ("days", "hours", "minutes") if row.lead_time_s % LEAD_UNITS[u] == 0 and (row.lead_time_s or u == "hours"))
    return {
        "name": row.name, "description": row.description, "duration": _minutes(row.duration_s), "buffer_before": _minutes(row.buffer_before_s),
        "buffer_after": _minutes(row.buffer_after_s), "step": _minutes(row.step_s), "lead": str(row.lead_time_s // LEAD_UNITS[unit]), "lead_unit": unit,
        "horizon": str(row.horizon_days), "capacity": str(row.capacity), "price": plain_amount(row.price, row.currency) if row.price else "",
        "deposit": plain_amount(row.deposit, row.currency) if row.deposit else "", "location": str(row.location_id or ""),
        "staff": [str(s) for s in staff], "active": "1" if row.active else "", "version": str(row.version),
        "reminders": ", ".join(_hours(lead) for lead in row.reminder_leads), "withdrawal_exempt": "1" if row.withdrawal_exempt else ""}


def _leads(typed: Typed) -> list[int]:
    """`24, 2` hours before the start -> seconds; halves and quarters of an hour too, such as 0.25."""
    try:
        leads = [float(part) * 3600 for part in typed.text("reminders", 60).replace(";", ",").split(",") if part.strip()]
    except ValueError:
        leads = [0.0]
    if len(leads) > 4 or any(not 900 <= lead <= 1209600 or lead % 60 for lead in leads):
        typed.wrong("reminders", typed.w._("Please enter up to four numbers of hours, from 0.25 to 336, such as 24, 2."))
        return []
    return [int(lead) for lead in leads]


def _hours(seconds: int) -> str:
    return f"{seconds / 3600:g}"


def _differs(stored: dict[str, Any], fields: dict[str, Any], name: str) -> bool:
    """Whether the field says something else than what is saved: only then it is written (a second of buffer may hide in a minute)."""
    was, now = stored.get(name) or "", fields.get(name) or ""
    return sorted(was) != sorted(now) if isinstance(was, list) and isinstance(now, list) else was != now


def _minutes(seconds: int) -> str:
    return str(seconds // MINUTE)


def _naming(visit: Visit) -> Any:
    """Words for ids and ticks in the comparison of two versions."""
    with reading(visit.store_id) as tx:
        names = {str(row.id): row.name for row in [*_people(tx), *_places(tx)]}

    def text(name: str, value: Any) -> str:
        if isinstance(value, list):
            return ", ".join(names.get(part, part) for part in value) or "–"
        if name in ("active", "withdrawal_exempt"):
            return visit.words._("yes") if value == "1" else visit.words._("no")
        return names.get(value, str(value or "–")) if name == "location" else str(value or "–")

    return text


def _people(tx: Tx) -> list[Any]:
    return list(tx.db.execute(select(Staff.id, Staff.name, Staff.active).where(Staff.store_id == tx.store_id).order_by(Staff.name, Staff.id)).all())


def _places(tx: Tx) -> list[Any]:
    return list(tx.db.execute(select(Location.id, Location.name).where(
        Location.store_id == tx.store_id, Location.active).order_by(Location.name, Location.id)).all())

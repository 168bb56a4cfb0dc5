"""Services with their policy, and their free times."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from booking.actions import services
from booking.actions.action import Done, action
from booking.facts import read_policy
from booking.offers import find_offer
from booking.rules import durations
from booking.rules.decision import Refused
from booking.slots import MOST_DAYS, free_days
from jsonapi.problems import errors_as
from models.service import Service
from models.session import Tx, reading
from models.staff import StaffService
from models.store import Store
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import number, operation, reference
from shopify_app.api.shapes import catalogue as s
from shopify_app.api.shapes.base import Listing, Nothing
from shopify_app.api.things import Thing, given

SECONDS = {"duration": "duration_s", "buffer_before": "buffer_before_s", "buffer_after": "buffer_after_s", "step": "step_s",
           "lead_time": "lead_time_s"}
SENT = {column: name for name, column in SECONDS.items()} | {"currency": "price.currency"}
LIMITS = re.compile(r"must be from (\d+) to (\d+)")


def _services(tx: Tx, rows: Sequence[Row]) -> list[s.ServiceOut]:
    default = _store(tx).policy
    people: dict[int, list[str]] = {}
    for pair in tx.db.execute(select(StaffService.service_id, StaffService.staff_id).where(
            StaffService.store_id == tx.store_id, StaffService.service_id.in_([row.id for row in rows])).order_by(StaffService.staff_id)):
        people.setdefault(pair.service_id, []).append(str(pair.staff_id))
    return [_service(row, default, people.get(row.id, [])) for row in rows]


def _service(row: Row, default: dict[str, Any], people: list[str]) -> s.ServiceOut:
    policy = read_policy(row.policy if row.policy is not None else default)
    return s.ServiceOut(
        id=str(row.id), name=row.name, description=row.description, capacity=row.capacity, horizon=f"P{row.horizon_days}D",
        price={"amount": row.price, "currency": row.currency}, deposit={"amount": row.deposit, "currency": row.currency},
        location=None if row.location_id is None else str(row.location_id), staff=people, self_service=row.self_service,
        reschedule=row.reschedule, cancel=row.cancel, offer_hold=row.offer_hold, approval=policy.approval,
        reminders=[durations.iso(lead) for lead in row.reminder_leads], withdrawal_exempt=row.withdrawal_exempt, policy=policy.to_json(),
        active=row.active,
        **{name: durations.iso(getattr(row, column)) for name, column in SECONDS.items()})


def _store(tx: Tx) -> Row:
    return tx.db.execute(select(Store.policy, Store.currency).where(Store.store_id == tx.store_id)).one()


SERVICES = Thing("services", Service, _services, order="created_at")


@operation("GET", "/services", summary="Services with their policy", query=PAGING, answer=Listing[s.ServiceOut])
def list_services(call: Call) -> Any:
    return SERVICES.page(call)


@operation("POST", "/services", summary="Add a service", body=s.ServiceIn, answer=s.ServiceOut, status=201)
def post_service(call: Call) -> Any:
    with errors_as(_as_sent):
        return SERVICES.write(call, add_service, _columns(call.body.model_dump(exclude_none=True)))


@operation("GET", "/services/{id}", summary="A service", answer=s.ServiceOut)
def get_service(call: Call, id: str) -> Any:
    return SERVICES.read(call, number(id))


@operation("PATCH", "/services/{id}", summary="Change a service; bookings made before keep their policy (R20)", body=s.ServicePatch,
           answer=s.ServiceOut)
def patch_service(call: Call, id: str) -> Any:
    with errors_as(_as_sent):
        return SERVICES.write(call, change_service, number(id), _columns(given(call.body, "location", "policy")))


@operation("DELETE", "/services/{id}", summary="Remove a service; one with bookings becomes inactive", answer=Nothing)
def delete_service(call: Call, id: str) -> None:
    SERVICES.remove(call, services.delete_service, number(id))


@action
def add_service(tx: Tx, values: dict[str, Any]) -> Done:
    """`create_service`, with `approval` worked into the policy and the money in the store's currency where none is named."""
    store = _store(tx)
    return services.create_service.within(tx, **_settled(values, None, store.policy, {"currency": store.currency, "price": 0, "deposit": 0}))


@action
def change_service(tx: Tx, service_id: int, values: dict[str, Any]) -> Done:
    """`update_service`, likewise, on top of what the service has now."""
    row = SERVICES.row(tx, service_id)
    return services.update_service.within(tx, service_id, **_settled(values, row.policy, _store(tx).policy, row._asdict()))


def _settled(values: dict[str, Any], own: dict[str, Any] | None, default: dict[str, Any], present: dict[str, Any]) -> dict[str, Any]:
    values = dict(values)
    approval = values.pop("approval", None)
    if approval is not None:
        own = values.get("policy", own)
        values["policy"] = (own if own is not None else default) | {"approval": approval}
    money = {name: values[name] for name in ("price", "deposit") if name in values}
    currencies = {m["currency"] for m in money.values()} | {present["currency"] for name in ("price", "deposit")
                                                            if name not in money and present[name]}
    if len(currencies) > 1:
        raise Refused("invalid", errors=[{"field": "deposit", "problem": "must have the currency of the price"}])
    values |= {name: m["amount"] for name, m in money.items()}
    return values | {"currency": currency for currency in currencies}


def _as_sent(error: dict[str, str]) -> dict[str, str]:
    """The field as the request names it, its limits as durations."""
    field = SENT.get(error["field"], error["field"])
    limits = LIMITS.fullmatch(error["problem"])
    if limits and field in SECONDS:
        least, most = (durations.iso(int(seconds)) for seconds in limits.groups())
        return {"field": field, "problem": f"must be from {least} to {most}"}
    return error | {"field": field}


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """Durations as seconds and days, ids as numbers; Refused invalid with every wrong field."""
    errors = []
    for name, column, read in [*((n, c, durations.seconds) for n, c in SECONDS.items()), ("horizon", "horizon_days", durations.days)]:
        if name in values:
            try:
                values[column] = read(values.pop(name))
            except ValueError as error:
                errors.append({"field": name, "problem": str(error)})
    if "reminders" in values:
        try:
            values["reminder_leads"] = sorted({durations.seconds(lead) for lead in values.pop("reminders")}, reverse=True)
        except ValueError as error:
            errors.append({"field": "reminders", "problem": str(error)})
    if errors:
        raise Refused("invalid", errors=errors)
    if "location" in values:
        values["location_id"] = reference(values.pop("location"), "location")
    if "staff" in values:
        values["staff"] = [reference(text, "staff") for text in values["staff"]]
    return values


@operation("GET", "/services/{id}/slots", summary="Free times", answer=s.Slots,
           query={"from": "first day, YYYY-MM-DD", "to": f"last day, at most {MOST_DAYS - 1} later", "staff": "only this staff member"})
def service_slots(call: Call, id: str) -> s.Slots:
    first, last = call.days()
    with reading(call.store_id) as tx:
        offer = find_offer(tx, number(id))
        if offer is None:
            raise Refused("not_found")
        staff_id = reference(call.query.get("staff"), "staff")
        if staff_id is not None and not offer.only(staff_id):
            raise Refused("invalid", errors=[{"field": "staff", "problem": "does not give this service"}])
        found = free_days(tx, offer, first, last, staff_id=staff_id)
    zone = ZoneInfo(found.zone)
    return s.Slots(zone=found.zone, days=[s.SlotDay(date=day, slots=[
        s.SlotOut(starts_at=slot.starts_at.astimezone(zone), ends_at=slot.ends_at.astimezone(zone), staff=[str(x) for x in slot.staff],
                  seats_left=slot.seats_left) for slot in slots]) for day, slots in found.days])

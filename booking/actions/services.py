"""Services: what can be booked, by which rules, and who gives it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, insert, select

from booking import openings
from booking.actions import catalogue
from booking.actions.action import Done, action
from models.location import Location
from models.service import Service
from models.session import Tx
from models.staff import Staff, StaffService
from models.store import Store


@action
def create_service(tx: Tx, *, staff: Sequence[int] = (), **values: Any) -> Done:
    """Fields as the columns of `services`; `staff` ids give it. New services inherit the store's switches (R2). `facts["id"]`."""
    values = {"name": "", "duration_s": 0} | values
    if values.get("currency") is None:
        values["currency"] = tx.db.execute(select(Store.currency).where(Store.store_id == tx.store_id)).scalar_one()
    _check(tx, values, staff, {"price": 0, "deposit": 0})
    service_id = catalogue.create(tx, "service", Service, values)
    _qualify(tx, service_id, staff)
    return Done(facts={"id": service_id})


@action
def update_service(tx: Tx, service_id: int, *, staff: Sequence[int] | None = None, version: int | None = None, **values: Any) -> Done:
    """Change fields; bookings keep the policy they were made under, except where the new one is kinder (R20).

    Refused stale when `version` is given and somebody else has saved since.
    """
    _check(tx, values, staff or (), _money(tx, service_id, values))
    gave = set() if staff is None else set(tx.db.execute(select(StaffService.staff_id).where(
        StaffService.store_id == tx.store_id, StaffService.service_id == service_id)).scalars())
    also = ({}, {}) if staff is None else ({"staff": _ids(gave)}, {"staff": _ids(staff)})
    catalogue.change(tx, "service", Service, service_id, values, also=also, version=version)
    if staff is not None:
        tx.db.execute(delete(StaffService).where(StaffService.store_id == tx.store_id, StaffService.service_id == service_id))
        _qualify(tx, service_id, staff)
        for staff_id in sorted(set(staff) - gave):
            openings.new_hours(tx, staff_id, None)
    return Done(facts={"id": service_id})


@action
def delete_service(tx: Tx, service_id: int) -> Done:
    """Remove a service. One that bookings, people who wait or a shop's products refer to stays, inactive, for its name's sake."""
    catalogue.remove(tx, "service", Service, service_id, StaffService)
    return Done()


def _ids(found: Iterable[int]) -> list[str]:
    return [str(one) for one in sorted(set(found))]


def _qualify(tx: Tx, service_id: int, staff: Sequence[int]) -> None:
    for staff_id in dict.fromkeys(staff):
        tx.db.execute(insert(StaffService).values(store_id=tx.store_id, service_id=service_id, staff_id=staff_id))


def _money(tx: Tx, service_id: int, values: dict[str, Any]) -> dict[str, int]:
    """What the service costs now, where one of the two changes."""
    if not values.keys() & {"price", "deposit"}:
        return {}
    row = tx.db.execute(select(Service.price, Service.deposit).where(
        Service.store_id == tx.store_id, Service.id == service_id).with_for_update(key_share=True)).one_or_none()
    return {} if row is None else row._asdict()


def _check(tx: Tx, values: dict[str, Any], staff: Sequence[int], present: dict[str, int]) -> None:
    checks = catalogue.Checks()
    checks.text(values, "name")
    checks.number(values, "duration_s", 60, 86400)
    checks.number(values, "buffer_before_s", 0, 43200)
    checks.number(values, "buffer_after_s", 0, 43200)
    checks.number(values, "step_s", 60, 86400)
    checks.number(values, "lead_time_s", 0, 31622400)
    checks.number(values, "horizon_days", 1, 1100)
    checks.number(values, "capacity", 1, 10000)
    checks.number(values, "price", 0, 10**12)
    checks.number(values, "deposit", 0, 10**12)
    money = present | {name: values[name] for name in ("price", "deposit") if name in values}
    if money.get("deposit", 0) > max(money.get("price", 0), 0):
        checks.wrong("deposit", "is more than the price")
    if not all(900 <= lead <= 1209600 for lead in values.get("reminder_leads", ())):
        checks.wrong("reminders", "must be from 15 minutes to 14 days before the start")
    checks.currency(values)
    checks.policy(values)
    checks.known(tx, values, "location_id", Location)
    for field in ("duration_s", "step_s"):
        if field in values and values[field] % 60:
            checks.wrong(field, "must be whole minutes")
    known = set(tx.db.execute(select(Staff.id).where(Staff.store_id == tx.store_id, Staff.id.in_(list(staff)))).scalars())
    if set(staff) - known:
        checks.wrong("staff", "names someone who is not known")
    checks.done()

"""Store, locations, services, staff, blocks, sessions, customers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, or_, select

from booking.actions import blocks, customers, locations, services, sessions, staff, stores
from booking.actions.cancel_session import cancel_session as cancel_session_action
from booking.actions.people import Person
from booking.facts import read_policy
from booking.offers import find_offer
from booking.rules import durations
from booking.rules.decision import Refused
from booking.slots import MOST_DAYS, free_days
from models.block import Block
from models.class_session import ClassSession
from models.customer import Customer
from models.location import Location
from models.service import Service
from models.session import reading
from models.staff import Staff, StaffService
from models.store import Store
from shopify_app.api import shapes as s
from shopify_app.api.door import Call, number, operation, reference

PAGING = {"limit": "1 to 200, default 50", "cursor": "from `next` of the page before"}


def given(body: Any) -> dict[str, Any]:
    """The fields a PATCH names."""
    return body.model_dump(exclude_unset=True)


def listing(call: Call, kind: str, table: type, out: Callable[[Row], Any], *where: Any, order: Any = None) -> dict[str, Any]:
    """A page of a catalogue list, by name (or `order`) and id."""
    column, limit = order if order is not None else table.name, call.limit()
    statement = select(table).where(table.store_id == call.store_id, *where).order_by(column, table.id).limit(limit + 1)
    position = call.cursor(kind)
    if position:
        at = datetime.fromisoformat(position[0]) if order is not None else position[0]
        statement = statement.where(or_(column > at, (column == at) & (table.id > position[1])))
    with reading(call.store_id) as tx:
        rows = tx.db.execute(statement).all()
        items = [out(row) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    value = getattr(last, column.key) if last is not None else None
    position = None if last is None else [value.isoformat() if isinstance(value, datetime) else value, last.id]
    return {"items": [item.model_dump(mode="json") for item in items], "next": None if position is None else call.next(kind, position)}


def one(call: Call, table: type, row_id: int) -> Row:
    with reading(call.store_id) as tx:
        row = tx.db.execute(select(table).where(table.store_id == call.store_id, table.id == row_id)).one_or_none()
    if row is None:
        raise Refused("not_found")
    return row


def made(call: Call, verb: Callable, out: Callable[[Call, int], Any], *args: Any, **values: Any) -> Any:
    """Run a catalogue action and give the thing as it is now."""
    answer = call.act(verb, *args, render=lambda done: {"id": done.facts["id"]}, **values)
    return out(call, answer["id"])


def gone(call: Call, verb: Callable, row_id: int) -> None:
    call.act(verb, row_id, render=lambda done: {})


# Store

@operation("GET", "/store", summary="The store and its defaults", answer=s.StoreOut)
def get_store(call: Call) -> s.StoreOut:
    with reading(call.store_id) as tx:
        row = tx.db.execute(select(Store).where(Store.store_id == call.store_id)).one()
    return s.StoreOut(id=str(row.store_id), **{f: getattr(row, f) for f in s.StoreOut.model_fields if f not in ("id",)})


@operation("PATCH", "/store", summary="Change the store's defaults", body=s.StorePatch, answer=s.StoreOut)
def patch_store(call: Call) -> s.StoreOut:
    call.act(stores.update_store, render=lambda done: {}, **{k: v for k, v in given(call.body).items() if v is not None or k in ("email", "phone", "accent")})
    return get_store(call)


# Locations

def location_out(row: Row) -> s.LocationOut:
    return s.LocationOut(id=str(row.id), name=row.name, address=row.address, zone=row.zone, phone=row.phone, email=row.email, active=row.active)


def location(call: Call, row_id: int) -> s.LocationOut:
    return location_out(one(call, Location, row_id))


@operation("GET", "/locations", summary="Locations", query=PAGING, answer=s.Listing[s.LocationOut])
def list_locations(call: Call) -> Any:
    return listing(call, "locations", Location, location_out)


@operation("POST", "/locations", summary="Add a location", body=s.LocationIn, answer=s.LocationOut, status=201)
def post_location(call: Call) -> Any:
    return made(call, locations.create_location, location, **call.body.model_dump())


@operation("GET", "/locations/{id}", summary="A location", answer=s.LocationOut)
def get_location(call: Call, id: str) -> Any:
    return location(call, number(id))


@operation("PATCH", "/locations/{id}", summary="Change a location", body=s.LocationPatch, answer=s.LocationOut)
def patch_location(call: Call, id: str) -> Any:
    return made(call, locations.update_location, location, number(id), **_present(call.body, "phone", "email"))


@operation("DELETE", "/locations/{id}", summary="Remove a location", answer=s.Nothing)
def delete_location(call: Call, id: str) -> None:
    gone(call, locations.delete_location, number(id))


# Staff

def staff_outs(call: Call, rows: list[Row]) -> list[s.StaffOut]:
    with reading(call.store_id) as tx:
        pairs = tx.db.execute(select(StaffService.staff_id, StaffService.service_id).where(
            StaffService.store_id == call.store_id, StaffService.staff_id.in_([row.id for row in rows])).order_by(StaffService.service_id)).all()
    return [s.StaffOut(id=str(row.id), name=row.name, email=row.email, location=str(row.location_id), hours=row.hours, active=row.active,
                       services=[str(p.service_id) for p in pairs if p.staff_id == row.id]) for row in rows]


def person(call: Call, row_id: int) -> s.StaffOut:
    return staff_outs(call, [one(call, Staff, row_id)])[0]


@operation("GET", "/staff", summary="Staff", query=PAGING, answer=s.Listing[s.StaffOut])
def list_staff(call: Call) -> Any:
    return listing(call, "staff", Staff, lambda row: staff_outs(call, [row])[0])


@operation("POST", "/staff", summary="Add a staff member", body=s.StaffIn, answer=s.StaffOut, status=201)
def post_staff(call: Call) -> Any:
    return made(call, staff.create_staff, person, **_staff_values(call.body.model_dump()))


@operation("GET", "/staff/{id}", summary="A staff member", answer=s.StaffOut)
def get_staff(call: Call, id: str) -> Any:
    return person(call, number(id))


@operation("PATCH", "/staff/{id}", summary="Change a staff member", body=s.StaffPatch, answer=s.StaffOut)
def patch_staff(call: Call, id: str) -> Any:
    return made(call, staff.update_staff, person, number(id), **_staff_values(_present(call.body, "email")))


@operation("DELETE", "/staff/{id}", summary="Remove a staff member", answer=s.Nothing)
def delete_staff(call: Call, id: str) -> None:
    gone(call, staff.delete_staff, number(id))


def _staff_values(values: dict[str, Any]) -> dict[str, Any]:
    if "location" in values:
        values["location_id"] = reference(values.pop("location"), "location")
    if "services" in values:
        values["services"] = [reference(text, "services") for text in values["services"]]
    return values


# Services

SECONDS = {"duration": "duration_s", "buffer_before": "buffer_before_s", "buffer_after": "buffer_after_s", "step": "step_s", "lead_time": "lead_time_s"}


def service_out(call: Call, row: Row) -> s.ServiceOut:
    with reading(call.store_id) as tx:
        people = tx.db.execute(select(StaffService.staff_id).where(
            StaffService.store_id == call.store_id, StaffService.service_id == row.id).order_by(StaffService.staff_id)).scalars().all()
        default = tx.db.execute(select(Store.policy).where(Store.store_id == call.store_id)).scalar_one()
    policy = read_policy(row.policy if row.policy is not None else default)
    return s.ServiceOut(
        id=str(row.id), name=row.name, description=row.description, capacity=row.capacity, horizon=f"P{row.horizon_days}D",
        price=s.Money(amount=row.price, currency=row.currency), deposit=s.Money(amount=row.deposit, currency=row.currency),
        location=None if row.location_id is None else str(row.location_id), staff=[str(p) for p in people], self_service=row.self_service,
        reschedule=row.reschedule, cancel=row.cancel, approval=policy.approval, policy=policy.to_json(), active=row.active,
        **{name: durations.iso(getattr(row, column)) for name, column in SECONDS.items()})


def service(call: Call, row_id: int) -> s.ServiceOut:
    return service_out(call, one(call, Service, row_id))


@operation("GET", "/services", summary="Services with their policy", query=PAGING, answer=s.Listing[s.ServiceOut])
def list_services(call: Call) -> Any:
    return listing(call, "services", Service, lambda row: service_out(call, row))


@operation("POST", "/services", summary="Add a service", body=s.ServiceIn, answer=s.ServiceOut, status=201)
def post_service(call: Call) -> Any:
    return made(call, services.create_service, service, **_service_values(call, call.body.model_dump(exclude_none=True), None))


@operation("GET", "/services/{id}", summary="A service", answer=s.ServiceOut)
def get_service(call: Call, id: str) -> Any:
    return service(call, number(id))


@operation("PATCH", "/services/{id}", summary="Change a service", body=s.ServicePatch, answer=s.ServiceOut)
def patch_service(call: Call, id: str) -> Any:
    return made(call, services.update_service, service, number(id),
                **_service_values(call, _present(call.body, "location", "policy"), number(id)))


@operation("DELETE", "/services/{id}", summary="Remove a service", answer=s.Nothing)
def delete_service(call: Call, id: str) -> None:
    gone(call, services.delete_service, number(id))


@operation("GET", "/services/{id}/slots", summary="Free times", answer=s.Slots,
           query={"from": "first day, YYYY-MM-DD", "to": "last day, at most 62 later", "staff": "only this staff member"})
def service_slots(call: Call, id: str) -> s.Slots:
    first, last = _date(call, "from"), _date(call, "to")
    if not first <= last <= first + timedelta(days=MOST_DAYS - 1):
        raise Refused("invalid", errors=[{"field": "to", "problem": f"must be 0 to {MOST_DAYS - 1} days after from"}])
    with reading(call.store_id) as tx:
        offer = find_offer(tx, number(id))
        if offer is None:
            raise Refused("not_found")
        staff_id = reference(call.query.get("staff"), "staff")
        if staff_id is not None and not offer.only(staff_id):
            raise Refused("invalid", errors=[{"field": "staff", "problem": "does not give this service"}])
        found = free_days(tx, offer, first, last, staff_id=staff_id)
    return s.Slots(zone=found.zone, days=[s.SlotDay(date=day.isoformat(), slots=[
        s.SlotOut(starts_at=local(slot.starts_at, found.zone), ends_at=local(slot.ends_at, found.zone), staff=[str(x) for x in slot.staff],
                  seats_left=slot.seats_left) for slot in slots]) for day, slots in found.days])


def local(instant: datetime, zone: str) -> datetime:
    from zoneinfo import ZoneInfo

    return instant.astimezone(ZoneInfo(zone))


def _date(call: Call, field: str) -> date:
    try:
        day = date.fromisoformat(call.query.get(field, ""))
        if 2000 <= day.year <= 2100:
            return day
    except ValueError:
        pass
    raise Refused("invalid", errors=[{"field": field, "problem": "must be a date such as 2027-03-01"}])


def _service_values(call: Call, values: dict[str, Any], service_id: int | None) -> dict[str, Any]:
    errors = []
    for name, column in SECONDS.items():
        if name in values:
            try:
                values[column] = durations.seconds(values.pop(name))
            except ValueError as error:
                errors.append({"field": name, "problem": str(error)})
    if "horizon" in values:
        try:
            values["horizon_days"] = durations.days(values.pop("horizon"))
        except ValueError as error:
            errors.append({"field": "horizon", "problem": str(error)})
    if errors:
        raise Refused("invalid", errors=errors)
    currencies = {values[name]["currency"] for name in ("price", "deposit") if values.get(name)}
    if len(currencies) > 1:
        raise Refused("invalid", errors=[{"field": "deposit", "problem": "must have the currency of the price"}])
    for name in ("price", "deposit"):
        if name in values:
            money = values.pop(name)
            values[name] = money["amount"] if money else 0
    if currencies:
        values["currency"] = currencies.pop()
    if "location" in values:
        values["location_id"] = reference(values.pop("location"), "location")
    if "staff" in values:
        values["staff"] = [reference(text, "staff") for text in values["staff"]]
    approval = values.pop("approval", None)
    if approval is not None:
        base = values.get("policy")
        if base is None:
            base = service(call, service_id).policy if service_id else get_store(call).policy
        values["policy"] = base | {"approval": approval}
    return values


# Blocks

def block_out(row: Row) -> s.BlockOut:
    return s.BlockOut(id=str(row.id), staff=None if row.staff_id is None else str(row.staff_id), location=str(row.location_id),
                      starts_at=row.starts_at, ends_at=row.ends_at, reason=row.reason)


def block(call: Call, row_id: int) -> s.BlockOut:
    return block_out(one(call, Block, row_id))


@operation("GET", "/blocks", summary="Time off", query=PAGING, answer=s.Listing[s.BlockOut])
def list_blocks(call: Call) -> Any:
    return listing(call, "blocks", Block, block_out, order=Block.starts_at)


@operation("POST", "/blocks", summary="Add time off", body=s.BlockIn, answer=s.BlockOut, status=201)
def post_block(call: Call) -> Any:
    values = call.body.model_dump()
    return made(call, blocks.create_block, block, staff_id=reference(values.pop("staff"), "staff"),
                location_id=reference(values.pop("location"), "location"), **values)


@operation("GET", "/blocks/{id}", summary="Time off", answer=s.BlockOut)
def get_block(call: Call, id: str) -> Any:
    return block(call, number(id))


@operation("PATCH", "/blocks/{id}", summary="Change time off", body=s.BlockPatch, answer=s.BlockOut)
def patch_block(call: Call, id: str) -> Any:
    return made(call, blocks.update_block, block, number(id), **_present(call.body))


@operation("DELETE", "/blocks/{id}", summary="Remove time off", answer=s.Nothing)
def delete_block(call: Call, id: str) -> None:
    gone(call, blocks.delete_block, number(id))


# Class dates

def session_out(row: Row) -> s.SessionOut:
    return s.SessionOut(id=str(row.id), service=str(row.service_id), staff=str(row.staff_id), location=str(row.location_id),
                        starts_at=row.starts_at, ends_at=row.ends_at, capacity=row.capacity, seats_taken=row.seats_taken, status=row.status)


def session(call: Call, row_id: int) -> s.SessionOut:
    return session_out(one(call, ClassSession, row_id))


@operation("GET", "/sessions", summary="Class dates", query=PAGING, answer=s.Listing[s.SessionOut])
def list_sessions(call: Call) -> Any:
    return listing(call, "sessions", ClassSession, session_out, order=ClassSession.starts_at)


@operation("POST", "/sessions", summary="Add a class date", body=s.SessionIn, answer=s.SessionOut, status=201)
def post_session(call: Call) -> Any:
    b = call.body
    return made(call, sessions.create_session, session, service_id=reference(b.service, "service"), staff_id=reference(b.staff, "staff"),
                starts_at=b.starts_at, capacity=b.capacity, override=b.override)


@operation("GET", "/sessions/{id}", summary="A class date", answer=s.SessionOut)
def get_session(call: Call, id: str) -> Any:
    return session(call, number(id))


@operation("PATCH", "/sessions/{id}", summary="Change its seats", body=s.SessionPatch, answer=s.SessionOut)
def patch_session(call: Call, id: str) -> Any:
    return made(call, sessions.update_session, session, number(id), capacity=call.body.capacity)


@operation("DELETE", "/sessions/{id}", summary="Remove a date nobody booked", answer=s.Nothing)
def delete_session(call: Call, id: str) -> None:
    gone(call, sessions.delete_session, number(id))


@operation("POST", "/sessions/{id}/cancel", summary="Cancel a class date with all its bookings", body=s.SessionCancel, answer=s.SessionOut)
def cancel_session(call: Call, id: str) -> Any:
    call.act(cancel_session_action, number(id), reason=call.body.reason, refund=call.body.refund, render=lambda done: {})
    return session(call, number(id))


# Customers

def customer_out(row: Row) -> s.CustomerOut:
    return s.CustomerOut(id=str(row.id), name=row.name, email=row.email, phone=row.phone, verified=row.email_verified_at is not None,
                         created_at=row.created_at)


def customer(call: Call, row_id: int) -> s.CustomerOut:
    return customer_out(one(call, Customer, row_id))


@operation("GET", "/customers", summary="Customers", query=PAGING | {"q": "part of a name or address"}, answer=s.Listing[s.CustomerOut])
def list_customers(call: Call) -> Any:
    where = [Customer.erased_at.is_(None)]
    if "q" in call.query:
        text = call.query["q"].lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        where.append(or_(func.lower(Customer.name).like(f"%{text}%"), Customer.email_canonical.like(f"%{text}%")))
    return listing(call, "customers", Customer, customer_out, *where, order=Customer.created_at)


@operation("POST", "/customers", summary="Add a customer", body=s.CustomerIn, answer=s.CustomerOut, status=201)
def post_customer(call: Call) -> Any:
    return made(call, customers.create_customer, customer, Person(call.body.name, call.body.email, call.body.phone))


@operation("GET", "/customers/{id}", summary="A customer", answer=s.CustomerOut)
def get_customer(call: Call, id: str) -> Any:
    return customer(call, number(id))


@operation("PATCH", "/customers/{id}", summary="Change a customer", body=s.CustomerPatch, answer=s.CustomerOut)
def patch_customer(call: Call, id: str) -> Any:
    now, fields = customer(call, number(id)), {k: v for k, v in given(call.body).items() if v is not None}
    merged = {"name": now.name, "email": now.email or "", "phone": now.phone or ""} | fields
    return made(call, customers.update_customer, customer, number(id), Person(merged["name"], merged["email"], merged["phone"]), set(fields))


@operation("DELETE", "/customers/{id}", summary="Remove a customer without bookings", answer=s.Nothing)
def delete_customer(call: Call, id: str) -> None:
    gone(call, customers.delete_customer, number(id))


def _present(body: Any, *nullable: str) -> dict[str, Any]:
    """The fields a PATCH names; null only where null means something."""
    return {k: v for k, v in given(body).items() if v is not None or k in nullable}

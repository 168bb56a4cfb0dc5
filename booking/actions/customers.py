"""Customers as the shop keeps them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, insert, select

from booking.actions import catalogue
from booking.actions.action import Done, action
from booking.actions.people import Person, check
from booking.changed_addresses import put_right, unproven
from booking.rules.decision import Refused
from models.access import CustomerLogin
from models.booking import Booking
from models.booking_summary import lock_many
from models.customer import Customer
from models.email_change import EmailChange
from models.session import Tx

PARTS = (CustomerLogin, EmailChange)


@action
def create_customer(tx: Tx, person: Person) -> Done:
    """A customer with an unproven address. `facts["id"]`."""
    known = check(person)
    tx.db.execute(insert(Customer).values(
        store_id=tx.store_id, id=known.id, name=known.name, email=known.email, email_canonical=known.email_canonical,
        phone=known.phone, locale=person.locale, created_at=tx.now))
    tx.audit("create_customer", subject="customer", subject_id=known.id)
    return Done(facts={"id": known.id})


@action
def update_customer(tx: Tx, customer_id: int, person: Person, fields: set[str], *, version: int | None = None) -> Done:
    """Change the named fields. Another address or number is unproven until its owner proves it (I41, A13), and what went to the old
    one or was opened with it ends; the next bookings' links are sent anew (I33). Refused stale when `version` was seen and another
    one stands there."""
    bookings = lock_many(tx, Booking.customer_id == customer_id) if fields & {"email", "phone"} else []
    was = tx.db.execute(select(Customer.id, Customer.version, Customer.email_canonical, Customer.phone, Customer.phone_verified_at).where(
        Customer.store_id == tx.store_id, Customer.id == customer_id, Customer.erased_at.is_(None)).with_for_update()).one_or_none()
    if was is None:
        raise Refused("not_found")
    if version not in (None, was.version):
        raise Refused("stale", version=was.version)
    known = check(person)
    values: dict[str, Any] = {field: getattr(known, field) for field in fields & {"name", "phone"}}
    if "email" in fields:
        values |= {"email": known.email, "email_canonical": known.email_canonical}
    catalogue.change(tx, "customer", Customer, customer_id, values | unproven(was, values))
    put_right(tx, was, values, bookings, send=True)
    return Done(facts={"id": customer_id})


@action
def delete_customer(tx: Tx, customer_id: int) -> Done:
    """Remove a customer nothing refers to. Those who booked, wait or paid are erased by the privacy rules (R45), not by this."""
    if catalogue.in_use(tx, Customer, customer_id, *PARTS):
        raise Refused("not_allowed", kind="customer")
    catalogue.remove_parts(tx, Customer, customer_id, *PARTS)
    gone = tx.db.execute(delete(Customer).where(Customer.store_id == tx.store_id, Customer.id == customer_id)).rowcount
    if not gone:
        raise Refused("not_found")
    tx.audit("delete_customer", subject="customer", subject_id=customer_id)
    return Done()

"""Whose booking it is: a known customer, or someone new. An address alone never opens a proven account (R8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import insert, literal_column, select

from booking.addresses import canonical_email, canonical_phone
from booking.rules.decision import Refused
from models.base import new_id
from models.customer import Customer
from models.session import Tx
from models.statement import Statement, param, text_param


@dataclass(frozen=True, slots=True)
class Person:
    """What was typed about someone. At least a name or an address; checked by `customer_for`."""

    name: str = ""
    email: str = ""
    phone: str = ""
    locale: str | None = None
    region: str | None = None


class Known(NamedTuple):
    id: int
    name: str
    email: str | None
    email_canonical: str | None
    phone: str | None


def customer_for(tx: Tx, customer_id: int | None, person: Person | None) -> Known:
    """The customer with this id, or the one `person` means.

    The shop knows its customers, so its bookings go to the customer who has the address. A guest's go to a guest record:
    an unproven one with the same address, else a new one, never into an account somebody has proven (R8).
    """
    if customer_id is not None:
        found = _BY_ID.first(tx, customer=customer_id)
        if found is None:
            raise Refused("invalid", errors=[{"field": "customer", "problem": "is not known"}])
        return found
    checked = check(person or Person())
    if checked.email_canonical:
        found = (_BY_ADDRESS if tx.actor.is_merchant else _UNPROVEN).first(tx, address=checked.email_canonical)
        if found is not None:
            return Known(found.id, checked.name or found.name, checked.email, checked.email_canonical, checked.phone or found.phone)
    tx.db.execute(insert(Customer).values(
        store_id=tx.store_id, id=checked.id, name=checked.name, email=checked.email, email_canonical=checked.email_canonical,
        phone=checked.phone, locale=person.locale if person else None, created_at=tx.now))
    return checked


def guest(name: str, email: str, phone: str, locale: str) -> Person:
    """Someone who books or waits without an account: the shop needs to know who comes and where to write. Refused as `check` is."""
    person = Person(name, email, phone, locale)
    check(person, needed=("name", "email"))
    return person


def check(person: Person, *, needed: tuple[str, ...] = ()) -> Known:
    """Canonical forms, or Refused("invalid") with every wrong field."""
    errors = [{"field": field, "problem": "is missing"} for field in needed if not getattr(person, field).strip()]
    values: dict[str, str | None] = {"email": None, "phone": None}
    for field, text, canonical in (("email", person.email, canonical_email), ("phone", person.phone, lambda t: canonical_phone(t, person.region))):
        if text.strip():
            try:
                values[field] = canonical(text.strip())
            except Refused as refused:
                errors += refused.facts["errors"]
    name = " ".join(person.name.split())
    if len(name) > 120:
        errors.append({"field": "name", "problem": "is longer than 120 characters"})
    if not needed and not name and not person.email.strip():
        errors.append({"field": "name", "problem": "is missing"})
    if errors:
        raise Refused("invalid", errors=errors)
    return Known(new_id(), name, person.email.strip() or None, values["email"], values["phone"])


def _one(*where: Any) -> Statement[Known]:
    return Statement(select(Customer.id, Customer.name, Customer.email, Customer.email_canonical, Customer.phone).where(
        Customer.store_id == param("store"), Customer.erased_at.is_(None), *where,
    ).order_by(Customer.email_verified_at.desc().nulls_last(), Customer.created_at.desc()).limit(literal_column("1")), Known)


_ADDRESS = Customer.email_canonical == text_param("address")
_BY_ID, _BY_ADDRESS = _one(Customer.id == param("customer")), _one(_ADDRESS)
_UNPROVEN = _one(_ADDRESS, Customer.email_verified_at.is_(None), Customer.shopify_id.is_(None))

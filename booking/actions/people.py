"""Whose booking it is: a known customer, or someone new. An address alone never opens a proven account (R8)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select

from booking.addresses import canonical_email, canonical_phone
from booking.rules.decision import Refused
from models.base import new_id
from models.customer import Customer
from models.session import Tx


@dataclass(frozen=True, slots=True)
class Person:
    """What was typed about someone. At least a name or an address; checked by `customer_for`."""

    name: str = ""
    email: str = ""
    phone: str = ""
    locale: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
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
        found = _find(tx, Customer.id == customer_id)
        if found is None:
            raise Refused("invalid", errors=[{"field": "customer", "problem": "is not known"}])
        return found
    checked = check(person or Person())
    if checked.email_canonical:
        same = [Customer.email_canonical == checked.email_canonical]
        if not tx.actor.is_merchant:
            same += [Customer.email_verified_at.is_(None), Customer.shopify_id.is_(None)]
        found = _find(tx, *same)
        if found is not None:
            return Known(found.id, checked.name or found.name, checked.email, checked.email_canonical, checked.phone or found.phone)
    tx.db.execute(insert(Customer).values(
        store_id=tx.store_id, id=checked.id, name=checked.name, email=checked.email, email_canonical=checked.email_canonical,
        phone=checked.phone, locale=person.locale if person else None, created_at=tx.now))
    return checked


def check(person: Person) -> Known:
    """Canonical forms, or Refused("invalid") with every wrong field."""
    errors: list[dict[str, str]] = []
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
    if not name and not person.email.strip():
        errors.append({"field": "name", "problem": "is missing"})
    if errors:
        raise Refused("invalid", errors=errors)
    return Known(new_id(), name, person.email.strip() or None, values["email"], values["phone"])


def _find(tx: Tx, *where: object) -> Known | None:
    row = tx.db.execute(select(Customer.id, Customer.name, Customer.email, Customer.email_canonical, Customer.phone).where(
        Customer.store_id == tx.store_id, Customer.erased_at.is_(None), *where,
    ).order_by(Customer.email_verified_at.desc().nulls_last(), Customer.created_at.desc()).limit(1)).one_or_none()
    return None if row is None else Known(*row)

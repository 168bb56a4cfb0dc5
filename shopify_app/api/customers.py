"""Customers as the shop keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from booking.actions import customers
from booking.actions.action import Done, action
from booking.actions.people import Person
from booking.credit import credit_of_all
from models import customer_list
from models.customer import Customer
from models.customer_words import matching
from models.session import Tx, reading
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import number, operation
from shopify_app.api.shapes import catalogue as s
from shopify_app.api.shapes.base import Listing, Nothing
from shopify_app.api.shapes.money import CreditOut
from shopify_app.api.things import Thing, given


def _customers(tx: Tx, rows: Sequence[Row]) -> list[s.CustomerOut]:
    credit = credit_of_all(tx, [row.id for row in rows])
    return [s.CustomerOut(id=str(row.id), name=row.name, email=row.email, phone=row.phone, verified=row.email_verified_at is not None,
                          credit=[CreditOut(amount={"amount": one.left, "currency": one.currency}, expires_at=one.expires_at, place=one.place)
                                  for one in credit.get(row.id, ())], created_at=row.created_at, language=row.locale, preferences=row.preferences, shopify_id=row.shopify_id,
                          has_feed=row.feed_secret_hash is not None) for row in rows]


# By id: a store may have very many, and only the key's own order costs the same on every page.
CUSTOMERS = Thing("customers", Customer, _customers)


@operation("GET", "/customers", summary="Customers", query=PAGING | {
    "q": "the beginning of a word of their name or address, or the ending of their phone number; at most 200 are found"}, answer=Listing[s.CustomerOut])
def list_customers(call: Call) -> Any:
    where = [Customer.erased_at.is_(None)]
    if call.query.get("q", "").strip():
        with reading(call.store_id) as tx:
            where.append(Customer.id.in_(matching(tx, call.query["q"])))
    return CUSTOMERS.page(call, *where)


@operation("POST", "/customers", summary="Add a customer", body=s.CustomerIn, answer=s.CustomerOut, status=201)
def post_customer(call: Call) -> Any:
    return CUSTOMERS.write(call, customers.create_customer, Person(call.body.name, call.body.email, call.body.phone))


@operation("GET", "/customers/{id}", summary="A customer", answer=s.CustomerOut)
def get_customer(call: Call, id: str) -> Any:
    return CUSTOMERS.read(call, number(id))


@operation("GET", "/customers/{id}/duplicates", summary="Others with the same address or phone number, at most 10 (R44)", answer=Listing[s.CustomerOut])
def list_duplicates(call: Call, id: str) -> Any:
    with reading(call.store_id) as tx:
        row = CUSTOMERS.row(tx, number(id))
        c = customer_list.one(tx, row.id)
        same = [] if c is None else [one.id for one in customer_list.duplicates_of(tx, c, row.email_canonical)]
        rows = tx.db.execute(select(Customer).where(Customer.store_id == tx.store_id, Customer.id.in_(same)).order_by(Customer.created_at)).all()
        return {"items": _customers(tx, rows), "next": None}


@operation("PATCH", "/customers/{id}", summary="Change a customer; a new address or number is unproven, and what the old one opened ends (I33, I41)", body=s.CustomerPatch,
           answer=s.CustomerOut)
def patch_customer(call: Call, id: str) -> Any:
    return CUSTOMERS.write(call, change_customer, number(id), given(call.body))


@operation("DELETE", "/customers/{id}", summary="Remove a customer without bookings", answer=Nothing)
def delete_customer(call: Call, id: str) -> None:
    CUSTOMERS.remove(call, customers.delete_customer, number(id))


@action
def change_customer(tx: Tx, customer_id: int, fields: dict[str, str]) -> Done:
    """`update_customer` with the fields that differ; the others stay as they are."""
    row = CUSTOMERS.row(tx, customer_id)
    now = {"name": row.name, "email": row.email or "", "phone": row.phone or ""}
    wanted = now | fields
    different = {name for name in fields if wanted[name].strip() != now[name]}
    return customers.update_customer.within(tx, customer_id, Person(wanted["name"], wanted["email"], wanted["phone"]), different)

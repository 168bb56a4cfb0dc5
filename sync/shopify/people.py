"""One customer brought in step: read there, settle here, write there only what differs (I25)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from booking.rules.decision import Refused
from booking.rules.two_way import name_parts
from booking.shopify.people import (
    RemoteCustomer, keep_apart, link_customer, note_refusal, settle_customer, unlink_customer,
)
from gateways.shopify import documents
from gateways.shopify.wire import Drift, UserErrors
from models.customer import Customer
from models.session import reading
from models.shopify_customer import ShopifyCustomer
from sync.shopify.shop import SYNC, Shop

OURS = {"namespace": "$app", "key": "customer", "type": "single_line_text_field"}
"""Marks a customer we created over there: if the answer was lost, the next try finds its own work."""


def read_customer(node: dict[str, Any]) -> RemoteCustomer:
    """From the fields of the API; Drift when they are not as agreed."""
    try:
        email, phone = node["defaultEmailAddress"], node["defaultPhoneNumber"]
        return RemoteCustomer(node["id"], node["firstName"], node["lastName"], email and email["emailAddress"], bool(node["verifiedEmail"]),
                              phone and phone["phoneNumber"], node["locale"], datetime.fromisoformat(node["updatedAt"]))
    except (KeyError, TypeError, ValueError) as error:
        raise Drift(f"a customer without {error}") from error


def ours(shop: Shop, subject: str, facts: dict[str, Any]) -> None:
    """A customer of ours has changed."""
    with reading(shop.store_id) as tx:
        row = tx.db.execute(select(
            Customer.id, Customer.shopify_id, Customer.email_canonical, Customer.email_verified_at, Customer.phone, Customer.name, Customer.locale,
            ShopifyCustomer.agreed).outerjoin(ShopifyCustomer, (ShopifyCustomer.store_id == Customer.store_id) & (
                ShopifyCustomer.customer_id == Customer.id)).where(
                    Customer.store_id == shop.store_id, Customer.id == int(subject), Customer.erased_at.is_(None))).one_or_none()
    if row is None or "apart" in (row.agreed or {}):
        return
    if row.shopify_id is not None:
        return theirs(shop, row.shopify_id, facts)
    identity = {"emailAddress": row.email_canonical} if row.email_canonical else {"phoneNumber": row.phone} if row.phone else None
    if identity is None:
        return  # a name alone is nobody Shopify could tell from others
    there = shop.run(documents.CUSTOMER_BY_IDENTIFIER, identifier=identity).get("customerByIdentifier")
    node = _create(shop, row) if there is None else there
    if there is not None and not _is_this_one(there, row):
        keep_apart(shop.store_id, SYNC, row.id, "address")
        return
    try:
        link_customer(shop.store_id, SYNC, row.id, node["id"])
    except Refused:
        keep_apart(shop.store_id, SYNC, row.id, "address")  # that person there is another customer of ours already
        return
    _settle(shop, node)


def theirs(shop: Shop, subject: str, facts: dict[str, Any]) -> None:
    """A customer over there has changed, or ours that is linked to it."""
    node = shop.run(documents.CUSTOMER_BY_ID, id=subject).get("customer")
    if node is None:
        unlink_customer(shop.store_id, SYNC, subject)
        return
    _settle(shop, node)


def _settle(shop: Shop, node: dict[str, Any]) -> None:
    facts = settle_customer(shop.store_id, SYNC, read_customer(node)).facts or {}
    to_them, customer_id = facts["to_them"], facts["customer_id"]
    if not to_them:
        return
    try:
        answer = shop.change(documents.CUSTOMER_UPDATE, input={"id": node["id"]} | _input(to_them))
    except UserErrors as refused:
        named = {name: value for name, value in to_them.items() if any(refused.about(part) for part in _input({name: value}))} or to_them
        note_refusal(shop.store_id, SYNC, customer_id, node["id"], named)
        rest = {name: value for name, value in to_them.items() if name not in named}
        if not rest:
            return
        answer = shop.change(documents.CUSTOMER_UPDATE, input={"id": node["id"]} | _input(rest))
    settle_customer(shop.store_id, SYNC, read_customer(answer["customer"]))


def _create(shop: Shop, row: Any) -> dict[str, Any]:
    values = {"name": row.name, "email": row.email_canonical, "phone": row.phone, "locale": row.locale}
    made = {name: value for name, value in _input({name: value for name, value in values.items() if value}).items() if value}
    made["metafields"] = [OURS | {"value": str(row.id)}]
    try:
        return shop.change(documents.CUSTOMER_CREATE, input=made)["customer"]
    except UserErrors as refused:
        if not refused.about("phone"):
            raise
        # Somebody else there has the number: the person is made without it.
        return shop.change(documents.CUSTOMER_CREATE, input={name: value for name, value in made.items() if name != "phone"})["customer"]


def _is_this_one(there: dict[str, Any], row: Any) -> bool:
    """We made it (an answer was lost), or both sides have verified the address (R9)."""
    mark = there.get("ours")
    return (mark is not None and mark["value"] == str(row.id)) or bool(there["verifiedEmail"] and row.email_verified_at)


def _input(values: dict[str, str | None]) -> dict[str, str | None]:
    made = {name: value for name, value in values.items() if name != "name"}
    if "name" in values:
        made["firstName"], made["lastName"] = name_parts(values["name"] or "")
    return made

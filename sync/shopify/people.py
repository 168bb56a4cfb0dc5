"""One customer brought in step: read there, settle here, write there only what differs (I25)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from booking.rules.consent import CHANNELS, Said
from booking.rules.decision import Refused
from booking.rules.two_way import full_name, name_parts
from booking.shopify.news import said_here
from booking.shopify.people import keep_apart, link_customer, note_creation, note_refusal, settle_customer, unlink_customer
from booking.shopify.remote import RemoteCustomer, remote_of
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
        return remote_of(node)
    except (KeyError, TypeError, ValueError) as error:
        raise Drift(f"a customer without {error}") from error


def ours(shop: Shop, subject: str, facts: dict[str, Any]) -> None:
    """A customer of ours has changed."""
    with reading(shop.store_id) as tx:
        row = tx.db.execute(select(
            Customer.id, Customer.shopify_id, Customer.email_canonical, Customer.email_verified_at, Customer.phone, Customer.name, Customer.locale,
            Customer.preferences, ShopifyCustomer.agreed, ShopifyCustomer.changed).outerjoin(ShopifyCustomer, (ShopifyCustomer.store_id == Customer.store_id) & (
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
        link_customer(shop.store_id, SYNC, row.id, node["id"], made_by_us=there is None or _has_our_mark(there, row))
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
    if facts["to_them"]:
        _send(shop, node["id"], facts["customer_id"], facts["to_them"])
    for channel, said in facts["news"].items():
        _tell_wish(shop, node["id"], facts["customer_id"], channel, said)


def _send(shop: Shop, gid: str, customer_id: int, to_them: dict[str, str | None]) -> None:
    try:
        answer = shop.change(documents.CUSTOMER_UPDATE, input={"id": gid} | _input(to_them))
    except UserErrors as refused:
        named = {name: value for name, value in to_them.items() if any(refused.about(part) for part in _input({name: value}))} or to_them
        note_refusal(shop.store_id, SYNC, customer_id, gid, named)
        rest = {name: value for name, value in to_them.items() if name not in named}
        if not rest:
            return
        answer = shop.change(documents.CUSTOMER_UPDATE, input={"id": gid} | _input(rest))
    settle_customer(shop.store_id, SYNC, read_customer(answer["customer"]))


def _tell_wish(shop: Shop, gid: str, customer_id: int, channel: str, said: Said) -> None:
    """Consent has mutations of its own, one for each channel."""
    document, key = (documents.EMAIL_CONSENT, "emailMarketingConsent") if channel == "email" else (documents.SMS_CONSENT, "smsMarketingConsent")
    try:
        answer = shop.change(document, input={"customerId": gid, key: _consent(said)})
    except UserErrors:
        note_refusal(shop.store_id, SYNC, customer_id, gid, {f"{channel}_news": said.wants})
        return
    settle_customer(shop.store_id, SYNC, read_customer(answer["customer"]))


def _consent(said: Said) -> dict[str, str]:
    made = {"marketingState": "SUBSCRIBED", "marketingOptInLevel": "SINGLE_OPT_IN"} if said.wants else {"marketingState": "UNSUBSCRIBED"}
    return made | ({"consentUpdatedAt": said.at.isoformat(timespec="seconds")} if said.at else {})


def _create(shop: Shop, row: Any) -> dict[str, Any]:
    values = {"name": full_name(row.name, None) or None, "email": row.email_canonical, "phone": row.phone, "locale": row.locale}
    try:
        return _create_with(shop, row, values)
    except UserErrors as refused:
        if not refused.about("phone"):
            raise
        # Somebody else there has the number: the person is made without it.
        return _create_with(shop, row, values | {"phone": None})


def _create_with(shop: Shop, row: Any, values: dict[str, str | None]) -> dict[str, Any]:
    made: dict[str, Any] = {name: value for name, value in _input({name: value for name, value in values.items() if value}).items() if value}
    made["metafields"] = [OURS | {"value": str(row.id)}]
    news = {}
    for channel, address in zip(CHANNELS, (values["email"], values["phone"]), strict=True):
        at = (row.changed or {}).get(f"{channel}_news")
        said = said_here(row.preferences, channel, datetime.fromisoformat(at) if at else None)
        if address and said.wants:
            made[f"{channel}MarketingConsent"], news[channel] = _consent(said), True
    note_creation(shop.store_id, SYNC, row.id, values | ({"news": news} if news else {}))
    return shop.change(documents.CUSTOMER_CREATE, input=made)["customer"]


def _is_this_one(there: dict[str, Any], row: Any) -> bool:
    """We made it (an answer was lost), or both sides have verified the address (R9)."""
    return _has_our_mark(there, row) or bool(there["verifiedEmail"] and row.email_verified_at)


def _has_our_mark(there: dict[str, Any], row: Any) -> bool:
    return (there.get("ours") or {}).get("value") == str(row.id)


def _input(values: dict[str, str | None]) -> dict[str, str | None]:
    made = {name: value for name, value in values.items() if name != "name"}
    if "name" in values:
        made["firstName"], made["lastName"] = name_parts(values["name"] or "")
    return made

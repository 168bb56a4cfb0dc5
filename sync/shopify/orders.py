"""An order as it is now at Shopify, handed to the action that brings our bookings in step (R43)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from booking.actions.people import Person
from booking.rules.money import exponent, share_of
from booking.rules.two_way import full_name
from booking.shopify.orders import PAID, START, RemoteLine, RemoteOrder, RemoteRefund, apply_order
from booking.shopify.people import settle_customer
from gateways.shopify import documents
from gateways.shopify.wire import Drift
from models.session import reading
from models.shopify_order import ShopifyOrderLine
from sync.shopify.people import read_customer
from sync.shopify.shop import SYNC, Shop

MARK = re.compile(r"\(opencals:([1-9][0-9]{0,18})\)")
GONE = frozenset({"FAILURE", "ERROR"})


def read(shop: Shop, subject: str, facts: dict[str, Any]) -> None:
    """Fetch and apply. An order nobody can read any more (deleted) changes nothing here; its bookings stay."""
    order = fetch(shop, subject)
    if order is None or not _concerns_us(shop, order):
        return
    customer_id = _customer(shop, order)
    apply_order(shop.store_id, SYNC, to_ours(order, customer_id))


def fetch(shop: Shop, gid: str) -> dict[str, Any] | None:
    """The order with every line, page by page."""
    order = shop.run(documents.ORDER_WITH_BOOKINGS, id=gid).get("order")
    page = order and order["lineItems"]
    while page and page["pageInfo"]["hasNextPage"]:
        more = shop.run(documents.ORDER_WITH_BOOKINGS, id=gid, after=page["pageInfo"]["endCursor"]).get("order")
        if more is None:
            return None
        page = more["lineItems"]
        order["lineItems"]["nodes"] += page["nodes"]
    return order


def to_ours(order: dict[str, Any], customer_id: int | None) -> RemoteOrder:
    """From GraphQL's shape; Drift when a field is not as agreed, and nothing is applied."""
    try:
        buyer = order["customer"] or {}
        email = order["email"] or (buyer.get("defaultEmailAddress") or {}).get("emailAddress") or ""
        person = Person(full_name(buyer.get("firstName"), buyer.get("lastName")) or ("" if email else order["name"]), email, order["phone"] or "")
        nodes = order["lineItems"]["nodes"]
        return RemoteOrder(
            order["id"], order["name"], order["cancelledAt"] is not None, order["displayFinancialStatus"] in PAID, order["currencyCode"],
            customer_id, person, tuple(_line(order, node, alone=len(nodes) == 1) for node in nodes))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Drift(f"an order without {error}") from error


def _line(order: dict[str, Any], node: dict[str, Any], *, alone: bool) -> RemoteLine:
    currency = order["currencyCode"]
    amount = minor(node["discountedUnitPriceAfterAllDiscountsSet"], currency) * node["quantity"]
    if not order["taxesIncluded"]:
        amount += sum(minor(tax["priceSet"], currency) for tax in node["taxLines"])
    refunds = [found for refund in order["refunds"] if (found := _refund(refund, node["id"], currency, alone)) is not None]
    return RemoteLine(
        node["id"], node["variant"] and node["variant"]["id"], node["quantity"], node["currentQuantity"], node["refundableQuantity"], amount,
        {pair["key"]: pair["value"] or "" for pair in node["customAttributes"]}, tuple(refunds))


def _refund(refund: dict[str, Any], line_gid: str, currency: str, alone: bool) -> RemoteRefund | None:
    """A refund's part for one line. Money without lines belongs to the line when the order has no other."""
    sent = [t for t in refund["transactions"]["nodes"] if t["status"] not in GONE]
    total = sum(minor(t["amountSet"], currency) for t in sent)
    parts = {item["lineItem"]["id"]: (item["quantity"], minor(item["subtotalSet"], currency) + minor(item["totalTaxSet"], currency))
             for item in refund["refundLineItems"]["nodes"]}
    found = MARK.search(refund["note"] or "")
    if line_gid in parts:
        quantity, amount = parts[line_gid]
        whole = sum(value for _, value in parts.values())
        amount = amount if total >= whole else share_of(amount, Fraction(total, whole))
    elif not parts and alone and total:
        quantity, amount = 0, total
    else:
        return None
    return RemoteRefund(refund["id"], quantity, amount, int(found[1]) if found else None, bool(sent) and all(t["status"] == "SUCCESS" for t in sent))


def minor(money: dict[str, Any], currency: str) -> int:
    """`{"shopMoney": {"amount": "40.00", "currencyCode": "USD"}}` in minor units, exactly."""
    value = money["shopMoney"]
    if value["currencyCode"] != currency:
        raise ValueError("currencyCode")
    exact = Fraction(value["amount"]) * 10 ** exponent(currency)
    return share_of(1, exact) if exact >= 0 else -share_of(1, -exact)


def major(amount: int, currency: str) -> str:
    """Minor units as Shopify takes money: `40.00`."""
    digits = exponent(currency)
    return f"{amount // 10**digits}.{amount % 10**digits:0{digits}d}" if digits else str(amount)


def _concerns_us(shop: Shop, order: dict[str, Any]) -> bool:
    """Known to us, or with a line that carries an appointment."""
    if any(pair["key"] == START for node in order["lineItems"]["nodes"] for pair in node["customAttributes"]):
        return True
    with reading(shop.store_id) as tx:
        return tx.db.execute(select(ShopifyOrderLine.line_gid).where(
            ShopifyOrderLine.store_id == shop.store_id, ShopifyOrderLine.order_gid == order["id"]).limit(1)).first() is not None


def _customer(shop: Shop, order: dict[str, Any]) -> int | None:
    """Our customer behind the order's; a guest order has none."""
    if order["customer"] is None:
        return None
    node = shop.run(documents.CUSTOMER_BY_ID, id=order["customer"]["id"]).get("customer")
    facts = settle_customer(shop.store_id, SYNC, read_customer(node)).facts if node else None
    return (facts or {}).get("customer_id")


def lines_of(order: dict[str, Any], gids: Sequence[str]) -> list[dict[str, Any]]:
    return [node for node in order["lineItems"]["nodes"] if node["id"] in gids]

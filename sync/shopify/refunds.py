"""Money back through Shopify, once, and an order told that its booking is over (R23, R24, R43)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from booking.shopify.refunds import Wanted, fail_refund, release_line, settle_refund, wanted
from gateways.shopify import documents
from gateways.shopify.wire import UserErrors
from models.booking import Booking
from models.refund import Refund
from models.session import reading
from models.shopify_order import ShopifyOrderLine
from sync.shopify.orders import GONE, MARK, fetch, lines_of, major, minor
from sync.shopify.shop import SYNC, Shop

TAG = "appointment-cancelled"


def execute(shop: Shop, subject: str, facts: dict[str, Any]) -> None:
    """Carry out a refund. Before asking we look whether an earlier try has had its effect; the key never changes."""
    with reading(shop.store_id) as tx:
        parts = wanted(tx, int(subject))
    for part in parts:
        order = fetch(shop, part.order_gid)
        if order is None:
            fail_refund(shop.store_id, SYNC, part, "the order is gone")
        elif (made := _made_before(order, part)) is not None:
            _note(shop, part, made)
        else:
            _send(shop, part, order)


def _made_before(order: dict[str, Any], part: Wanted) -> dict[str, Any] | None:
    return next((refund for refund in order["refunds"] if (found := MARK.search(refund["note"] or "")) and int(found[1]) == part.refund_id), None)


def _send(shop: Shop, part: Wanted, order: dict[str, Any]) -> None:
    lines = [{"lineItemId": node["id"], "quantity": node["refundableQuantity"], "restockType": "NO_RESTOCK"}
             for node in lines_of(order, [part.line_gid]) if node["refundableQuantity"]]
    suggested = shop.run(documents.SUGGESTED_REFUND, id=part.order_gid, lines=lines)["order"]["suggestedRefund"]
    transactions, left = [], part.amount
    for way in suggested["suggestedTransactions"]:
        room = minor(way["maximumRefundableSet"] or way["amountSet"], part.currency)
        if way["parentTransaction"] and (amount := min(left, room)):
            transactions.append({"orderId": part.order_gid, "parentId": way["parentTransaction"]["id"], "kind": "REFUND", "gateway": way["gateway"],
                                 "amount": major(amount, part.currency)})
            left -= amount
    if left:
        fail_refund(shop.store_id, SYNC, part, "less is left to refund on the order than is owed")
        return
    # A cancelled booking takes its line along; money alone leaves the line as it is.
    ends = lines if part.pieces else []
    try:
        answer = shop.change(documents.REFUND_CREATE, key=f"opencals-refund-{part.refund_id}", input={
            "orderId": part.order_gid, "note": f"Booking {part.booking_ref} (opencals:{part.refund_id})", "notify": False,
            "refundLineItems": ends, "transactions": transactions})
    except UserErrors as refused:
        fail_refund(shop.store_id, SYNC, part, str(refused))
        return
    _note(shop, part, answer["refund"])


def _note(shop: Shop, part: Wanted, refund: dict[str, Any]) -> None:
    sent = refund["transactions"]["nodes"]
    if any(transaction["status"] in GONE for transaction in sent):
        fail_refund(shop.store_id, SYNC, part, "the payment provider refused it")
        return
    settle_refund(shop.store_id, SYNC, part, refund["id"], settled=all(transaction["status"] == "SUCCESS" for transaction in sent))


def cancelled_line(shop: Shop, subject: str, facts: dict[str, Any]) -> None:
    """A booking that came with an order was cancelled here: do to the order what the merchant has chosen (R43)."""
    with reading(shop.store_id) as tx:
        row = tx.db.execute(select(Booking.ref, ShopifyOrderLine.order_gid).join(
            ShopifyOrderLine, (ShopifyOrderLine.store_id == Booking.store_id) & (ShopifyOrderLine.booking_id == Booking.id)).where(
                Booking.store_id == shop.store_id, Booking.id == int(subject), ShopifyOrderLine.state == "booked")).first()
        refund_id = tx.db.execute(select(Refund.id).where(
            Refund.store_id == shop.store_id, Refund.booking_id == int(subject), Refund.cause == "cancellation", Refund.amount > 0,
            Refund.outcome != "credit")).scalar()
    if row is None:
        return
    if shop.on_cancel in ("refund_line", "cancel_order") and refund_id is not None:
        execute(shop, str(refund_id), {})
    if shop.on_cancel == "cancel_order" and _nothing_else_in(shop, row.order_gid, int(subject)):
        _cancel_order(shop, row.order_gid, row.ref)
    elif shop.on_cancel != "nothing":
        _tag(shop, row.order_gid, row.ref)
    release_line(shop.store_id, SYNC, int(subject))


def _nothing_else_in(shop: Shop, order_gid: str, booking_id: int) -> bool:
    """Whether every line of the order is a booking that is over: an order with anything else is never cancelled whole."""
    order = fetch(shop, order_gid)
    with reading(shop.store_id) as tx:
        over = set(tx.db.execute(select(ShopifyOrderLine.line_gid).join(
            Booking, (Booking.store_id == ShopifyOrderLine.store_id) & (Booking.id == ShopifyOrderLine.booking_id)).where(
                ShopifyOrderLine.store_id == shop.store_id, ShopifyOrderLine.order_gid == order_gid,
                Booking.status.in_(("cancelled", "declined", "expired")))).scalars())
    return order is not None and all(node["id"] in over for node in order["lineItems"]["nodes"])


def _cancel_order(shop: Shop, order_gid: str, ref: str) -> None:
    """The money has gone back by then, as much as the policy says: cancelling gives back no more."""
    order = shop.run(documents.ORDER_NOTE, id=order_gid).get("order")
    if order is not None and order["cancelledAt"] is None:
        shop.change(documents.ORDER_CANCEL, id=order_gid, refundMethod={"originalPaymentMethodsRefund": False}, note=f"Booking {ref} was cancelled.")


def _tag(shop: Shop, order_gid: str, ref: str) -> None:
    """A tag to find it by and a line in its note, each once."""
    order = shop.run(documents.ORDER_NOTE, id=order_gid).get("order")
    if order is None:
        return
    if TAG not in order["tags"]:
        shop.change(documents.TAGS_ADD, id=order_gid, tags=[TAG])
    if ref not in (order["note"] or ""):
        shop.change(documents.ORDER_UPDATE, input={"id": order_gid, "note": "\n".join(filter(None, (order["note"], f"Booking {ref} was cancelled.")))})

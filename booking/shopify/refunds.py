"""Our refunds of money that came through Shopify: what is to be sent, and what came of it (R23, R24)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from booking.actions.action import Done, action
from booking.actions.refund_parts import locked_refund, mark, settle, tell_paid
from booking.shopify.due import connected
from booking.shopify.tasks import note
from models.booking import Booking
from models.payment import Payment
from models.refund import Refund, RefundLine
from models.session import Tx
from models.shopify_install import ShopifyInstall
from models.shopify_order import ShopifyOrderLine, ShopifyRefund


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part of a refund to carry out: `amount` of one line of one order. `pieces` is None for money alone, else those that end."""

    refund_id: int
    part_id: int
    booking_ref: str
    order_gid: str
    line_gid: str
    amount: int
    currency: str
    pieces: int | None


def wanted(tx: Tx, refund_id: int) -> list[Wanted]:
    """The parts still to be sent; empty when it waits for the merchant, is done, or is not Shopify's money."""
    rows = tx.db.execute(select(
        Refund.id, RefundLine.id.label("part_id"), RefundLine.state, Refund.mode, Refund.cause, Refund.currency, RefundLine.amount,
        ShopifyOrderLine.line_gid, ShopifyOrderLine.order_gid, ShopifyOrderLine.quantity, Booking.ref, ShopifyInstall.on_cancel).join(
            RefundLine, (RefundLine.store_id == Refund.store_id) & (RefundLine.refund_id == Refund.id)).join(
                Payment, (Payment.store_id == RefundLine.store_id) & (Payment.id == RefundLine.payment_id)).join(
                    ShopifyOrderLine, (ShopifyOrderLine.store_id == Payment.store_id) & (ShopifyOrderLine.payment_id == Payment.id)).join(
                        Booking, (Booking.store_id == Refund.store_id) & (Booking.id == Refund.booking_id)).join(
                            ShopifyInstall, ShopifyInstall.store_id == Refund.store_id).where(
        Refund.store_id == tx.store_id, Refund.id == refund_id, Payment.method == "shopify", Refund.outcome != "credit")).all()
    found = []
    for row in rows:
        now = row.state == "pending" or (row.state == "owed" and (row.mode == "automatic" or row.on_cancel in ("refund_line", "cancel_order")
                                                                  and row.cause == "cancellation"))
        if now:
            found.append(Wanted(row.id, row.part_id, row.ref, row.order_gid, row.line_gid, row.amount, row.currency,
                                row.quantity if row.cause == "cancellation" else None))
    return found


def parts_at_shop(tx: Tx, refund_id: int) -> set[int]:
    """Parts of this refund that go back through Shopify: their money came from an order there, and the shop is connected."""
    return set(tx.db.execute(select(RefundLine.id).join(
        Payment, (Payment.store_id == RefundLine.store_id) & (Payment.id == RefundLine.payment_id)).join(
            ShopifyOrderLine, (ShopifyOrderLine.store_id == Payment.store_id) & (ShopifyOrderLine.payment_id == Payment.id)).where(
                RefundLine.store_id == tx.store_id, RefundLine.refund_id == refund_id, Payment.method == "shopify")).scalars()) \
        if connected(tx) else set()


@action
def settle_refund(tx: Tx, part: Wanted, refund_gid: str, *, settled: bool) -> Done:
    """Shopify has taken it: succeeded, or pending until its money has moved."""
    tx.db.execute(upsert(ShopifyRefund).values(
        store_id=tx.store_id, refund_gid=refund_gid, line_gid=part.line_gid, refund_id=part.refund_id, amount=part.amount, created_at=tx.now,
    ).on_conflict_do_nothing())
    note_part(tx, part.refund_id, part.part_id, part.amount, "succeeded" if settled else "pending")
    return Done()


def note_part(tx: Tx, refund_id: int, part_id: int, amount: int, state: str) -> None:
    """What became at Shopify of one part of a refund; the others stay as they are. Who was owed it hears when it is paid."""
    refund = locked_refund(tx, refund_id)
    before = tx.db.execute(select(RefundLine.state).where(RefundLine.store_id == tx.store_id, RefundLine.id == part_id)).scalar_one()
    if refund is None or before in ("succeeded", state):
        return
    mark(tx, [part_id], state)
    after = settle(tx, refund_id, refund.booking_id)
    # What goes back with the very change that owed it is told there.
    if state == "succeeded" and refund.mode == "manual" and refund.created_at < tx.now:
        tell_paid(tx, refund.booking_id, {"shopify": amount}, f"part{part_id}")
    tx.audit("settle_refund", subject="refund", subject_id=refund_id, booking_id=refund.booking_id, before={"state": refund.state},
             after={"state": after}, amount=amount, through="shopify")


@action
def fail_refund(tx: Tx, part: Wanted, why: str) -> Done:
    """It cannot be carried out there: owed as before, and somebody of the shop is told (R23)."""
    refund = locked_refund(tx, part.refund_id)
    before = tx.db.execute(select(RefundLine.state).where(RefundLine.store_id == tx.store_id, RefundLine.id == part.part_id)).scalar_one()
    if refund is not None and before in ("owed", "pending"):
        mark(tx, [part.part_id], "failed")
        settle(tx, part.refund_id, refund.booking_id)
        tx.audit("fail_refund", subject="refund", subject_id=part.refund_id, booking_id=refund.booking_id, before={"state": refund.state},
                 after={"state": "failed"})
    note(tx, "refund_failed", str(part.refund_id), booking=part.booking_ref, amount=part.amount, currency=part.currency, why=why[:200])
    return Done()


@action
def release_line(tx: Tx, booking_id: int) -> Done:
    """The order has been told that this booking is over."""
    tx.db.execute(update(ShopifyOrderLine).where(
        ShopifyOrderLine.store_id == tx.store_id, ShopifyOrderLine.booking_id == booking_id, ShopifyOrderLine.state == "booked",
    ).values(state="released"))
    return Done()

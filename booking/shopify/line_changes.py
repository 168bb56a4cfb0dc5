"""What happens to a line of an order happens to its booking: it ends, or money has gone back (R43, R23)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from booking.actions.cancel_booking import cancel_booking
from booking.documents.issue import issue
from booking.rules.decision import Refused
from booking.rules.status import CLOSED
from booking.shopify.tasks import note
from models.base import new_id
from models.booking_summary import find_by_id
from models.payment import Payment
from models.refund import Refund, RefundLine
from models.session import Tx
from models.shopify_order import ShopifyOrderLine, ShopifyRefund

if TYPE_CHECKING:
    from booking.shopify.orders import RemoteLine

WAITS = ("owed", "pending", "failed")


def end_booking(tx: Tx, booking_id: int, line: RemoteLine, *, order_cancelled: bool, pieces: int) -> None:
    """Cancel the booking, or as many seats of it as pieces are gone. What the shop gave back there is what comes back here."""
    b = find_by_id(tx, booking_id)
    assert b is not None, "the line's foreign key"
    all_gone = pieces >= line.quantity
    if all_gone:
        # First: the database would send our cancellation back to the order otherwise (the loop guard of R43).
        tx.db.execute(update(ShopifyOrderLine).where(ShopifyOrderLine.store_id == tx.store_id, ShopifyOrderLine.line_gid == line.gid).values(
            state="released"))
    drops = b.seats if all_gone else pieces - (line.quantity - b.seats)
    if b.status in CLOSED or drops <= 0:
        return
    back = min(sum(refund.amount for refund in _unknown(tx, line)), b.paid - b.refunded - b.owed)
    try:
        cancel_booking.within(tx, b.ref, refund=back, seats=drops, override=True,
                              reason="The order was cancelled." if order_cancelled else "The item was refunded.")
    except Refused as refused:
        note(tx, "booking_stays", line.gid, booking_id=str(booking_id), code=refused.code, state=b.status)


def record_refunds(tx: Tx, booking_id: int, payment_id: int | None, line: RemoteLine) -> None:
    """Money that went back at Shopify, each refund once. Ours are settled; the shop's own pay what was owed, or are noted as goodwill."""
    for refund in line.refunds:
        if refund.mark is not None and refund.settled:
            tx.db.execute(update(Refund).where(Refund.store_id == tx.store_id, Refund.id == refund.mark, Refund.state.in_(WAITS)).values(
                state="succeeded", settled_at=tx.now))
    for refund in _unknown(tx, line):
        left = refund.amount
        owed = tx.db.execute(select(Refund.id, Refund.amount).where(
            Refund.store_id == tx.store_id, Refund.booking_id == booking_id, Refund.state.in_(WAITS), Refund.outcome != "credit",
        ).order_by(Refund.created_at).with_for_update()).all()
        for row in owed:
            if refund.mark is None and row.amount <= left:
                tx.db.execute(update(Refund).where(Refund.store_id == tx.store_id, Refund.id == row.id).values(state="succeeded", settled_at=tx.now))
                left -= row.amount
        if refund.mark is None and left:
            _note_goodwill(tx, booking_id, payment_id, left)
        ours = refund.mark is not None and tx.db.execute(select(Refund.id).where(
            Refund.store_id == tx.store_id, Refund.id == refund.mark, Refund.booking_id == booking_id)).first() is not None
        tx.db.execute(upsert(ShopifyRefund).values(
            store_id=tx.store_id, refund_gid=refund.gid, line_gid=line.gid, refund_id=refund.mark if ours else None, amount=refund.amount, created_at=tx.now,
        ).on_conflict_do_nothing())
        tx.audit("record_refund", booking_id=booking_id, amount=refund.amount, refund=refund.gid)
    tx.last(issue, booking_id)


def _unknown(tx: Tx, line: RemoteLine) -> list:
    seen = set(tx.db.execute(select(ShopifyRefund.refund_gid).where(
        ShopifyRefund.store_id == tx.store_id, ShopifyRefund.line_gid == line.gid)).scalars())
    return [refund for refund in line.refunds if refund.gid not in seen]


def _note_goodwill(tx: Tx, booking_id: int, payment_id: int | None, amount: int) -> None:
    """The shop's own decision, carried out over there: an entry of its own, never more than what was taken (I2)."""
    payment = tx.db.execute(select(Payment.id, Payment.amount, Payment.refunded, Payment.currency).where(
        Payment.store_id == tx.store_id, Payment.id == payment_id).with_for_update()).one_or_none()
    amount = 0 if payment is None else min(amount, payment.amount - payment.refunded)
    if payment is None or not amount:
        return
    refund_id = new_id()
    tx.db.execute(insert(Refund).values(
        store_id=tx.store_id, id=refund_id, booking_id=booking_id, cause="goodwill", outcome="full" if amount == payment.amount else "partial",
        mode="manual", state="succeeded", amount=amount, currency=payment.currency, created_at=tx.now, settled_at=tx.now))
    tx.db.execute(insert(RefundLine).values(store_id=tx.store_id, id=new_id(), refund_id=refund_id, payment_id=payment.id, amount=amount))

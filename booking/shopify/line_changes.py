"""What happens to a line of an order happens to its booking: it ends, or money has gone back (R43, R23)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from booking.actions.cancel_booking import cancel_booking
from booking.actions.refund_parts import owed_lines
from booking.documents.issue import issue
from booking.rules.decision import Refused
from booking.rules.status import CLOSED
from booking.shopify.refunds import note_part
from booking.shopify.tasks import note
from models.base import new_id
from models.booking_summary import find_by_id
from models.payment import Payment
from models.refund import Refund, RefundLine
from models.session import Tx
from models.shopify_order import ShopifyOrderLine, ShopifyRefund

if TYPE_CHECKING:
    from booking.shopify.orders import RemoteLine


def end_booking(tx: Tx, booking_id: int, payment_id: int | None, line: RemoteLine, *, order_cancelled: bool, pieces: int) -> None:
    """Cancel the booking, or as many seats of it as pieces are gone. What the shop gave back there is what comes back of the order's
    payment; what else was paid comes back as when the shop cancels (R30)."""
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
    back = sum(refund.amount for refund in _unknown(tx, line))
    try:
        cancel_booking.within(tx, b.ref, given=(payment_id or 0, back), seats=drops, override=True,
                              reason="The order was cancelled." if order_cancelled else "The item was refunded.")
    except Refused as refused:
        note(tx, "booking_stays", line.gid, booking_id=str(booking_id), code=refused.code, state=b.status)


def record_refunds(tx: Tx, booking_id: int, payment_id: int | None, line: RemoteLine) -> None:
    """Money that went back at Shopify, each refund once. Ours are settled; the shop's own pay what was owed of this payment, or are
    noted as goodwill. What else the booking was paid with is none of the order's business (R24)."""
    if payment_id is None:
        return
    for refund in line.refunds:
        if refund.mark is not None and refund.settled:
            for part in owed_lines(tx, payment_id, RefundLine.refund_id == refund.mark):
                note_part(tx, part.refund_id, part.id, part.amount, "succeeded")
    for refund in _unknown(tx, line):
        if refund.mark is None:
            _note_shops_own(tx, booking_id, payment_id, refund.amount)
        ours = refund.mark is not None and tx.db.execute(select(Refund.id).where(
            Refund.store_id == tx.store_id, Refund.id == refund.mark, Refund.booking_id == booking_id)).first() is not None
        tx.db.execute(upsert(ShopifyRefund).values(
            store_id=tx.store_id, refund_gid=refund.gid, line_gid=line.gid, refund_id=refund.mark if ours else None, amount=refund.amount, created_at=tx.now,
        ).on_conflict_do_nothing())
        tx.audit("record_refund", booking_id=booking_id, amount=refund.amount, refund=refund.gid)
    tx.last(issue, booking_id)


def _note_shops_own(tx: Tx, booking_id: int, payment_id: int, amount: int) -> None:
    """What the shop gave back over there by itself: first what it owed of this payment, whole parts, the oldest first."""
    for part in owed_lines(tx, payment_id):
        if part.amount <= amount:
            note_part(tx, part.refund_id, part.id, part.amount, "succeeded")
            amount -= part.amount
    if amount:
        _note_goodwill(tx, booking_id, payment_id, amount)


def _unknown(tx: Tx, line: RemoteLine) -> list:
    seen = set(tx.db.execute(select(ShopifyRefund.refund_gid).where(
        ShopifyRefund.store_id == tx.store_id, ShopifyRefund.line_gid == line.gid)).scalars())
    return [refund for refund in line.refunds if refund.gid not in seen]


def _note_goodwill(tx: Tx, booking_id: int, payment_id: int, amount: int) -> None:
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

"""A refund that someone made in the provider's own dashboard, brought into the books (R24, I2, I17)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, and_, insert, select

from booking.actions.action import Done, action
from booking.actions.carry_refund import SETTLED_SLOWLY
from booking.actions.refund_parts import note_given, owed_lines, settle, tell_paid
from booking.documents.issue import issue
from models.base import new_id
from models.booking import Booking
from models.intent import Intent
from models.payment import Payment
from models.payment_account import taken_by
from models.refund import Refund, RefundLine
from models.refund_intent import RefundIntent
from models.session import Tx


@action
def note_outside_refund(tx: Tx, payment_ref: str, reference: str, amount: int, state: str) -> Done:
    """What is owed in the same amount is paid with it; otherwise it is a refund of its own in our books, as far as the payment has
    something left. Of a payment that bookings share, all that is owed for them together may be what it pays; else it is taken off their
    parts, the soonest first. `facts`: refund_id, the first of them.
    """
    payments = tx.db.execute(select(Payment.id, Payment.booking_id, Payment.currency, Intent.account_id).join(Intent, taken_by()).join(
        Booking, and_(Booking.store_id == Payment.store_id, Booking.id == Payment.booking_id)).where(
            Payment.store_id == tx.store_id, Payment.provider_ref == payment_ref).order_by(Booking.starts_at, Booking.id)).all()
    if not payments or state == "failed":
        return Done()
    tx.db.execute(select(Booking.id).where(
        Booking.store_id == tx.store_id, Booking.id.in_([payment.booking_id for payment in payments])).order_by(Booking.id).with_for_update())
    left = dict(tx.db.execute(select(Payment.id, Payment.amount - Payment.refunded).where(
        Payment.store_id == tx.store_id, Payment.id.in_([payment.id for payment in payments])).order_by(Payment.id).with_for_update()).all())
    known = tx.db.execute(select(RefundIntent.id).where(RefundIntent.store_id == tx.store_id, RefundIntent.provider_ref == reference)).first()
    if known is not None:
        return Done()
    settled = _owed(tx, payments, amount)
    refunds = [_settle(tx, payment, line, reference, state, len(settled) > 1) for payment, line in settled]
    if not settled:
        shares = []
        for payment in payments:
            shares.append(min(amount - sum(shares), left[payment.id]))
        refunds = [_write(tx, payment, share, share == left[payment.id], reference, state, sum(map(bool, shares)) > 1)
                   for payment, share in zip(payments, shares, strict=True) if share > 0]
    return Done(facts={"refund_id": refunds[0]}) if refunds else Done()


def _owed(tx: Tx, payments: Sequence[Row], amount: int) -> list[tuple[Row, Row]]:
    """The parts of open refunds it pays, each with its payment: one of just this amount, or all that is owed of what bookings share."""
    owed = [(payment, line) for payment in payments for line in owed_lines(tx, payment.id)]
    alone = [one for one in owed if one[1].amount == amount][:1]
    return alone or (owed if len(payments) > 1 and sum(line.amount for _, line in owed) == amount else [])


def _settle(tx: Tx, payment: Row, line: Row, reference: str, state: str, spread: bool) -> int:
    _note(tx, payment, line, line.amount, reference, state, spread)
    if state == "succeeded" and line.mode == "manual":
        tell_paid(tx, payment.booking_id, {"card": line.amount}, f"part{line.id}")
    tx.audit("settle_refund", subject="refund", subject_id=line.refund_id, booking_id=payment.booking_id, amount=line.amount, outside=True,
             after={"state": settle(tx, line.refund_id, payment.booking_id)})
    return line.refund_id


def _write(tx: Tx, payment: Row, amount: int, whole: bool, reference: str, state: str, spread: bool) -> int:
    refund_id, over = new_id(), state == "succeeded"
    tx.db.execute(insert(Refund).values(
        store_id=tx.store_id, id=refund_id, booking_id=payment.booking_id, cause="goodwill", outcome="full" if whole else "partial",
        mode="manual", state=state, amount=amount, kept=0, currency=payment.currency, created_at=tx.now, settled_at=tx.now if over else None))
    line = tx.db.execute(insert(RefundLine).values(
        store_id=tx.store_id, id=new_id(), refund_id=refund_id, payment_id=payment.id, amount=amount,
    ).returning(RefundLine.id, RefundLine.refund_id)).one()
    _note(tx, payment, line, amount, reference, state, spread)
    if over:
        tx.last(issue, payment.booking_id)
    tx.audit("refund_outside", subject="refund", subject_id=refund_id, booking_id=payment.booking_id, amount=amount)
    return refund_id


def _note(tx: Tx, payment: Row, line: Row, amount: int, reference: str, state: str, spread: bool) -> None:
    over = state == "succeeded"
    note_given(tx, line, payment.id, payment.account_id, amount, state=state, provider_ref=reference, spread=spread,
               settled_at=tx.now if over else None, check_at=None if over else tx.now + SETTLED_SLOWLY)

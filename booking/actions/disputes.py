"""A payment the customer's bank disputes: shown, told to the shop, and in the ledger once it is lost (I2, I17, R24)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from booking import notices
from booking.actions.action import Done, action
from booking.actions.lost_dispute import outstanding, settle_lost, take_back
from booking.rules.money import split
from models.base import new_id
from models.booking import Booking
from models.booking_summary import find_by_id
from models.dispute import CLOSED, Dispute
from models.payment import Payment
from models.session import Tx


@dataclass(frozen=True, slots=True)
class Disputed:
    """A dispute as the provider tells it. `refundable`: whether its payment can still be refunded there."""

    reference: str
    amount: int
    reason: str
    status: str
    refundable: bool
    answered: bool
    due_by: datetime | None
    made_at: datetime


@action
def record_dispute(tx: Tx, account_id: int, payment_ref: str, told: Disputed) -> Done:
    """Take over what the provider says. Lost: the money has gone back to the customer, and the ledger says so too; won on appeal:
    that is taken back. Repeating it changes nothing; payments that are not ours are passed over. Of one that several bookings share each
    part is disputed for itself. `facts`: dispute_id, the first of them."""
    mine = (Payment.store_id == tx.store_id, Payment.provider_ref == payment_ref)
    tx.db.execute(select(Booking.id).where(
        Booking.store_id == tx.store_id, Booking.id.in_(select(Payment.booking_id).where(*mine))).order_by(Booking.id).with_for_update())
    payments = tx.db.execute(select(
        Payment.id, Payment.booking_id, Payment.currency, Payment.amount, (Payment.amount - Payment.refunded).label("left"),
    ).where(*mine).order_by(Payment.id)).all()
    if not payments:
        return Done()
    shares = split(told.amount, _weights(tx, told, payments))
    ids = [_record(tx, account_id, payment, replace(told, amount=share)) for payment, share in zip(payments, shares, strict=True)]
    return Done(facts={"dispute_id": ids[0]})


def _weights(tx: Tx, told: Disputed, payments: Sequence[Row]) -> list[int]:
    """What the parts of a payment have of its dispute: as when it was first heard of, for what a lost one gives counts as given back
    itself. Then by what of each was not given back before: no bank takes that a second time."""
    known = dict(tx.db.execute(select(Dispute.payment_id, Dispute.amount).where(
        Dispute.store_id == tx.store_id, Dispute.provider_ref == told.reference)).all())
    if any(known.values()):
        return [known.get(payment.id, 0) for payment in payments]
    left = [payment.left for payment in payments]
    return left if any(left) and sum(left) >= told.amount else [payment.amount for payment in payments]


def _record(tx: Tx, account_id: int, payment: Row, told: Disputed) -> int:
    new = tx.db.execute(upsert(Dispute).values(
        store_id=tx.store_id, id=new_id(), provider_ref=told.reference, account_id=account_id, payment_id=payment.id, booking_id=payment.booking_id,
        amount=told.amount, currency=payment.currency, reason=told.reason, made_at=told.made_at, **_state(tx, told),
    ).on_conflict_do_nothing().returning(Dispute.id)).scalar() is not None
    row = tx.db.execute(select(Dispute).where(
        Dispute.store_id == tx.store_id, Dispute.provider_ref == told.reference, Dispute.payment_id == payment.id).with_for_update()).one()
    before = None if new else row.status
    if before == told.status and (row.refundable, row.answered, row.due_by) == (told.refundable, told.answered, told.due_by) and row.amount == told.amount:
        return row.id
    tx.db.execute(update(Dispute).where(Dispute.store_id == tx.store_id, Dispute.id == row.id).values(**_state(tx, told), amount=told.amount))
    if told.status == "lost" and (before != "lost" or row.given is not None):
        settle_lost(tx, row.id)
    elif told.status == "won":
        take_back(tx, row)
    if before != told.status:
        tx.audit("payment_disputed" if new else "dispute_changed", booking_id=payment.booking_id, subject="dispute", subject_id=row.id,
                 before=None if new else {"dispute": before}, after={"dispute": told.status}, amount=told.amount, reason=told.reason)
        if told.amount:  # else nothing of this part is disputed
            _tell(tx, payment.booking_id, row.id, new, told)
    return row.id


def _state(tx: Tx, told: Disputed) -> dict[str, Any]:
    return {"status": told.status, "refundable": told.refundable, "answered": told.answered, "due_by": told.due_by, "looked_at": tx.now,
            "closed_at": tx.now if told.status in CLOSED else None}


def _tell(tx: Tx, booking_id: int, dispute_id: int, new: bool, told: Disputed) -> None:
    """The shop hears of a new dispute, and how it ended."""
    over = told.status in CLOSED
    if not new and not over:
        return
    b = find_by_id(tx, booking_id)
    assert b is not None
    if over:
        notices.tell_merchant(tx, "merchant_dispute_closed", b, once=f"{dispute_id}:{told.status}", dispute={
            "amount": told.amount, "status": told.status, "owed": max(0, b.owed - outstanding(tx, booking_id))})
    else:
        notices.tell_merchant(tx, "merchant_dispute_opened", b, once=str(dispute_id), dispute={
            "amount": told.amount, "reason": told.reason, "inquiry": told.status.startswith("warning"), "refundable": told.refundable,
            "due_by": told.due_by.isoformat() if told.due_by else None})

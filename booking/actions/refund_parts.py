"""The parts of a refund, one for each payment it goes back to, and what follows from what became of them (R24, I2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, insert, select, update
from sqlalchemy.orm import aliased

from booking import notices
from booking.documents.issue import issue
from booking.keys import settings
from models.base import new_id
from models.booking import Booking
from models.booking_summary import find_by_id
from models.dispute import blocked
from models.intent import Intent
from models.payment import Payment
from models.payment_account import taken_by, through_provider
from models.refund import Refund, RefundLine
from models.refund_intent import RefundIntent
from models.session import Tx

OPEN = ("owed", "pending", "failed")
WAITS = ("owed", "failed")
"""States of a part, and of its refund, that wait for someone of the shop."""


def locked_refund(tx: Tx, refund_id: int) -> Row | None:
    """The refund, its booking's row locked before its own: the order every change of money keeps."""
    booking_id = tx.db.execute(select(Refund.booking_id).where(Refund.store_id == tx.store_id, Refund.id == refund_id)).scalar()
    if booking_id is None:
        return None
    tx.db.execute(select(Booking.id).where(Booking.store_id == tx.store_id, Booking.id == booking_id).with_for_update())
    return tx.db.execute(select(Refund.state, Refund.booking_id, Refund.amount, Refund.currency, Refund.mode, Refund.created_at).where(
        Refund.store_id == tx.store_id, Refund.id == refund_id).with_for_update()).one()


def lines_of(tx: Tx, refund_id: int) -> Sequence[Row]:
    """(id, payment, amount, state, ..., `live`: the state of the provider's refund that is on the way or done for it, `by_provider`:
    whether it can go back through the provider)."""
    live = and_(RefundIntent.store_id == RefundLine.store_id, RefundIntent.line_id == RefundLine.id, RefundIntent.state != "failed")
    tried = aliased(RefundIntent)
    attempts = select(func.count()).select_from(tried).where(
        tried.store_id == RefundLine.store_id, tried.line_id == RefundLine.id).correlate(RefundLine).scalar_subquery()
    return tx.db.execute(select(
        RefundLine.id, RefundLine.payment_id, RefundLine.amount, RefundLine.state, Payment.method, Payment.provider_ref, Intent.account_id,
        RefundIntent.state.label("live"), attempts.label("attempts"), blocked().label("blocked"),
        through_provider(settings().stripe_test_mode).label("by_provider"),
    ).join(Payment, and_(Payment.store_id == RefundLine.store_id, Payment.id == RefundLine.payment_id)).outerjoin(
        Intent, taken_by()).outerjoin(RefundIntent, live).where(
            RefundLine.store_id == tx.store_id, RefundLine.refund_id == refund_id).order_by(RefundLine.id)).all()


def mark(tx: Tx, line_ids: Iterable[int], state: str, *, by_hand: bool = False) -> None:
    """Note what became of these parts; the database lets the refund and its booking follow."""
    tx.db.execute(update(RefundLine).where(RefundLine.store_id == tx.store_id, RefundLine.id.in_(list(line_ids))).values(
        state=state, by_hand=by_hand, settled_at=tx.now if state == "succeeded" else None))


def settle(tx: Tx, refund_id: int, booking_id: int) -> str:
    """What follows once the parts are noted: credit notes for what came back, and once nothing goes on by itself any more, a refund
    that waits for the shop. The refund's state."""
    refund = tx.db.execute(select(Refund.state, Refund.mode).where(Refund.store_id == tx.store_id, Refund.id == refund_id)).one()
    if refund.state in WAITS and refund.mode == "automatic" and not _goes_on(tx, refund_id):
        tx.db.execute(update(Refund).where(Refund.store_id == tx.store_id, Refund.id == refund_id).values(mode="manual"))
    tx.last(issue, booking_id)
    return refund.state


def _goes_on(tx: Tx, refund_id: int) -> bool:
    """Whether a part is on its way, or is about to be sent to the online shop."""
    return tx.db.execute(select(RefundLine.id).join(
        Payment, and_(Payment.store_id == RefundLine.store_id, Payment.id == RefundLine.payment_id)).where(
            RefundLine.store_id == tx.store_id, RefundLine.refund_id == refund_id,
            (RefundLine.state == "pending") | and_(RefundLine.state == "owed", Payment.method == "shopify")).limit(1)).first() is not None


def tell_paid(tx: Tx, booking_id: int, paid: dict[str, int], once: str) -> None:
    """Tell the customer that what they were owed has come back: `paid` by way, card, shopify or hand (A40)."""
    b = find_by_id(tx, booking_id)
    assert b is not None, "the refund's foreign key"
    notices.tell_customer(tx, "refund_paid", b, once=once, given=[[way, amount] for way, amount in paid.items()])


def owed_lines(tx: Tx, payment_id: int, *conditions: ColumnElement[bool]) -> Sequence[Row]:
    """Parts of open refunds that nothing is on the way for, the oldest first."""
    live = select(RefundIntent.id).where(
        RefundIntent.store_id == RefundLine.store_id, RefundIntent.line_id == RefundLine.id, RefundIntent.state != "failed").exists()
    return tx.db.execute(select(RefundLine.id, RefundLine.refund_id, RefundLine.amount, Refund.booking_id, Refund.mode).join(
        Refund, and_(Refund.store_id == RefundLine.store_id, Refund.id == RefundLine.refund_id)).where(
            RefundLine.store_id == tx.store_id, RefundLine.payment_id == payment_id, *conditions,
            RefundLine.state != "succeeded", Refund.state.in_(OPEN), ~live).order_by(Refund.created_at, RefundLine.id)).all()


def note_given(tx: Tx, line: Any, payment_id: int, account_id: int, amount: int, **values: Any) -> None:
    """Write down that a part came back to the customer by another way than a refund of ours. `line` has id and refund_id."""
    attempts = tx.db.execute(select(func.count()).select_from(RefundIntent).where(
        RefundIntent.store_id == tx.store_id, RefundIntent.line_id == line.id)).scalar_one()
    tx.db.execute(insert(RefundIntent).values(
        store_id=tx.store_id, id=new_id(), refund_id=line.refund_id, line_id=line.id, payment_id=payment_id, account_id=account_id,
        attempt=attempts + 1, amount=amount, origin="outside", created_at=tx.now, **values))

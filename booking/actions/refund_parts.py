"""The parts of a refund, one for each payment it goes back to, and the state that follows from them (R24, I2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, insert, select, update
from sqlalchemy.orm import aliased

from booking.documents.issue import issue
from models.base import new_id
from models.dispute import blocked
from models.intent import Intent
from models.payment import Payment
from models.refund import Refund, RefundLine
from models.refund_intent import RefundIntent
from models.session import Tx

OPEN = ("owed", "pending", "failed")


def lines_of(tx: Tx, refund_id: int) -> Sequence[Row]:
    """(id, payment, amount, ..., `live`: the state of what is on the way or done for it)."""
    live = and_(RefundIntent.store_id == RefundLine.store_id, RefundIntent.line_id == RefundLine.id, RefundIntent.state != "failed")
    tried = aliased(RefundIntent)
    attempts = select(func.count()).select_from(tried).where(
        tried.store_id == RefundLine.store_id, tried.line_id == RefundLine.id).correlate(RefundLine).scalar_subquery()
    return tx.db.execute(select(
        RefundLine.id, RefundLine.payment_id, RefundLine.amount, Payment.method, Payment.provider_ref, Intent.account_id,
        RefundIntent.state.label("live"), attempts.label("attempts"), blocked().label("blocked"),
    ).join(Payment, and_(Payment.store_id == RefundLine.store_id, Payment.id == RefundLine.payment_id)).outerjoin(
        Intent, and_(Intent.store_id == Payment.store_id, Intent.payment_id == Payment.id)).outerjoin(RefundIntent, live).where(
            RefundLine.store_id == tx.store_id, RefundLine.refund_id == refund_id).order_by(RefundLine.id)).all()


def settle(tx: Tx, refund_id: int, booking_id: int) -> str:
    """The refund's state follows its parts: all succeeded, some on their way, or something left for the shop."""
    live = [line.live for line in lines_of(tx, refund_id)]
    moving = any(state in ("intended", "pending") for state in live)
    state = "pending" if moving else "succeeded" if all(state == "succeeded" for state in live) else "owed"
    mine = (Refund.store_id == tx.store_id, Refund.id == refund_id)
    tx.db.execute(update(Refund).where(*mine, Refund.state != state).values(state=state, settled_at=tx.now if state == "succeeded" else None))
    if state == "owed":
        tx.db.execute(update(Refund).where(*mine).values(mode="manual"))
    if state == "succeeded":
        tx.last(issue, booking_id)
    return state


def owed_lines(tx: Tx, payment_id: int, *conditions: ColumnElement[bool]) -> Sequence[Row]:
    """Parts of open refunds that nothing is on the way for, the oldest first."""
    live = select(RefundIntent.id).where(
        RefundIntent.store_id == RefundLine.store_id, RefundIntent.line_id == RefundLine.id, RefundIntent.state != "failed").exists()
    return tx.db.execute(select(RefundLine.id, RefundLine.refund_id, RefundLine.amount, Refund.booking_id).join(
        Refund, and_(Refund.store_id == RefundLine.store_id, Refund.id == RefundLine.refund_id)).where(
            RefundLine.store_id == tx.store_id, RefundLine.payment_id == payment_id, *conditions,
            Refund.state.in_(OPEN), ~live).order_by(Refund.created_at, RefundLine.id)).all()


def note_given(tx: Tx, line: Any, payment_id: int, account_id: int, amount: int, **values: Any) -> None:
    """Write down that a part came back to the customer by another way than a refund of ours. `line` has id and refund_id."""
    attempts = tx.db.execute(select(func.count()).select_from(RefundIntent).where(
        RefundIntent.store_id == tx.store_id, RefundIntent.line_id == line.id)).scalar_one()
    tx.db.execute(insert(RefundIntent).values(
        store_id=tx.store_id, id=new_id(), refund_id=line.refund_id, line_id=line.id, payment_id=payment_id, account_id=account_id,
        attempt=attempts + 1, amount=amount, origin="outside", created_at=tx.now, **values))

"""What a lost dispute has given the customer, in the ledger: nothing of it is owed to them a second time (I2, R24)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, delete, exists, func, insert, select, update
from sqlalchemy.orm import aliased

from booking.actions.refund_parts import note_given, owed_lines, settle
from models.base import new_id
from models.dispute import Dispute
from models.payment import Payment
from models.refund import Refund, RefundLine
from models.refund_intent import RefundIntent
from models.session import Tx

LOST, WON = "dispute_lost", "dispute_won"


def settle_lost(tx: Tx, dispute_id: int) -> None:
    """Bring into the ledger what of a lost dispute is not in it yet. The booking is locked.

    First it settles what is owed of its payment, the oldest first; the rest is a refund of its own, with the cause `dispute`. Where the
    payment has not so much left, a part that is owed shrinks by it. What is on its way back when the dispute is lost stays out, for the
    provider may carry it out still: when that fails it is looked at again.
    """
    d = tx.db.execute(select(Dispute).where(Dispute.store_id == tx.store_id, Dispute.id == dispute_id).with_for_update()).one()
    rest = d.amount - (d.given or 0)
    rest -= _settle_whole(tx, d, rest)
    captured, left = tx.db.execute(select(Payment.amount, Payment.amount - Payment.refunded).where(
        Payment.store_id == tx.store_id, Payment.id == d.payment_id).with_for_update()).one()
    new = min(rest, left)
    instead = _shrink(tx, d, rest - new) if rest > new else 0
    tx.db.execute(update(Dispute).where(Dispute.store_id == tx.store_id, Dispute.id == dispute_id).values(
        given=d.amount - (rest - new - instead), instead=d.instead + instead, refund_id=_write(tx, d, new + instead, captured)))


def settle_outstanding(tx: Tx, refund_id: int) -> None:
    """A refund that was on its way has failed: see whether lost disputes of its payments gave that money already."""
    for dispute_id in tx.db.execute(select(Dispute.id).distinct().join(
            RefundLine, and_(RefundLine.store_id == Dispute.store_id, RefundLine.payment_id == Dispute.payment_id)).where(
                Dispute.store_id == tx.store_id, Dispute.status == "lost", Dispute.given < Dispute.amount, RefundLine.refund_id == refund_id,
            ).order_by(Dispute.id)).scalars().all():
        settle_lost(tx, dispute_id)


def outstanding(tx: Tx, booking_id: int) -> int:
    """What lost disputes have given the customer that the ledger still shows as on its way."""
    return int(tx.db.execute(select(func.coalesce(func.sum(Dispute.amount - Dispute.given), 0)).where(
        Dispute.store_id == tx.store_id, Dispute.booking_id == booking_id, Dispute.status == "lost")).scalar_one())


def take_back(tx: Tx, d: Any) -> None:
    """Won on appeal: the money is the shop's again, and what the dispute had settled is owed again."""
    if d.refund_id is not None:
        tx.db.execute(delete(RefundLine).where(RefundLine.store_id == tx.store_id, RefundLine.refund_id == d.refund_id))
        tx.db.execute(update(Refund).where(Refund.store_id == tx.store_id, Refund.id == d.refund_id).values(state="none", settled_at=None))
    if d.instead:
        _owe(tx, d)
    other = aliased(Dispute)
    alone = ~exists().where(other.store_id == RefundIntent.store_id, other.payment_id == RefundIntent.payment_id, other.status == "lost", other.id != d.id)
    for intent in tx.db.execute(update(RefundIntent).where(
            RefundIntent.store_id == tx.store_id, RefundIntent.payment_id == d.payment_id, RefundIntent.state == "succeeded", RefundIntent.error == LOST,
            alone).values(state="failed", error=WON).returning(RefundIntent.refund_id, RefundIntent.amount)).all():
        _audit(tx, intent.refund_id, d.booking_id, intent.amount, WON, state=settle(tx, intent.refund_id, d.booking_id))
    tx.db.execute(update(Dispute).where(Dispute.store_id == tx.store_id, Dispute.id == d.id).values(given=None, instead=0))


def _settle_whole(tx: Tx, d: Any, amount: int) -> int:
    """Settle the parts that fit into `amount`; how much that was."""
    settled = 0
    for line in owed_lines(tx, d.payment_id, RefundLine.amount <= amount):
        if settled + line.amount > amount:
            continue
        note_given(tx, line, d.payment_id, d.account_id, line.amount, state="succeeded", error=LOST, settled_at=tx.now)
        _audit(tx, line.refund_id, line.booking_id, line.amount, LOST, state=settle(tx, line.refund_id, line.booking_id))
        settled += line.amount
    return settled


def _shrink(tx: Tx, d: Any, amount: int) -> int:
    """Take `amount` off the oldest owed part, every one of which is larger by now; how much that was: 0 where nothing is owed."""
    line = next(iter(owed_lines(tx, d.payment_id, RefundLine.amount > amount)), None)
    if line is None:
        return 0
    tx.db.execute(update(RefundLine).where(RefundLine.store_id == tx.store_id, RefundLine.id == line.id).values(amount=RefundLine.amount - amount))
    left = tx.db.execute(update(Refund).where(Refund.store_id == tx.store_id, Refund.id == line.refund_id).values(
        amount=Refund.amount - amount).returning(Refund.amount)).scalar_one()
    _audit(tx, line.refund_id, line.booking_id, amount, LOST, left=left)
    return amount


def _write(tx: Tx, d: Any, amount: int, captured: int) -> int | None:
    """The dispute's own row of the ledger, `amount` larger than before; its id."""
    if amount == 0:
        return d.refund_id
    refund_id = d.refund_id or new_id()
    if d.refund_id is None:
        tx.db.execute(insert(Refund).values(
            store_id=tx.store_id, id=refund_id, booking_id=d.booking_id, cause="dispute", outcome="full" if amount == captured else "partial",
            mode="manual", state="succeeded", amount=amount, kept=0, currency=d.currency, created_at=tx.now, settled_at=tx.now))
    else:
        mine = (Refund.store_id == tx.store_id, Refund.id == refund_id)
        before = tx.db.execute(select(Refund.amount, Refund.state).where(*mine)).one()
        total = amount + (before.amount if before.state == "succeeded" else 0)
        tx.db.execute(update(Refund).where(*mine).values(
            amount=total, outcome="full" if total == captured else "partial", state="succeeded", settled_at=tx.now))
    grown = tx.db.execute(update(RefundLine).where(RefundLine.store_id == tx.store_id, RefundLine.refund_id == refund_id).values(
        amount=RefundLine.amount + amount)).rowcount
    if not grown:
        tx.db.execute(insert(RefundLine).values(store_id=tx.store_id, id=new_id(), refund_id=refund_id, payment_id=d.payment_id, amount=amount))
    return refund_id


def _owe(tx: Tx, d: Any) -> None:
    """What a refund had shrunk by is owed as one of its own: the other may be paid by now."""
    refund_id = new_id()
    tx.db.execute(insert(Refund).values(
        store_id=tx.store_id, id=refund_id, booking_id=d.booking_id, cause="goodwill", outcome="partial", mode="manual", state="owed",
        amount=d.instead, kept=0, currency=d.currency, created_at=tx.now))
    tx.db.execute(insert(RefundLine).values(store_id=tx.store_id, id=new_id(), refund_id=refund_id, payment_id=d.payment_id, amount=d.instead))
    _audit(tx, refund_id, d.booking_id, d.instead, WON, state="owed")


def _audit(tx: Tx, refund_id: int, booking_id: int, amount: int, why: str, **after: Any) -> None:
    tx.audit("settle_refund", subject="refund", subject_id=refund_id, booking_id=booking_id, amount=amount, outside=True, after=after, error=why)

"""A refund on its way through the payment provider: what is intended, what the provider says, what is owed again (R24, I2, I16, I17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Row, and_, insert, select, update

from booking import notices
from booking.actions.action import Done, action
from booking.actions.lost_dispute import settle_outstanding
from booking.actions.refund_parts import OPEN, lines_of, locked_refund, mark, settle, tell_paid
from models import payment_account
from models.base import new_id
from models.booking_summary import find_by_id
from models.payment import Payment
from models.refund import Refund
from models.refund_intent import RefundIntent
from models.session import Tx

ASK_AGAIN = timedelta(minutes=5)
SETTLED_SLOWLY = timedelta(hours=6)
ORDER = ("intended", "pending", "succeeded", "failed")
"""A refund moves in this order only; what was fetched earlier than what is known is old news (I17)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a refund to carry out: `reference` of the payment is None where the shop only noted it. `captured` is what the provider
    took in all and `purse` the first of our payments that are parts of that; `known` are its refunds that stand in our books."""

    intent_id: int
    line_id: int
    attempt: int
    amount: int
    payment_id: int
    purse: int
    captured: int
    currency: str
    reference: str | None
    account_id: int
    known: frozenset[str]


@dataclass(frozen=True, slots=True)
class Said:
    """What the provider says of a refund: `state` pending, succeeded or failed."""

    state: str
    reference: str | None
    amount: int
    outside: bool = False
    error: str | None = None


@action
def begin_refund(tx: Tx, refund_id: int, *, rehearse: bool = False) -> Done:
    """Write the intents of a refund that is to be carried out; `facts["parts"]` says what is left to do.

    Parts of payments the provider does not know stay owed, for the shop to give back by hand, and those of disputed ones until that
    is decided; with `rehearse` (test mode) noted card payments count as known. Repeating it changes nothing.
    """
    row = locked_refund(tx, refund_id)
    if row is None or row.state not in OPEN:
        return Done(facts={"parts": []})
    account = payment_account.in_use(tx)
    begun = False
    for line in lines_of(tx, refund_id):
        if line.live is not None or line.state == "succeeded" or line.method != "card":
            continue
        account_id = line.account_id or (account.id if account else None)
        if line.blocked or account_id is None or not (line.provider_ref or rehearse):
            mark(tx, [line.id], "owed")
            continue
        tx.db.execute(insert(RefundIntent).values(
            store_id=tx.store_id, id=new_id(), refund_id=refund_id, line_id=line.id, payment_id=line.payment_id, account_id=account_id,
            attempt=line.attempts + 1, amount=line.amount, created_at=tx.now, check_at=tx.now + ASK_AGAIN))
        begun = True
    settle(tx, refund_id, row.booking_id)
    if begun:
        tx.audit("begin_refund", subject="refund", subject_id=refund_id, booking_id=row.booking_id, before={"state": row.state},
                 after={"state": "pending"}, amount=row.amount)
    return Done(facts={"parts": _parts(tx, refund_id)})


@action
def record_refund(tx: Tx, intent_id: int, said: Said) -> Done:
    """Take over what the provider says; the refund and its booking follow. A failure is told to the shop."""
    intent = tx.db.execute(select(RefundIntent.refund_id).where(RefundIntent.store_id == tx.store_id, RefundIntent.id == intent_id)).one_or_none()
    if intent is None:
        return Done()
    row = locked_refund(tx, intent.refund_id)
    before = tx.db.execute(select(RefundIntent.state, RefundIntent.provider_ref, RefundIntent.amount, RefundIntent.spread).where(
        RefundIntent.store_id == tx.store_id, RefundIntent.id == intent_id).with_for_update()).one()
    if row is None or ORDER.index(said.state) < ORDER.index(before.state) or before.provider_ref not in (None, said.reference):
        return Done()
    if before.provider_ref is None and said.reference is not None and tx.db.execute(select(RefundIntent.id).where(
            RefundIntent.store_id == tx.store_id, RefundIntent.provider_ref == said.reference, RefundIntent.id != intent_id)).first():
        return Done()  # noted for other parts of the payment meanwhile: the next look finds or makes one of our own
    over = said.state in ("succeeded", "failed")
    if before.spread:  # the provider tells the sum of several
        said = replace(said, amount=before.amount, outside=True)
    tx.db.execute(update(RefundIntent).where(RefundIntent.store_id == tx.store_id, RefundIntent.id == intent_id).values(
        state=said.state, provider_ref=said.reference, amount=said.amount, origin="outside" if said.outside else "ours", error=said.error,
        settled_at=tx.now if over else None, check_at=None if over else tx.now + SETTLED_SLOWLY))
    state = settle(tx, intent.refund_id, row.booking_id)
    if before.state != said.state:
        tx.audit("settle_refund", subject="refund", subject_id=intent.refund_id, booking_id=row.booking_id, before={"state": row.state},
                 after={"state": state}, intent=intent_id, amount=said.amount, outside=said.outside, error=said.error)
        if said.state == "succeeded" and row.mode == "manual" and said.amount:
            tell_paid(tx, row.booking_id, {"card": said.amount}, f"intent{intent_id}")
        if said.state == "failed":
            settle_outstanding(tx, intent.refund_id)
            state = tx.db.execute(select(Refund.state).where(Refund.store_id == tx.store_id, Refund.id == intent.refund_id)).scalar_one()
        if said.state == "failed" and state != "succeeded":
            b = find_by_id(tx, row.booking_id)
            assert b is not None
            notices.tell_merchant(tx, "merchant_refund_failed", b, once=str(intent_id), failed={"amount": said.amount, "error": said.error or ""})
    return Done(facts={"state": state})


def find_refund_intents(tx: Tx, reference: str, line: str | None, attempt: str | None) -> Sequence[int]:
    """Our intents behind a refund of the provider: by its id, else the one by the marks we wrote on it."""
    mine = RefundIntent.store_id == tx.store_id
    known = tx.db.execute(select(RefundIntent.id).where(mine, RefundIntent.provider_ref == reference).order_by(RefundIntent.id)).scalars().all()
    if known or not (line and attempt and line.isdecimal() and attempt.isdecimal() and len(line) < 20 and len(attempt) < 10):
        return known
    return tx.db.execute(select(RefundIntent.id).where(
        mine, RefundIntent.line_id == int(line), RefundIntent.attempt == int(attempt), RefundIntent.provider_ref.is_(None))).scalars().all()


@action
def take_open_refunds(tx: Tx, *, limit: int = 20) -> Done:
    """Intents whose outcome is due to be asked for; the next time to ask is set at once. `facts["intents"]`: rows."""
    rows = tx.db.execute(select(
        RefundIntent.id, RefundIntent.refund_id, RefundIntent.account_id, RefundIntent.provider_ref,
    ).where(RefundIntent.store_id == tx.store_id, RefundIntent.check_at <= tx.now).order_by(RefundIntent.check_at).limit(limit).with_for_update(
        skip_locked=True)).all()
    tx.db.execute(update(RefundIntent).where(
        RefundIntent.store_id == tx.store_id, RefundIntent.id.in_([row.id for row in rows])).values(check_at=tx.now + ASK_AGAIN))
    return Done(facts={"intents": rows})


def _parts(tx: Tx, refund_id: int) -> list[Part]:
    rows = tx.db.execute(select(
        RefundIntent.id, RefundIntent.line_id, RefundIntent.attempt, RefundIntent.amount, RefundIntent.payment_id, Payment.amount.label("captured"),
        Payment.currency, Payment.provider_ref, Payment.shared, RefundIntent.account_id,
    ).join(Payment, and_(Payment.store_id == RefundIntent.store_id, Payment.id == RefundIntent.payment_id)).where(
        RefundIntent.store_id == tx.store_id, RefundIntent.refund_id == refund_id, RefundIntent.state.in_(("intended", "pending")),
    ).order_by(RefundIntent.id)).all()
    return [_part(tx, row) for row in rows]


def _part(tx: Tx, row: Row) -> Part:
    parts = {row.payment_id: row.captured}
    if row.shared:
        parts = dict(tx.db.execute(select(Payment.id, Payment.amount).where(
            Payment.store_id == tx.store_id, Payment.provider_ref == row.provider_ref, Payment.shared)).all())
    known = frozenset(tx.db.execute(select(RefundIntent.provider_ref).where(
        RefundIntent.store_id == tx.store_id, RefundIntent.payment_id.in_(parts), RefundIntent.provider_ref.is_not(None))).scalars())
    return Part(row.id, row.line_id, row.attempt, row.amount, row.payment_id, min(parts), sum(parts.values()), row.currency, row.provider_ref,
                row.account_id, known)

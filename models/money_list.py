"""Money of bookings as the shop reads it: payments and refunds of one, and everything that is owed (R23, R24)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, and_, func, select, tuple_

from models.booking import Booking as B
from models.customer import Customer as C
from models.intent import Intent as I
from models.payment import Payment as P
from models.refund import Refund as R
from models.refund import RefundLine as RL
from models.refund_intent import RefundIntent as RI
from models.service import Service as V
from models.session import Tx


class ListedPayment(NamedTuple):
    """`refunded` counts what is owed, on its way or given back."""

    id: int
    amount: int
    refunded: int
    currency: str
    method: str
    captured_at: datetime


class ListedRefund(NamedTuple):
    """`methods` are those of the payments it goes back to; `disputed` is what of it a lost dispute has given the customer."""

    id: int
    cause: str
    outcome: str
    mode: str
    state: str
    amount: int
    kept: int
    currency: str
    created_at: datetime
    settled_at: datetime | None
    methods: list[str] | None
    disputed: int


class ListedCharge(NamedTuple):
    """A fee charged to the booking's card: `state` open, succeeded or failed; `error` the provider's code."""

    amount: int
    currency: str
    reason: str
    state: str
    error: str | None
    created_at: datetime


class OwedRefund(NamedTuple):
    id: int
    state: str
    cause: str
    amount: int
    currency: str
    created_at: datetime
    ref: str
    starts_at: datetime
    zone: str
    service_name: str
    customer_name: str
    methods: list[str] | None


_METHODS = select(func.array_agg(P.method.distinct())).select_from(RL).join(
    P, and_(P.store_id == RL.store_id, P.id == RL.payment_id)).where(RL.store_id == R.store_id, RL.refund_id == R.id).scalar_subquery()


_DISPUTED = select(func.coalesce(func.sum(RI.amount), 0).cast(BigInteger)).where(
    RI.store_id == R.store_id, RI.refund_id == R.id, RI.state == "succeeded", RI.error == "dispute_lost").scalar_subquery()


def payments_of(tx: Tx, booking_id: int) -> list[ListedPayment]:
    """Payments, oldest first."""
    return [ListedPayment._make(row) for row in tx.db.execute(select(P.id, P.amount, P.refunded, P.currency, P.method, P.captured_at).where(
        P.store_id == tx.store_id, P.booking_id == booking_id).order_by(P.captured_at, P.id))]


def charges_of(tx: Tx, booking_id: int) -> list[ListedCharge]:
    """Oldest first."""
    return [ListedCharge(*row) for row in tx.db.execute(select(I.amount, I.currency, I.facts["reason"].astext, I.state, I.error, I.created_at).where(
        I.store_id == tx.store_id, I.booking_id == booking_id, I.kind == "charge").order_by(I.created_at, I.id))]


def refunds_of(tx: Tx, booking_id: int) -> list[ListedRefund]:
    """Refunds with an amount, oldest first."""
    return [ListedRefund._make(row) for row in tx.db.execute(select(
        R.id, R.cause, R.outcome, R.mode, R.state, R.amount, R.kept, R.currency, R.created_at, R.settled_at, _METHODS, _DISPUTED,
    ).where(R.store_id == tx.store_id, R.booking_id == booking_id).order_by(R.created_at, R.id))]


OPEN = ("owed", "failed", "pending")


def owed(tx: Tx, states: tuple[str, ...] = OPEN, *, after: tuple[datetime, int] | None = None, limit: int = 50) -> list[OwedRefund]:
    """Refunds in these states, the oldest first: who has waited longest comes first (I66)."""
    where = [R.store_id == tx.store_id, R.state.in_(states)]
    if after is not None:
        where.append(tuple_(R.created_at, R.id) > tuple(after))
    return [OwedRefund._make(row) for row in tx.db.execute(select(
        R.id, R.state, R.cause, R.amount, R.currency, R.created_at, B.ref, B.starts_at, B.zone, V.name,
        func.coalesce(func.nullif(B.contact_name, ""), C.name), _METHODS,
    ).select_from(R).join(B, and_(B.store_id == R.store_id, B.id == R.booking_id)).join(
        V, and_(V.store_id == B.store_id, V.id == B.service_id)).join(
        C, and_(C.store_id == B.store_id, C.id == B.customer_id)).where(*where).order_by(R.created_at, R.id).limit(limit))]


def owed_sums(tx: Tx) -> list[tuple[str, int, int]]:
    """(currency, how many, how much) of what is owed or has failed."""
    return [tuple(row) for row in tx.db.execute(select(R.currency, func.count(), func.sum(R.amount)).where(
        R.store_id == tx.store_id, R.state.in_(("owed", "failed"))).group_by(R.currency).order_by(R.currency))]

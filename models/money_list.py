"""Money of bookings as the shop reads it: payments and refunds of one, and everything that is owed (R23, R24)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Text, and_, exists, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by

from models.booking import Booking as B
from models.customer import Customer as C
from models.intent import Intent as I
from models.payment import Payment as P
from models.payment_account import through_provider
from models.refund import Refund as R
from models.refund import RefundLine as RL
from models.refund_intent import RefundIntent as RI
from models.service import Service as V
from models.session import Tx
from models.shopify_install import ShopifyInstall as SI
from models.shopify_order import ShopifyOrderLine as SL


class ListedPayment(NamedTuple):
    """`refunded` counts what is owed, on its way or given back."""

    id: int
    amount: int
    refunded: int
    currency: str
    method: str
    captured_at: datetime


class RefundPart(NamedTuple):
    """What goes back to one payment. `sends`: it can be sent, to the card or through the online shop; else only the shop's own hand can
    give it. `by_hand`: that is how it was given."""

    payment_id: int
    method: str
    amount: int
    state: str
    by_hand: bool
    sends: bool


class Parted:
    """Of a refund, or of a row with its parts: what follows from them."""

    parts: list[list]

    @property
    def each(self) -> list[RefundPart]:
        return [RefundPart(int(payment), *rest) for payment, *rest in self.parts or ()]

    @property
    def methods(self) -> list[str]:
        return sorted({part.method for part in self.each})

    @property
    def given(self) -> int:
        """What has come back."""
        return sum(part.amount for part in self.each if part.state == "succeeded")

    @property
    def waiting(self) -> int:
        """What waits for someone of the shop."""
        return sum(part.amount for part in self.each if part.state in ("owed", "failed"))

    @property
    def sends(self) -> bool:
        """Whether some of what waits can be sent."""
        return any(part.sends for part in self.each if part.state in ("owed", "failed"))


class _ListedRefund(NamedTuple):

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
    disputed: int
    parts: list[list]


class ListedRefund(Parted, _ListedRefund):
    """`disputed` is what of it a lost dispute has given the customer."""


class ListedCharge(NamedTuple):
    """A fee charged to the booking's card: `state` open, succeeded or failed; `error` the provider's code."""

    amount: int
    currency: str
    reason: str
    state: str
    error: str | None
    created_at: datetime


class _OwedRefund(NamedTuple):
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
    parts: list[list]


class OwedRefund(Parted, _OwedRefund):
    """A refund with its booking."""


def parts_of_refunds(rehearse: bool) -> ColumnElement:
    """The parts of each refund, as `Parted` reads them; for statements that select from refunds. `rehearse`: test mode."""
    at_shop = and_(P.method == "shopify", exists().where(SL.store_id == P.store_id, SL.payment_id == P.id).correlate(P),
                   exists().where(SI.store_id == P.store_id, SI.state.in_(("installed", "reconnect"))).correlate(P))
    one = func.jsonb_build_array(RL.payment_id.cast(Text), P.method, RL.amount, RL.state, RL.by_hand, or_(through_provider(rehearse), at_shop))
    return select(func.jsonb_agg(aggregate_order_by(one, P.captured_at, P.id))).select_from(RL).join(
        P, and_(P.store_id == RL.store_id, P.id == RL.payment_id)).where(
            RL.store_id == R.store_id, RL.refund_id == R.id).correlate(R).scalar_subquery()


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


def refunds_of(tx: Tx, booking_id: int, *, rehearse: bool) -> list[ListedRefund]:
    """Refunds with an amount, oldest first."""
    return [ListedRefund._make(row) for row in tx.db.execute(select(
        R.id, R.cause, R.outcome, R.mode, R.state, R.amount, R.kept, R.currency, R.created_at, R.settled_at, _DISPUTED,
        parts_of_refunds(rehearse),
    ).where(R.store_id == tx.store_id, R.booking_id == booking_id).order_by(R.created_at, R.id))]


OPEN = ("owed", "failed", "pending")


def owed(tx: Tx, states: tuple[str, ...] = OPEN, *, after: tuple[datetime, int] | None = None, limit: int = 50, rehearse: bool) -> list[OwedRefund]:
    """Refunds in these states, the oldest first: who has waited longest comes first (I66)."""
    where = [R.store_id == tx.store_id, R.state.in_(states)]
    if after is not None:
        where.append(tuple_(R.created_at, R.id) > tuple(after))
    return [OwedRefund._make(row) for row in tx.db.execute(select(
        R.id, R.state, R.cause, R.amount, R.currency, R.created_at, B.ref, B.starts_at, B.zone, V.name,
        func.coalesce(func.nullif(B.contact_name, ""), C.name), parts_of_refunds(rehearse),
    ).select_from(R).join(B, and_(B.store_id == R.store_id, B.id == R.booking_id)).join(
        V, and_(V.store_id == B.store_id, V.id == B.service_id)).join(
        C, and_(C.store_id == B.store_id, C.id == B.customer_id)).where(*where).order_by(R.created_at, R.id).limit(limit))]


def owed_sums(tx: Tx) -> list[tuple[str, int, int]]:
    """(currency, how many refunds, how much) of what is owed or has failed; what has gone back of them, or is on its way, is not in it."""
    return [tuple(row) for row in tx.db.execute(select(R.currency, func.count(R.id.distinct()), func.sum(RL.amount)).join(
        RL, and_(RL.store_id == R.store_id, RL.refund_id == R.id)).where(
            R.store_id == tx.store_id, R.state.in_(("owed", "failed")), RL.state.in_(("owed", "failed"))).group_by(R.currency).order_by(R.currency))]

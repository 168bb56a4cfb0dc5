"""Payments a customer's bank disputes, as the provider tells them (I17)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import CheckConstraint, Exists, Index, and_, exists, func, nulls_last, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store
from models.booking import Booking as B
from models.customer import Customer as C
from models.payment import Payment
from models.service import Service as V
from models.session import Tx

CLOSED = ("won", "lost", "warning_closed", "prevented")
MOST_OPEN = 200


class Dispute(StoreRow, Base):
    """Of a shared payment one row for each of its parts; one with nothing left has the amount 0 and is in no list. `refundable`: whether the
    provider still gives money of this payment back. `answered`: evidence was sent. `due_by`: when the answer must be there. `refund_id` is
    the ledger's row of a lost one; it has state `none` where an appeal was won. `given` is how much of a lost one the ledger shows, in
    that row and in refunds that were owed; `instead` how much of that an owed refund has shrunk by.
    """

    __tablename__ = "disputes"

    provider_ref: Mapped[str]
    account_id: Mapped[Id]
    payment_id: Mapped[Id]
    booking_id: Mapped[Id]
    amount: Mapped[int]
    currency: Mapped[str]
    reason: Mapped[str]
    status: Mapped[str]
    refundable: Mapped[bool]
    answered: Mapped[bool]
    due_by: Mapped[Instant | None]
    made_at: Mapped[Instant]
    looked_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    refund_id: Mapped[Id | None]
    given: Mapped[int | None]
    instead: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (
        of_store(),
        belongs_to("account_id", "payment_accounts"),
        belongs_to("payment_id", "payments"),
        belongs_to("booking_id", "bookings"),
        belongs_to("refund_id", "refunds"),
        Index("disputes_provider_ref", "store_id", "provider_ref", "payment_id", unique=True),
        Index("disputes_of_booking", "store_id", "booking_id"),
        Index("disputes_of_payment", "store_id", "payment_id"),
        Index("disputes_open", "store_id", "due_by", "id", postgresql_where=text("closed_at is null")),
        CheckConstraint("amount >= 0", name="disputes_amount"),
        CheckConstraint("given between 0 and amount and instead >= 0", name="disputes_given"),
        CheckConstraint("(status in ('won','lost','warning_closed','prevented')) = (closed_at is not null)", name="disputes_closed"),
    )


def blocked() -> Exists:
    """Whether the provider refuses refunds of a payment now; for statements that select from payments."""
    return exists().where(Dispute.store_id == Payment.store_id, Dispute.payment_id == Payment.id, Dispute.refundable.is_(False))


def undecided() -> Exists:
    """Whether that is so because a dispute of the payment is still to be decided."""
    return exists().where(Dispute.store_id == Payment.store_id, Dispute.payment_id == Payment.id, Dispute.refundable.is_(False), Dispute.closed_at.is_(None))


class ListedDispute(NamedTuple):
    """A dispute with its booking."""

    id: int
    provider_ref: str
    amount: int
    currency: str
    reason: str
    status: str
    refundable: bool
    answered: bool
    due_by: datetime | None
    made_at: datetime
    closed_at: datetime | None
    ref: str
    starts_at: datetime
    zone: str
    service_name: str
    customer_name: str


_LISTED = select(
    Dispute.id, Dispute.provider_ref, Dispute.amount, Dispute.currency, Dispute.reason, Dispute.status, Dispute.refundable, Dispute.answered,
    Dispute.due_by, Dispute.made_at, Dispute.closed_at, B.ref, B.starts_at, B.zone, V.name, func.coalesce(func.nullif(B.contact_name, ""), C.name),
).select_from(Dispute).join(B, and_(B.store_id == Dispute.store_id, B.id == Dispute.booking_id)).join(
    V, and_(V.store_id == B.store_id, V.id == B.service_id)).join(C, and_(C.store_id == B.store_id, C.id == B.customer_id))


def disputes_of(tx: Tx, booking_id: int) -> list[ListedDispute]:
    """Those of a booking, oldest first."""
    return [ListedDispute._make(row) for row in tx.db.execute(_LISTED.where(
        Dispute.store_id == tx.store_id, Dispute.booking_id == booking_id).order_by(Dispute.made_at, Dispute.id))]


def one_dispute(tx: Tx, dispute_id: int) -> ListedDispute | None:
    row = tx.db.execute(_LISTED.where(Dispute.store_id == tx.store_id, Dispute.id == dispute_id)).one_or_none()
    return None if row is None else ListedDispute._make(row)


def waiting_disputes(tx: Tx) -> int:
    """How many wait for the shop's answer."""
    return tx.db.execute(select(func.count()).select_from(Dispute).where(
        Dispute.store_id == tx.store_id, Dispute.amount > 0, Dispute.closed_at.is_(None), Dispute.status.like("%needs_response"))).scalar_one()


def open_disputes(tx: Tx, *, limit: int = MOST_OPEN) -> list[ListedDispute]:
    """The ones still to be decided, the one due soonest first."""
    return [ListedDispute._make(row) for row in tx.db.execute(_LISTED.where(
        Dispute.store_id == tx.store_id, Dispute.amount > 0, Dispute.closed_at.is_(None)).order_by(nulls_last(Dispute.due_by.asc()), Dispute.id).limit(limit))]


def closed_disputes(tx: Tx, after: tuple[datetime, int] | None = None, *, limit: int = 50) -> list[ListedDispute]:
    """Decided ones, the latest first."""
    where = [Dispute.store_id == tx.store_id, Dispute.amount > 0, Dispute.closed_at.is_not(None)]
    if after is not None:
        where.append(or_(Dispute.closed_at < after[0], and_(Dispute.closed_at == after[0], Dispute.id < after[1])))
    return [ListedDispute._make(row) for row in tx.db.execute(_LISTED.where(*where).order_by(
        Dispute.closed_at.desc(), Dispute.id.desc()).limit(limit))]

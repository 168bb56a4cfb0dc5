"""Money that goes back. A refund is *owed* until it is executed; one cancellation has at most one (R24, I2)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class Refund(StoreRow, Base):
    """`cause` cancellation is unique per booking, one row for money and one for credit; the other causes may repeat. States: R24.

    `reason` is the shop's own words to the customer about a goodwill refund. The database lets `state` follow the parts: owed or failed
    while one of them waits for the shop, pending while one is on its way. `given`: what of an open one has come back already.
    """

    __tablename__ = "refunds"

    booking_id: Mapped[Id]
    cause: Mapped[str]
    outcome: Mapped[str]
    mode: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="owed")
    amount: Mapped[int]
    given: Mapped[int] = mapped_column(server_default="0")
    kept: Mapped[int] = mapped_column(server_default="0")
    fee: Mapped[int] = mapped_column(server_default="0")
    currency: Mapped[str]
    reason: Mapped[str | None]
    created_at: Mapped[Instant]
    settled_at: Mapped[Instant | None]
    reminded_at: Mapped[Instant | None]

    __table_args__ = (
        of_store(),
        belongs_to("booking_id", "bookings"),
        Index("refunds_of_booking", "store_id", "booking_id"),
        Index("refunds_one_per_cancellation", "store_id", "booking_id", unique=True,
              postgresql_where=text("cause = 'cancellation' and outcome <> 'credit'")),
        Index("refunds_one_credit_per_cancellation", "store_id", "booking_id", unique=True,
              postgresql_where=text("cause = 'cancellation' and outcome = 'credit'")),
        Index("refunds_by_state", "store_id", "state", "created_at"),
        CheckConstraint("amount >= 0 and kept >= 0 and fee >= 0", name="refunds_amounts"),
        CheckConstraint("given between 0 and amount", name="refunds_given"),
        CheckConstraint("state in ('none','owed','pending','succeeded','failed')", name="refunds_state"),
        CheckConstraint("cause in ('cancellation','seats','difference','goodwill','dispute')", name="refunds_cause"),
        CheckConstraint("outcome in ('full','partial','credit','forfeit','none')", name="refunds_outcome"),
    )


class RefundLine(StoreRow, Base):
    """The part of a refund that goes back to one payment. Inserting it raises `payments.refunded` by trigger.

    `state` is what became of this part; of one at the payment provider it follows its intents by trigger. `by_hand`: the shop gave it
    back by itself, whatever it was paid with.
    """

    __tablename__ = "refund_lines"

    refund_id: Mapped[Id]
    payment_id: Mapped[Id]
    amount: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="owed")
    by_hand: Mapped[bool] = mapped_column(server_default=text("false"))
    settled_at: Mapped[Instant | None]

    __table_args__ = (
        of_store(),
        belongs_to("refund_id", "refunds"),
        belongs_to("payment_id", "payments"),
        Index("refund_lines_of", "store_id", "refund_id", "payment_id", unique=True),
        CheckConstraint("amount > 0", name="refund_lines_amount"),
        CheckConstraint("state in ('owed','pending','succeeded','failed')", name="refund_lines_state"),
    )


class Credit(StoreRow, Base):
    """Store credit given instead of money (R21). `payment_id`: the payment it came from. `place` shopify: it is the shop's own
    store credit over there, spent at its checkout; the database decides that when the row is written (R23)."""

    __tablename__ = "credits"

    customer_id: Mapped[Id]
    booking_id: Mapped[Id]
    refund_id: Mapped[Id]
    amount: Mapped[int]
    used: Mapped[int] = mapped_column(server_default="0")
    currency: Mapped[str]
    expires_at: Mapped[Instant | None]
    created_at: Mapped[Instant]
    payment_id: Mapped[int | None]
    place: Mapped[str] = mapped_column(server_default="store")

    __table_args__ = (
        of_store(),
        belongs_to("customer_id", "customers"),
        belongs_to("booking_id", "bookings"),
        belongs_to("refund_id", "refunds"),
        belongs_to("payment_id", "payments"),
        Index("credits_of_customer", "store_id", "customer_id"),
        CheckConstraint("amount > 0 and used between 0 and amount", name="credits_amount"),
        CheckConstraint("place in ('store','shopify')", name="credits_place"),
    )


class CreditUse(StoreRow, Base):
    """Credit that paid for a booking. Inserting it raises `credits.used` by trigger; it never changes (R21)."""

    __tablename__ = "credit_uses"

    credit_id: Mapped[Id]
    payment_id: Mapped[Id]
    amount: Mapped[int]

    __table_args__ = (
        of_store(),
        belongs_to("credit_id", "credits"),
        belongs_to("payment_id", "payments"),
        Index("credit_uses_of", "store_id", "payment_id", "credit_id", unique=True),
        CheckConstraint("amount > 0", name="credit_uses_amount"),
    )

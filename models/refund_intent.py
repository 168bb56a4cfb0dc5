"""One try to give one part of a refund back through the provider, written before the provider is asked (I2, I16)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class RefundIntent(StoreRow, Base):
    """The provider's key derives from line and attempt. A second attempt exists only after the provider said the first failed;
    the database allows one live intent per line, and never more than the line says.

    `origin` outside: someone refunded in the provider's own dashboard; `spread`: that refund is for several parts of a shared payment,
    and `amount` what of it is for this one. `check_at`: when to ask what became of it.
    """

    __tablename__ = "refund_intents"

    refund_id: Mapped[Id]
    line_id: Mapped[Id]
    payment_id: Mapped[Id]
    account_id: Mapped[Id]
    attempt: Mapped[int] = mapped_column(server_default="1")
    amount: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="intended")
    origin: Mapped[str] = mapped_column(server_default="ours")
    spread: Mapped[bool] = mapped_column(server_default=text("false"))
    provider_ref: Mapped[str | None]
    error: Mapped[str | None]
    check_at: Mapped[Instant | None]
    created_at: Mapped[Instant]
    settled_at: Mapped[Instant | None]

    __table_args__ = (
        of_store(),
        belongs_to("refund_id", "refunds"),
        belongs_to("line_id", "refund_lines"),
        belongs_to("payment_id", "payments"),
        belongs_to("account_id", "payment_accounts"),
        Index("refund_intents_attempt", "store_id", "line_id", "attempt", unique=True),
        Index("refund_intents_live", "store_id", "line_id", unique=True, postgresql_where=text("state <> 'failed'")),
        Index("refund_intents_provider_ref", "store_id", "provider_ref", unique=True,
              postgresql_where=text("provider_ref is not null and not spread")),
        Index("refund_intents_spread_ref", "store_id", "provider_ref", "line_id", unique=True,
              postgresql_where=text("provider_ref is not null and spread")),
        CheckConstraint("not spread or origin = 'outside'", name="refund_intents_spread"),
        Index("refund_intents_of_refund", "store_id", "refund_id"),
        Index("refund_intents_of_payment", "store_id", "payment_id"),
        Index("refund_intents_check", "store_id", "check_at", postgresql_where=text("check_at is not null")),
        CheckConstraint("amount >= 0 and attempt >= 1", name="refund_intents_amount"),
        CheckConstraint("state in ('intended','pending','succeeded','failed')", name="refund_intents_state"),
        CheckConstraint("origin in ('ours','outside')", name="refund_intents_origin"),
        CheckConstraint("(state in ('succeeded','failed')) = (settled_at is not null)", name="refund_intents_settled"),
    )

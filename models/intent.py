"""What will be done at the payment provider, written before anything is (I16)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class Intent(StoreRow, Base):
    """Saving a card (`setup`), paying for a time that is held (`deposit`), the difference to a dearer time before a booking moves there
    (`difference`; of several that move together it has a `scope` in its facts), a fee the shop charges (`charge`), a card payment noted in
    test mode (`rehearsal`). The provider's idempotency key derives from `id` and never changes.

    `secret_hash` opens its page; `client_sealed` is the provider's client secret. `facts`: the draft of the booking, the consent
    text; personal data leaves it when the intent is over. `check_at`: when to ask the provider what became of it.
    """

    __tablename__ = "intents"

    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="open")
    account_id: Mapped[Id]
    customer_id: Mapped[Id | None]
    booking_id: Mapped[Id | None]
    payment_id: Mapped[Id | None]
    card_id: Mapped[Id | None]
    amount: Mapped[int] = mapped_column(server_default="0")
    currency: Mapped[str | None]
    provider_ref: Mapped[str | None]
    secret_hash: Mapped[str | None]
    client_sealed: Mapped[str | None]
    facts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    error: Mapped[str | None]
    check_at: Mapped[Instant | None]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant | None]
    settled_at: Mapped[Instant | None]

    __table_args__ = (
        of_store(),
        belongs_to("account_id", "payment_accounts"),
        belongs_to("customer_id", "customers"),
        belongs_to("booking_id", "bookings"),
        belongs_to("payment_id", "payments"),
        belongs_to("card_id", "cards"),
        Index("intents_secret", "store_id", "secret_hash", unique=True, postgresql_where=text("secret_hash is not null")),
        Index("intents_provider_ref", "store_id", "provider_ref", unique=True, postgresql_where=text("provider_ref is not null")),
        Index("intents_payment", "store_id", "payment_id", unique=True, postgresql_where=text("payment_id is not null")),
        Index("intents_of_booking", "store_id", "booking_id", postgresql_where=text("booking_id is not null")),
        Index("intents_check", "store_id", "check_at", postgresql_where=text("check_at is not null")),
        CheckConstraint("kind in ('setup','deposit','charge','rehearsal','difference')", name="intents_kind"),
        CheckConstraint("kind <> 'difference' or booking_id is not null", name="intents_difference"),
        CheckConstraint("state in ('open','succeeded','failed','cancelled','returned','attention')", name="intents_state"),
        CheckConstraint("amount >= 0 and (kind = 'setup') = (amount = 0) and (amount = 0 or currency is not null)", name="intents_amount"),
        CheckConstraint("(state in ('open','attention')) = (settled_at is null)", name="intents_settled"),
    )

"""An account at the payment provider that is being made for the store: written before the provider is asked (I16)."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class PaymentOnboarding(StoreRow, Base):
    """`account_id` once the account is there; a store has one open attempt at most."""

    __tablename__ = "payment_onboardings"

    account_id: Mapped[Id | None]
    created_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        belongs_to("account_id", "payment_accounts"),
        Index("payment_onboardings_open", "store_id", unique=True, postgresql_where=text("account_id is null")),
    )

"""A customer of ours as the payment provider knows them, for each of the store's accounts."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class Payer(StoreRow, Base):
    __tablename__ = "payers"

    account_id: Mapped[Id]
    customer_id: Mapped[Id]
    provider_ref: Mapped[str]
    created_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        belongs_to("account_id", "payment_accounts"),
        belongs_to("customer_id", "customers"),
        Index("payers_of", "store_id", "account_id", "customer_id", unique=True),
    )

"""An order: what was bought together. Its number is shown on receipts only (A146)."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class Order(StoreRow, Base):
    __tablename__ = "orders"

    number: Mapped[int]
    customer_id: Mapped[Id]
    created_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        belongs_to("customer_id", "customers"),
        Index("orders_number", "store_id", "number", unique=True),
        Index("orders_by_customer", "store_id", "customer_id"),
    )

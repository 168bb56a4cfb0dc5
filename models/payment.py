"""What was taken, and how. `refunded` counts everything owed, pending or paid back; the database keeps it <= `amount` (I2). `shared`: the part
of this booking in one payment for several, whose parts are rows of their own under the same `provider_ref` (R26)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class Payment(StoreRow, Base):
    __tablename__ = "payments"

    booking_id: Mapped[Id]
    amount: Mapped[int]
    refunded: Mapped[int] = mapped_column(server_default="0")
    currency: Mapped[str]
    method: Mapped[str]
    provider_ref: Mapped[str | None]
    captured_at: Mapped[Instant]
    shared: Mapped[bool] = mapped_column(server_default=text("false"))

    __table_args__ = (
        of_store(),
        belongs_to("booking_id", "bookings"),
        Index("payments_of_booking", "store_id", "booking_id"),
        Index("payments_provider_ref", "store_id", "provider_ref", unique=True,
              postgresql_where=text("method = 'card' and provider_ref is not null and not shared")),
        Index("payments_shares", "store_id", "provider_ref", "booking_id", unique=True, postgresql_where=text("shared")),
        CheckConstraint("not shared or (method = 'card' and provider_ref is not null)", name="payments_shared"),
        CheckConstraint("amount > 0 and refunded between 0 and amount", name="payments_refunded_within_captured"),
        CheckConstraint("method in ('card','cash','gift_card','shopify','external','credit')", name="payments_method"),
    )

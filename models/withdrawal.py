"""A withdrawal from a contract, as it was declared (R48)."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class Withdrawal(StoreRow, Base):
    """`contract` is what the customer wrote to say which one; `booking_id` where it names a booking of theirs. Never deleted."""

    __tablename__ = "withdrawals"

    name: Mapped[str]
    email: Mapped[str]
    contract: Mapped[str]
    statement: Mapped[str] = mapped_column(server_default="")
    booking_id: Mapped[Id | None]
    received_at: Mapped[Instant]
    handled_at: Mapped[Instant | None]

    __table_args__ = (of_store(), belongs_to("booking_id", "bookings"), Index("withdrawals_by_time", "store_id", "received_at", "id"))

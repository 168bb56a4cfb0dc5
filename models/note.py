"""A note of the shop about a booking. Customers see it only in the copy of their data the shop hands out; erasing the customer erases it (R45)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class BookingNote(StoreRow, Base):
    """`user_id` is null where a token of the API wrote it."""

    __tablename__ = "booking_notes"

    booking_id: Mapped[Id]
    user_id: Mapped[Id | None]
    text: Mapped[str]
    created_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        belongs_to("booking_id", "bookings"),
        belongs_to("user_id", "users"),
        Index("booking_notes_of", "store_id", "booking_id", "created_at"),
        CheckConstraint("char_length(text) between 1 and 2000", name="booking_notes_text"),
    )

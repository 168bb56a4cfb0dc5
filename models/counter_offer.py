"""Another time the shop proposes for a request: numbered 1 to 3 in its round (R35)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class CounterOffer(StoreRow, Base):
    """States: open -> accepted | declined | expired | void. A trigger voids what is open when the booking gets another
    time or status: an offer is bound to the booking as it was when the offer was made (I14)."""

    __tablename__ = "counter_offers"

    booking_id: Mapped[Id]
    round: Mapped[int]
    n: Mapped[int]
    staff_id: Mapped[Id]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    state: Mapped[str] = mapped_column(server_default="open")
    expires_at: Mapped[Instant]
    created_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]

    __table_args__ = (
        of_store(),
        belongs_to("booking_id", "bookings"),
        belongs_to("staff_id", "staff"),
        Index("counter_offers_numbered", "store_id", "booking_id", "round", "n", unique=True),
        Index("counter_offers_one_accepted", "store_id", "booking_id", "round", unique=True, postgresql_where=text("state = 'accepted'")),
        CheckConstraint("n between 1 and 3 and round >= 1", name="counter_offers_number"),
        CheckConstraint("ends_at > starts_at and expires_at <= starts_at", name="counter_offers_span"),
        CheckConstraint("state in ('open','accepted','declined','expired','void')", name="counter_offers_state"),
        CheckConstraint("(closed_at is null) = (state = 'open')", name="counter_offers_closed"),
    )

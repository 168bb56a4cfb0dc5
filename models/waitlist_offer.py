"""An opening offered to one of those who wait, held for a short time (R34, I14)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class WaitlistOffer(StoreRow, Base):
    """States: open -> accepted | refused | expired | void. Its hold has the owner `waitlist:{id}`."""

    __tablename__ = "waitlist_offers"

    entry_id: Mapped[Id]
    customer_id: Mapped[Id]
    booking_id: Mapped[Id | None]
    service_id: Mapped[Id]
    staff_id: Mapped[Id]
    session_id: Mapped[Id | None]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    state: Mapped[str] = mapped_column(server_default="open")
    expires_at: Mapped[Instant]
    created_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]

    __table_args__ = (
        of_store(),
        belongs_to("entry_id", "waitlist_entries"),
        belongs_to("customer_id", "customers"),
        belongs_to("booking_id", "bookings"),
        belongs_to("service_id", "services"),
        belongs_to("staff_id", "staff"),
        belongs_to("session_id", "sessions"),
        Index("waitlist_offers_one_open", "store_id", "entry_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("waitlist_offers_one_accepted", "store_id", "entry_id", unique=True, postgresql_where=text("state = 'accepted'")),
        Index("waitlist_offers_each_time_once", "store_id", "entry_id", "staff_id", "starts_at", unique=True),
        Index("waitlist_offers_due", "store_id", "expires_at", postgresql_where=text("state = 'open'")),
        Index("waitlist_offers_of_customer", "store_id", "customer_id", "created_at"),
        Index("waitlist_offers_of_booking", "store_id", "booking_id", postgresql_where=text("booking_id is not null")),
        CheckConstraint("ends_at > starts_at and expires_at <= starts_at and expires_at > created_at", name="waitlist_offers_span"),
        CheckConstraint("state in ('open','accepted','refused','expired','void')", name="waitlist_offers_state"),
        CheckConstraint("(closed_at is null) = (state = 'open')", name="waitlist_offers_closed"),
    )

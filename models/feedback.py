"""What a customer says after a visit: stars, a text, the shop's one reply (R37)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store

LONGEST = 2000


class Feedback(StoreRow, Base):
    """One for each booking. Shown in public only with the customer's tick (`may_publish`) and the shop's approval (`published_at`)."""

    __tablename__ = "feedback"

    booking_id: Mapped[Id]
    customer_id: Mapped[Id]
    service_id: Mapped[Id]
    staff_id: Mapped[Id]
    rating: Mapped[int]
    comment: Mapped[str] = mapped_column(server_default="")
    may_publish: Mapped[bool] = mapped_column(server_default="false")
    published_at: Mapped[Instant | None]
    reply: Mapped[str | None]
    replied_at: Mapped[Instant | None]
    created_at: Mapped[Instant]
    edited_at: Mapped[Instant | None]

    __table_args__ = (
        of_store(),
        belongs_to("booking_id", "bookings"),
        belongs_to("customer_id", "customers"),
        belongs_to("service_id", "services"),
        belongs_to("staff_id", "staff"),
        Index("feedback_of_booking", "store_id", "booking_id", unique=True),
        Index("feedback_of_customer", "store_id", "customer_id"),
        Index("feedback_by_time", "store_id", "created_at", "id"),
        Index("feedback_shown", "store_id", "published_at", "id", postgresql_where=text("published_at is not null")),
        CheckConstraint("rating between 1 and 5", name="feedback_rating"),
        CheckConstraint(f"char_length(comment) <= {LONGEST}", name="feedback_comment"),
        CheckConstraint(f"(reply is null) = (replied_at is null) and char_length(reply) <= {LONGEST}", name="feedback_reply"),
        CheckConstraint("published_at is null or may_publish", name="feedback_published"),
    )

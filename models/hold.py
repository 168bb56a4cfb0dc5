"""A slot kept for a short time: during checkout, or the old slot of a move that waits for approval (R17, I8, I11)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class Hold(StoreRow, Base):
    """`owner` names who may use it (a hashed browser or customer key); spans include buffers."""

    __tablename__ = "holds"

    kind: Mapped[str]
    booking_id: Mapped[Id | None]
    service_id: Mapped[Id]
    staff_id: Mapped[Id]
    session_id: Mapped[Id | None]
    seats: Mapped[int] = mapped_column(server_default="1")
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    owner: Mapped[str]
    overlap_ok: Mapped[bool] = mapped_column(server_default="false")
    expires_at: Mapped[Instant]
    created_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        belongs_to("booking_id", "bookings"),
        belongs_to("service_id", "services"),
        belongs_to("staff_id", "staff"),
        belongs_to("session_id", "sessions"),
        Index("holds_by_expiry", "store_id", "expires_at"),
        Index("holds_by_owner", "store_id", "owner"),
        Index("holds_by_booking", "store_id", "booking_id"),
        CheckConstraint("kind in ('checkout','old_slot','offer')", name="holds_kind"),
        CheckConstraint("ends_at > starts_at and seats >= 1", name="holds_span"),
    )

"""A class date: one start of a service with room for several parties. `seats_taken` is kept by triggers (I7)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class ClassSession(StoreRow, Base):
    """`local_start` is the wall time meant, kept when the rules of the zone change (R13); null on dates from before it was noted."""

    __tablename__ = "sessions"

    service_id: Mapped[Id]
    staff_id: Mapped[Id]
    location_id: Mapped[Id]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    occupied_from: Mapped[Instant]
    occupied_to: Mapped[Instant]
    capacity: Mapped[int]
    seats_taken: Mapped[int] = mapped_column(server_default="0")
    status: Mapped[str] = mapped_column(server_default="scheduled")
    overlap_ok: Mapped[bool] = mapped_column(server_default="false")
    local_start: Mapped[datetime | None] = mapped_column(DateTime(timezone=False))
    created_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        belongs_to("service_id", "services"),
        belongs_to("staff_id", "staff"),
        belongs_to("location_id", "locations"),
        Index("sessions_by_service", "store_id", "service_id", "starts_at"),
        CheckConstraint("seats_taken between 0 and capacity", name="sessions_seats"),
        CheckConstraint("capacity between 1 and 10000", name="sessions_capacity"),
        CheckConstraint("ends_at > starts_at", name="sessions_span"),
        CheckConstraint("status in ('scheduled','cancelled')", name="sessions_status"),
    )

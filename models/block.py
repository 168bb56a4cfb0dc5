"""Time off: of one staff member, or of everyone at a location when `staff_id` is null."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class Block(StoreRow, Base):
    __tablename__ = "blocks"

    location_id: Mapped[Id]
    staff_id: Mapped[Id | None]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    reason: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        belongs_to("location_id", "locations"),
        belongs_to("staff_id", "staff"),
        Index("blocks_by_end", "store_id", "ends_at"),
        CheckConstraint("ends_at > starts_at", name="blocks_span"),
    )

"""Time or seats that have become free, until someone has looked who waits for them. Triggers write the rows (R34)."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, of_store


class Opening(Base):
    """A span of one person's time, buffers included, or the seats of a class date when `session_id` is set."""

    __tablename__ = "openings"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    staff_id: Mapped[Id]
    session_id: Mapped[Id | None]
    from_at: Mapped[Instant]
    to_at: Mapped[Instant]
    due_at: Mapped[Instant]
    created_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        Index("openings_due", "store_id", "due_at"),
        CheckConstraint("to_at > from_at", name="openings_span"),
    )

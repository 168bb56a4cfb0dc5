"""When an entry of a staff member's calendar elsewhere keeps them busy; nothing else of it is known here."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant


class CalendarTime(Base):
    """`entry` and `series` are hashes of the provider's ids, by which a later change finds what it changes."""

    __tablename__ = "calendar_times"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    calendar_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    entry: Mapped[str] = mapped_column(primary_key=True)
    series: Mapped[str | None]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "calendar_id"], ["staff_calendars.store_id", "staff_calendars.id"], ondelete="CASCADE"),
        Index("calendar_times_series", "store_id", "calendar_id", "series", postgresql_where=text("series is not null")),
        CheckConstraint("ends_at > starts_at", name="calendar_times_span"),
    )

"""The single source of busy time: every booking, hold, class date and block of a staff member holds its span here.

The database refuses overlaps (I1): an exclusion constraint for ordinary rows, a trigger where a flagged row is met. Rows of
bookings, holds and class dates are written by triggers on those tables, so busy time cannot drift from what causes it.
Spans are at most 48 hours long (longer blocks are cut), which bounds every read of the covering index.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import literal_column

from models.base import Base, Id, Instant, belongs_to

LONGEST_SPAN_HOURS = 48


class Occupancy(Base):
    __tablename__ = "occupancies"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    staff_id: Mapped[Id]
    kind: Mapped[str]
    source_id: Mapped[Id]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    overlap_ok: Mapped[bool] = mapped_column(server_default="false")
    expires_at: Mapped[Instant | None]

    __table_args__ = (
        belongs_to("staff_id", "staff"),
        Index("occupancies_busy", "store_id", "staff_id", "starts_at", postgresql_include=["ends_at", "expires_at", "source_id"]),
        Index("occupancies_of", "store_id", "source_id"),
        Index("occupancies_flagged", "store_id", "staff_id", "starts_at", postgresql_where=text("overlap_ok")),
        CheckConstraint("kind in ('booking','hold','session','block','calendar')", name="occupancies_kind"),
        CheckConstraint("ends_at > starts_at and ends_at <= starts_at + interval '48 hours'", name="occupancies_span"),
        ExcludeConstraint(
            (literal_column("busy_place(staff_id, starts_at, ends_at)"), "&&"),
            (literal_column("int8range(staff_id, staff_id, '[]')"), "&&"),
            (literal_column("int8range(store_id, store_id, '[]')"), "&&"),
            using="gist",
            where=text("not overlap_ok"),
            name="no_double_booking",
        ),
    )

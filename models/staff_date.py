"""A date on which someone works other hours than their week says."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Date
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, belongs_to


class StaffDate(Base):
    """`hours` is `[["09:00", "12:00"]]` in the location's wall time; empty: not at work that day."""

    __tablename__ = "staff_dates"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    staff_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    hours: Mapped[list[Any]] = mapped_column(JSONB)
    note: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Instant]

    __table_args__ = (belongs_to("staff_id", "staff"), CheckConstraint("jsonb_typeof(hours) = 'array'", name="staff_dates_hours"))

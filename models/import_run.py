"""A file on its way in: uploaded and mapped on screen, checked and written by a worker."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store

STATES = ("mapping", "checking", "checked", "importing", "done", "failed")


class ImportRun(StoreRow, Base):
    """`content` goes when the run has ended: it holds personal data. `columns` maps our field names to header names."""

    __tablename__ = "imports"

    user_id: Mapped[Id | None]
    filename: Mapped[str]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    header: Mapped[list[Any]] = mapped_column(JSONB)
    columns: Mapped[dict[str, Any]]
    flag_overlaps: Mapped[bool] = mapped_column(server_default="false")
    region: Mapped[str | None]
    state: Mapped[str]
    done: Mapped[int] = mapped_column(server_default="0")
    total: Mapped[int] = mapped_column(server_default="0")
    report: Mapped[dict[str, Any] | None]
    bad: Mapped[list[Any] | None] = mapped_column(JSONB)
    problem: Mapped[str | None]
    leased_until: Mapped[Instant | None]
    created_at: Mapped[Instant]
    finished_at: Mapped[Instant | None]

    __table_args__ = (
        of_store(),
        belongs_to("user_id", "users"),
        Index("imports_waiting", "store_id", "created_at", postgresql_where=text("state in ('checking', 'importing')")),
        CheckConstraint("state in ('mapping','checking','checked','importing','done','failed')", name="imports_state"),
        CheckConstraint("done between 0 and total", name="imports_progress"),
    )

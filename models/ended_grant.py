"""A token of a calendar account that is used no longer, until it has been given back to who made it (RFC 7009)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Instant, StoreRow, of_store


class EndedGrant(StoreRow, Base):
    __tablename__ = "ended_grants"

    provider: Mapped[str]
    sealed_token: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[Instant]
    created_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        Index("ended_grants_due", "store_id", "due_at"),
        CheckConstraint("provider in ('google', 'microsoft')", name="ended_grants_provider"),
    )

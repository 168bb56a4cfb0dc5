"""A host name a store says is its own, and what its DNS said about that (A51, I52)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from models.base import Base, Instant, StoreRow, of_store


class Domain(StoreRow, Base):
    """`proven_at` is the last time the record was seen; `failing_since` the first look that did not find it any more."""

    __tablename__ = "domains"

    host: Mapped[str]
    token: Mapped[str]
    proven_at: Mapped[Instant | None]
    failing_since: Mapped[Instant | None]
    next_check_at: Mapped[Instant]
    problem: Mapped[str | None]
    created_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        Index("domains_host", "store_id", "host", unique=True),
        Index("domains_due", "store_id", "next_check_at"),
        CheckConstraint("host = lower(host)", name="domains_lower"),
    )

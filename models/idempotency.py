"""The first answer to an idempotency key, kept at least 24 hours (I12)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, of_store


class IdempotencyKey(Base):
    """`sealed` is the answer (booking/kept_answers.py). `answer`: nothing has used it since migration 0022, and it may go."""

    __tablename__ = "idempotency_keys"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    principal: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    sealed: Mapped[str | None]
    answer: Mapped[dict[str, Any] | None]
    created_at: Mapped[Instant]

    __table_args__ = (of_store(), Index("idempotency_by_age", "store_id", "created_at"))

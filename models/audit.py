"""The audit trail: append-only, chained per store by a trigger, without personal data (I3, I63, R41)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Identity, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, of_store


class AuditEntry(Base):
    """`chain` numbers the entries of a store without gaps; `hash` covers the row and the previous hash. `facts["messages"]` are the ids
    of the mails and texts the same commit queued about the booking; those about none stand in its first entry."""

    __tablename__ = "audit_entries"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    chain: Mapped[int]
    at: Mapped[Instant]
    actor_kind: Mapped[str]
    actor_id: Mapped[str | None]
    actor_role: Mapped[str | None]
    channel: Mapped[str]
    action: Mapped[str]
    allowed: Mapped[bool] = mapped_column(server_default="true")
    subject: Mapped[str]
    subject_id: Mapped[int | None]
    booking_id: Mapped[int | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    facts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        Index("audit_chain", "store_id", "chain", unique=True),
        Index("audit_by_time", "store_id", "at"),
        Index("audit_of_booking", "store_id", "booking_id", "id", postgresql_where=text("booking_id is not null")),
    )


class AuditHead(Base):
    """The end of a store's chain: what an outside anchor copies to show a cut tail."""

    __tablename__ = "audit_heads"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    chain: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (of_store(),)

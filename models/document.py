"""Receipts and credit notes: numbered per store without gaps, frozen when issued (R39)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class Document(StoreRow, Base):
    """The database gives `number` and refuses every change. `facts` hold all that is printed, so that nothing later changes it.

    A receipt covers the booking's payments up to `covers` in all, of which `amount` is new. A credit note is about one
    refund, up to `covers` of it in all: what goes back in several steps has one for each.
    """

    __tablename__ = "documents"

    number: Mapped[int] = mapped_column(server_default="0")
    kind: Mapped[str]
    booking_id: Mapped[Id]
    refund_id: Mapped[Id | None]
    amount: Mapped[int]
    covers: Mapped[int]
    currency: Mapped[str]
    facts: Mapped[dict[str, Any]]
    issued_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        belongs_to("booking_id", "bookings"),
        belongs_to("refund_id", "refunds"),
        Index("documents_number", "store_id", "number", unique=True),
        Index("documents_of_refund", "store_id", "refund_id", "covers", unique=True, postgresql_where=text("refund_id is not null")),
        Index("documents_of_payment", "store_id", "booking_id", "covers", unique=True, postgresql_where=text("kind = 'receipt'")),
        Index("documents_of_booking", "store_id", "booking_id", "number"),
        CheckConstraint("kind in ('receipt', 'credit_note') and (kind = 'credit_note') = (refund_id is not null)", name="documents_kind"),
        CheckConstraint("amount > 0 and covers >= 0", name="documents_amount"),
    )


class DocumentCounter(Base):
    """The last number of a store; only the trigger that numbers documents writes it."""

    __tablename__ = "document_counters"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]

    __table_args__ = (of_store(),)

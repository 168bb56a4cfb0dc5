"""Changes of a customer's address, and the one link with which the old address takes a change back (R8)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class EmailChange(StoreRow, Base):
    """`undo_hash` is the keyed hash of the link's secret. `closed_at`: undone, or void because an earlier change was undone."""

    __tablename__ = "email_changes"

    customer_id: Mapped[Id]
    old_email: Mapped[str]
    new_email: Mapped[str]
    undo_hash: Mapped[str]
    changed_at: Mapped[Instant]
    undo_until: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    undone: Mapped[bool] = mapped_column(server_default="false")

    __table_args__ = (
        of_store(),
        belongs_to("customer_id", "customers"),
        Index("email_changes_undo", "store_id", "undo_hash", unique=True),
        Index("email_changes_of", "store_id", "customer_id", "changed_at"),
        CheckConstraint("not undone or closed_at is not null", name="email_changes_undone"),
    )

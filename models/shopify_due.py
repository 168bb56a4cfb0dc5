"""Work that waits for Shopify: one row for each thing to bring in step, however often it was marked (I21, I25)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, of_store


class ShopifyDue(Base):
    """`marks` counts up with every mark: a row is removed only if no mark came while it was worked on.

    `subject` is a local id or a GID, by kind. `failed` rows wait for a person; a new mark makes them due again.
    """

    __tablename__ = "shopify_due"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    facts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    state: Mapped[str] = mapped_column(server_default="due")
    marks: Mapped[int] = mapped_column(server_default="1")
    attempts: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[Instant]
    created_at: Mapped[Instant]
    last_error: Mapped[str | None]

    __table_args__ = (
        of_store(),
        Index("shopify_due_next", "store_id", "due_at", postgresql_where=text("state = 'due'")),
        CheckConstraint("kind in ('customer','remote_customer','calendar','order','refund','cancelled_line','import','reconcile','credit',"
                        "'credit_left')", name="shopify_due_kind"),
        CheckConstraint("state in ('due','failed')", name="shopify_due_state"),
    )

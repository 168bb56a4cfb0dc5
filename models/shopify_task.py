"""What a person of the shop has to look at, because no machine should decide it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Instant, StoreRow, belongs_to, of_store


class ShopifyTask(StoreRow, Base):
    """`kind` and `subject` name it once. Kinds: line_unplaced, line_removed, booking_stays, payment_currency,
    refund_failed, link_conflict, merge_conflict, data_request, redacted_open_bookings. Facts hold ids, codes and amounts, no personal data."""

    __tablename__ = "shopify_tasks"

    kind: Mapped[str]
    subject: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    customer_id: Mapped[int | None]
    created_at: Mapped[Instant]
    done_at: Mapped[Instant | None]

    __table_args__ = (
        of_store(),
        belongs_to("customer_id", "customers"),
        Index("shopify_tasks_once", "store_id", "kind", "subject", unique=True),
        Index("shopify_tasks_open", "store_id", "created_at", postgresql_where=text("done_at is null")),
    )

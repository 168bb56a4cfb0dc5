"""The inbox of Shopify's webhooks: kept before it is answered, applied later, forgotten in its content once applied (I23, I60)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, of_store


class ShopifyDelivery(Base):
    """(topic, webhook_id) is unique in a store: a delivery sent twice is one row, and its effect happens once."""

    __tablename__ = "shopify_deliveries"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    topic: Mapped[str] = mapped_column(primary_key=True)
    webhook_id: Mapped[str] = mapped_column(primary_key=True)
    triggered_at: Mapped[Instant | None]
    received_at: Mapped[Instant]
    body: Mapped[dict[str, Any] | None]
    state: Mapped[str] = mapped_column(server_default="due")
    attempts: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[Instant]
    applied_at: Mapped[Instant | None]
    last_error: Mapped[str | None]

    __table_args__ = (
        of_store(),
        Index("shopify_deliveries_next", "store_id", "due_at", postgresql_where=text("state = 'due'")),
        Index("shopify_deliveries_by_age", "store_id", "received_at"),
        CheckConstraint("state in ('due','applied','ignored','failed')", name="shopify_deliveries_state"),
        CheckConstraint("(body is null) = (state in ('applied','ignored'))", name="shopify_deliveries_body"),
    )

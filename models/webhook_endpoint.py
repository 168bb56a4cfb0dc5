"""Where a shop's own programs hear of changes (E120)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Instant, StoreRow, of_store


class WebhookEndpoint(StoreRow, Base):
    """The signing secret is not kept: it is derived from the installation's key `key_id`, the row's id and `epoch`."""

    __tablename__ = "webhook_endpoints"

    url: Mapped[str]
    topics: Mapped[list[Any]] = mapped_column(JSONB)
    key_id: Mapped[str]
    epoch: Mapped[int] = mapped_column(server_default="1")
    active: Mapped[bool] = mapped_column(server_default="true")
    removed_at: Mapped[Instant | None]
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        Index("webhook_endpoints_active", "store_id", postgresql_where=text("active")),
        CheckConstraint("jsonb_typeof(topics) = 'array'", name="webhook_endpoints_topics"),
        CheckConstraint("removed_at is null or not active", name="webhook_endpoints_removed"),
    )

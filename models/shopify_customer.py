"""What both sides last agreed on about a customer, and who may not come back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, belongs_to, of_store


class ShopifyCustomer(Base):
    """`agreed`: the fields as both sides had them after the last sync. `changed`: instant of the last change here, by field;
    the database keeps it. `calendar_digest`: what stands in the customer's metafields now."""

    __tablename__ = "shopify_customers"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    customer_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    agreed: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    changed: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    remote_updated_at: Mapped[Instant | None]
    calendar_digest: Mapped[str | None]

    __table_args__ = (belongs_to("customer_id", "customers"),)


class ShopifyErased(Base):
    """A keyed hash of a GID that was erased: late deliveries, retries and imports cannot bring the person back (I60)."""

    __tablename__ = "shopify_erased"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    gid_hash: Mapped[str] = mapped_column(primary_key=True)
    erased_at: Mapped[Instant]

    __table_args__ = (of_store(),)

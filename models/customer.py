"""A customer of one store. Addresses are compared only in their canonical form (I40)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class Customer(StoreRow, Base):
    """A verified address belongs to one customer of a store; unverified guests may share it until one proves it (R8)."""

    __tablename__ = "customers"

    name: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str | None]
    email_canonical: Mapped[str | None]
    email_verified_at: Mapped[Instant | None]
    phone: Mapped[str | None]
    phone_verified_at: Mapped[Instant | None]
    locale: Mapped[str | None]
    zone: Mapped[str | None]
    preferences: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    shopify_id: Mapped[str | None]
    feed_secret_hash: Mapped[str | None]
    sign_out_before: Mapped[Instant | None]
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Instant]
    erased_at: Mapped[Instant | None]
    merged_into: Mapped[Id | None]

    __table_args__ = (
        of_store(),
        Index("customers_by_email", "store_id", "email_canonical"),
        Index("customers_verified_email", "store_id", "email_canonical", unique=True,
              postgresql_where=text("email_verified_at is not null")),
        Index("customers_shopify", "store_id", "shopify_id", unique=True, postgresql_where=text("shopify_id is not null")),
        Index("customers_feed", "store_id", "feed_secret_hash", unique=True, postgresql_where=text("feed_secret_hash is not null")),
        Index("customers_by_name", "store_id", "name"),
        Index("customers_duplicates", "store_id", "phone", postgresql_where=text("phone is not null")),
        belongs_to("merged_into", "customers", name="customers_merged_into"),
        CheckConstraint("merged_into is null or (erased_at is not null and merged_into <> id)", name="customers_merged_is_closed"),
    )

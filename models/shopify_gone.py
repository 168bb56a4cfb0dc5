"""Customers of the shop that are no more over there: whom they were merged into, or who they were here."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Instant, belongs_to, of_store


class ShopifyGone(Base):
    """By the keyed hash of their GID. `kept_gid`: who has everything of theirs, never one who is gone by a merge too.
    `customer_id`: our customer, of one who was deleted or erased; a merge before that may be heard of later (I23)."""

    __tablename__ = "shopify_gone"

    store_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    gid_hash: Mapped[str] = mapped_column(primary_key=True)
    kept_gid: Mapped[str | None]
    customer_id: Mapped[int | None]
    gone_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        belongs_to("customer_id", "customers"),
        Index("shopify_gone_into", "store_id", "kept_gid", postgresql_where=text("kept_gid is not null")),
        Index("shopify_gone_customers", "store_id", "customer_id", postgresql_where=text("customer_id is not null")),
    )

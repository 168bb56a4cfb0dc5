"""Store credit of ours that lives at Shopify."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, belongs_to


class ShopifyCredit(Base):
    """States: due; asked, when Shopify may have heard of it (`asked_at`: first time); given; store, when Shopify did not take it
    and it is spent here. `transaction_gid` is the credit transaction over there; no two of ours share one."""

    __tablename__ = "shopify_credits"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    credit_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(server_default="due")
    asked_at: Mapped[Instant | None]
    transaction_gid: Mapped[str | None]
    given_at: Mapped[Instant | None]

    __table_args__ = (
        belongs_to("credit_id", "credits"),
        Index("shopify_credits_once", "store_id", "transaction_gid", unique=True),
        Index("shopify_credits_open", "store_id", postgresql_where=text("state <> 'store'")),
        CheckConstraint("state in ('due','asked','given','store')", name="shopify_credits_state"),
        CheckConstraint("(state in ('asked','given')) <= (asked_at is not null)", name="shopify_credits_asked"),
        CheckConstraint("(state = 'given') = (transaction_gid is not null and given_at is not null)", name="shopify_credits_given"),
    )

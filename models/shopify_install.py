"""A store's installation at Shopify: its tokens (sealed), choices and progress of the sync."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, of_store


class ShopifyInstall(Base):
    """States: installed, reconnect (the tokens are dead, somebody must open the app), uninstalled.

    `installation` counts up with every new install. `access_token` and `refresh_token` are sealed (booking/sealing.py).
    `accounts`: unknown, classic, new (the kind of customer accounts the shop uses); `storefront_host`: where its storefront answers.
    `customers_until`, `orders_until`: newest change seen by a whole reconciliation. `lease`: the one worker busy with this shop.
    """

    __tablename__ = "shopify_installs"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    shop_gid: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default="installed")
    installation: Mapped[int] = mapped_column(server_default="1")
    installed_at: Mapped[Instant]
    uninstalled_at: Mapped[Instant | None]
    scopes: Mapped[str] = mapped_column(server_default="")
    access_token: Mapped[str | None]
    access_until: Mapped[Instant | None]
    refresh_token: Mapped[str | None]
    refresh_until: Mapped[Instant | None]
    on_cancel: Mapped[str] = mapped_column(server_default="tag_note")
    customers_until: Mapped[Instant | None]
    orders_until: Mapped[Instant | None]
    reconciled_at: Mapped[Instant | None]
    defined_at: Mapped[Instant | None]
    lease: Mapped[int | None]
    leased_until: Mapped[Instant | None]
    paused_until: Mapped[Instant | None]
    succeeded_at: Mapped[Instant | None]
    last_error: Mapped[str | None]
    storefront_host: Mapped[str | None]
    accounts: Mapped[str] = mapped_column(server_default="unknown")

    __table_args__ = (
        of_store(),
        CheckConstraint("state in ('installed','reconnect','uninstalled')", name="shopify_installs_state"),
        CheckConstraint("(uninstalled_at is not null) = (state = 'uninstalled')", name="shopify_installs_ended"),
        CheckConstraint("state <> 'uninstalled' or (access_token is null and refresh_token is null)",
                        name="shopify_installs_no_tokens_left"),
        CheckConstraint("accounts in ('unknown','classic','new')", name="shopify_installs_accounts"),
        CheckConstraint("on_cancel in ('nothing','tag_note','refund_line','cancel_order')", name="shopify_installs_on_cancel"),
    )

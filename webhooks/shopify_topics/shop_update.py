"""shop/update: name, domains or accounts may be new. The domain is how session tokens name the shop; its id stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.shopify.connection import rename_shop
from booking.shopify.due import mark
from models.session import Tx


def apply(tx: Tx, body: dict[str, Any], triggered_at: datetime | None) -> None:
    domain = body.get("myshopify_domain")
    if isinstance(domain, str):
        rename_shop.within(tx, domain.lower())
    mark(tx, "reconcile", "shop")

"""orders/updated: edited, refunded, paid... The order as it is now decides, not the order of deliveries (I23)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.shopify.hints import order_changed
from models.session import Tx


def apply(tx: Tx, body: dict[str, Any], triggered_at: datetime | None) -> None:
    order_changed(tx, body)

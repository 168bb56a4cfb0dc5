"""products/update: variants that are gone sell no service any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.shopify.hints import product_changed
from models.session import Tx


def apply(tx: Tx, body: dict[str, Any], triggered_at: datetime | None) -> None:
    product_changed(tx, body)

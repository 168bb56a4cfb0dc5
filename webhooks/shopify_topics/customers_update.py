"""customers/update: read the customer again, unless this is our own change coming back (I25)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.shopify.hints import customer_changed
from models.session import Tx


def apply(tx: Tx, body: dict[str, Any], triggered_at: datetime | None) -> str:
    return "applied" if customer_changed(tx, body) else "ignored"

"""shop/redact: the store of a shop that has left is erased. Late ones, of an earlier installation, change nothing (I62)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.rules.decision import Refused
from booking.shopify.connection import redact_shop
from models.session import Tx


def apply(tx: Tx, body: dict[str, Any], triggered_at: datetime | None) -> str:
    try:
        redact_shop.within(tx, triggered_at)
    except Refused:
        return "ignored"
    return "gone"

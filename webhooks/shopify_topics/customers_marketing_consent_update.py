"""customers_marketing_consent/update: somebody wants news by SMS, or no more; unless this is our own word coming back (I25)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.shopify.hints import wish_changed
from models.session import Tx


def apply(tx: Tx, body: dict[str, Any], triggered_at: datetime | None) -> str:
    return "applied" if wish_changed(tx, body, "sms") else "ignored"

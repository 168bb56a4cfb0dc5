"""customers/redact: the person is erased here, and cannot come back (R45, I60)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.shopify.privacy import redact
from models.session import Tx


def apply(tx: Tx, body: dict[str, Any], triggered_at: datetime | None) -> None:
    redact(tx, body)

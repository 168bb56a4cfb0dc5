"""app/scopes_update: the merchant has granted more, or less."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.shopify.connection import change_scopes
from models.session import Tx


def apply(tx: Tx, body: dict[str, Any], triggered_at: datetime | None) -> None:
    current = body.get("current")
    if isinstance(current, list):
        change_scopes.within(tx, ",".join(str(scope) for scope in current))

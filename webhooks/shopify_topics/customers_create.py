"""customers/create: someone new over there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from models.session import Tx
from webhooks.shopify_topics.customers_update import apply as changed


def apply(tx: Tx, body: dict[str, Any], triggered_at: datetime | None) -> str:
    return changed(tx, body, triggered_at)

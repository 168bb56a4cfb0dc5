"""customers/merge: two customers have become one (R44)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.shopify.merging import merge_linked
from models.session import Tx


def apply(tx: Tx, body: dict[str, Any], triggered_at: datetime | None) -> None:
    kept, removed = body.get("admin_graphql_api_customer_kept_id"), body.get("admin_graphql_api_customer_deleted_id")
    if isinstance(kept, str) and isinstance(removed, str) and body.get("status") in (None, "completed", "success"):
        merge_linked.within(tx, kept, removed)

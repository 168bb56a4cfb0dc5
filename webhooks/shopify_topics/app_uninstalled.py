"""app/uninstalled: the shop has left. Its tokens are dead already; ours are destroyed at once (I62)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.shopify.connection import uninstall_shop
from models.session import Tx


def apply(tx: Tx, body: dict[str, Any], triggered_at: datetime | None) -> str:
    done = uninstall_shop.within(tx, triggered_at)
    return "applied" if done.facts["left"] else "ignored"

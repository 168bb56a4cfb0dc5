"""customers/delete: gone over there. Our customer and the bookings stay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.shopify.hints import gid_of
from booking.shopify.people import unlink_customer
from models.session import Tx


def apply(tx: Tx, body: dict[str, Any], triggered_at: datetime | None) -> None:
    if gid := gid_of(body, "Customer"):
        unlink_customer.within(tx, gid)

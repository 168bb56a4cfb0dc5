"""customers/data_request: the merchant is asked for a person's data; the export waits for them (R45, I61)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.shopify.privacy import note_data_request
from models.session import Tx


def apply(tx: Tx, body: dict[str, Any], triggered_at: datetime | None) -> None:
    note_data_request(tx, body)

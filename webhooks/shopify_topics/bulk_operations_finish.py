"""bulk_operations/finish: the file of the first import is ready."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.shopify.hints import bulk_finished
from models.session import Tx


def apply(tx: Tx, body: dict[str, Any], triggered_at: datetime | None) -> None:
    bulk_finished(tx, body)

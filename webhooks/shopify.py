"""Shopify's webhooks: verified on the raw body, kept, answered; the work is done later from what was kept (I23, R45).

Every topic of shopify.app.toml has its file in webhooks/shopify_topics; a test compares the two.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert as upsert

from booking.keys import settings
from booking.shopify.connection import DOMAIN
from gateways.shopify.signature import is_genuine
from models.actor import Actor
from models.session import database, transaction
from models.shopify_delivery import ShopifyDelivery
from webhooks.shopify_topics import AT_ONCE, COMPLIANCE, TOPICS, apply_kept

WEBHOOK = Actor("system", "webhook")
log = logging.getLogger("opencals.webhooks")


def receive(raw: bytes, header: Callable[[str], str]) -> tuple[int, str]:
    """POST /webhooks/shopify: every topic but those of the law."""
    return _receive(raw, header, frozenset(TOPICS) - COMPLIANCE)


def receive_compliance(raw: bytes, header: Callable[[str], str]) -> tuple[int, str]:
    """POST /webhooks/shopify/compliance."""
    return _receive(raw, header, COMPLIANCE)


def _receive(raw: bytes, header: Callable[[str], str], topics: frozenset[str]) -> tuple[int, str]:
    """200 once the delivery is kept, or when there is nothing to keep; 401 for a signature that does not hold, and nothing is stored."""
    if not is_genuine(raw, header("X-Shopify-Hmac-Sha256"), settings().shopify_secrets):
        return 401, "The signature does not fit."
    topic, domain, webhook_id = header("X-Shopify-Topic"), header("X-Shopify-Shop-Domain").lower(), header("X-Shopify-Webhook-Id")
    body = _json(raw)
    if topic not in topics or body is None or not DOMAIN.fullmatch(domain) or not 0 < len(webhook_id) <= 200:
        log.warning("a signed delivery we do not use", extra={"topic": topic[:60], "shop": domain[:120]})
        return (200, "") if topic not in topics else (400, "This is not a delivery.")
    # The signature proves Shopify sent it for a shop; which store that is says our table, by the permanent id where one is given (I27).
    store_id = database().store_of_any_shop(_shop_gid(body, topic), domain)
    if store_id is not None:
        _keep(store_id, topic, webhook_id, _instant(header("X-Shopify-Triggered-At")), body)
        database().ring(store_id)
    return 200, ""


def _keep(store_id: int, topic: str, webhook_id: str, triggered_at: datetime | None, body: dict[str, Any]) -> None:
    """One row a delivery. What must not wait a moment happens in the same transaction."""
    with transaction(store_id, WEBHOOK) as tx:
        fresh = tx.db.execute(upsert(ShopifyDelivery).values(
            store_id=store_id, topic=topic, webhook_id=webhook_id, triggered_at=triggered_at, received_at=tx.now,
            due_at=tx.now, body=body).on_conflict_do_nothing().returning(ShopifyDelivery)).one_or_none()
        if fresh is not None and topic in AT_ONCE:
            apply_kept(tx, fresh)


def _json(raw: bytes) -> dict[str, Any] | None:
    """The object, or None for what the database cannot keep as JSON: no object, NaN, half a surrogate pair, zero bytes."""
    try:
        body = json.loads(raw)
        json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) and "\\u0000" not in raw.decode("utf-8", "replace") else None


def _shop_gid(body: dict[str, Any], topic: str) -> str | None:
    number = body.get("shop_id") if topic in COMPLIANCE else body.get("id") if topic in ("app/uninstalled", "shop/update") else None
    return f"gid://shopify/Shop/{number}" if isinstance(number, int) else None


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None

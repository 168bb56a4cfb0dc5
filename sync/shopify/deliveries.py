"""Deliveries kept by the door, applied one by one; each has its effect and its note in one commit (I23)."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from booking.actions.action import Done, action
from models.session import reading, transaction
from models.shopify_delivery import ShopifyDelivery
from sync.shopify.shop import SYNC
from webhooks.shopify_topics import apply_kept

MOST_ATTEMPTS = 12
log = logging.getLogger("opencals.shopify")


def apply_waiting(store_id: int, keep_going: Callable[[], bool] = lambda: True) -> int:
    """Apply what waits, oldest first; the number applied. One that cannot be applied waits on its own and stays visible."""
    done = 0
    while keep_going():
        with reading(store_id) as tx:
            waiting = tx.db.execute(select(ShopifyDelivery.topic, ShopifyDelivery.webhook_id, ShopifyDelivery.attempts).where(
                ShopifyDelivery.store_id == store_id, ShopifyDelivery.state == "due", ShopifyDelivery.due_at <= tx.now,
            ).order_by(ShopifyDelivery.received_at).limit(100)).all()
        if not waiting:
            return done
        for row in waiting:
            if not keep_going():
                break
            done += _one(store_id, row)
    return done


def _one(store_id: int, row: Any) -> int:
    try:
        apply_delivery(store_id, SYNC, row.topic, row.webhook_id)
        return 1
    except Exception as error:
        log.exception("a delivery could not be applied", extra={"store": store_id, "topic": row.topic})
        with transaction(store_id, SYNC) as tx:
            tx.db.execute(update(ShopifyDelivery).where(
                ShopifyDelivery.store_id == store_id, ShopifyDelivery.topic == row.topic, ShopifyDelivery.webhook_id == row.webhook_id,
                ShopifyDelivery.state == "due").values(
                    attempts=row.attempts + 1, last_error=type(error).__name__, state="failed" if row.attempts + 1 >= MOST_ATTEMPTS else "due",
                    due_at=tx.now + timedelta(seconds=min(3600.0, 2.0**row.attempts * 5) * random.uniform(0.7, 1.3))))
        return 0


@action
def apply_delivery(tx: Any, topic: str, webhook_id: str) -> Done:
    """Apply one delivery, unless someone else just has; retried whole when it met a deadlock."""
    row = tx.db.execute(select(ShopifyDelivery).where(
        ShopifyDelivery.store_id == tx.store_id, ShopifyDelivery.topic == topic, ShopifyDelivery.webhook_id == webhook_id,
        ShopifyDelivery.state == "due").with_for_update(skip_locked=True)).one_or_none()
    if row is not None:
        apply_kept(tx, row)
    return Done()

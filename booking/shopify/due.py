"""Marking what has to be brought in step with Shopify. Marks run together; the worker looks at what is true then (I25)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from models.session import Tx
from models.shopify_due import ShopifyDue
from models.shopify_install import ShopifyInstall


def mark(tx: Tx, kind: str, subject: str, *, due_at: datetime | None = None, **facts: Any) -> None:
    """Something of this kind is to be looked at. A later look that waits is brought forward, never put off."""
    due_at = due_at or tx.now
    fresh = upsert(ShopifyDue).values(store_id=tx.store_id, kind=kind, subject=subject, facts=facts, due_at=due_at, created_at=tx.now)
    tx.db.execute(fresh.on_conflict_do_update(
        index_elements=["store_id", "kind", "subject"],
        set_={"marks": ShopifyDue.marks + 1, "state": "due", "attempts": 0, "facts": fresh.excluded.facts,
              "due_at": fresh.excluded.due_at}, where=(ShopifyDue.state != "due") | (ShopifyDue.due_at > fresh.excluded.due_at)
        | (fresh.excluded.due_at <= tx.now)))


def connected(tx: Tx) -> bool:
    """Whether the app is installed at the store's shop."""
    return tx.db.execute(select(ShopifyInstall.state).where(ShopifyInstall.store_id == tx.store_id)).scalar() in ("installed", "reconnect")

"""What no webhook told us: every half hour, everything changed since the last whole look (I24)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from booking.shopify.connection import note_accounts
from booking.shopify.credits import open_credits
from booking.shopify.due import mark
from gateways.shopify import documents
from gateways.shopify.facts import shop_facts
from gateways.shopify.wire import Drift
from models.customer import Customer
from models.session import reading, transaction
from models.shopify_customer import ShopifyCustomer
from models.shopify_install import ShopifyInstall
from sync.shopify.shop import SYNC, Shop, keep

EVERY = timedelta(minutes=30)
OVERLAP = timedelta(minutes=10)
"""Looked at twice rather than never: clocks differ and changes are indexed late."""
PAGE = 100
WHAT = {"customers": (documents.CUSTOMERS_PAGE, "remote_customer", ShopifyInstall.customers_until),
        "orders": (documents.ORDERS_PAGE, "order", ShopifyInstall.orders_until)}


def mark_when_due(shop: Shop) -> None:
    with transaction(shop.store_id, SYNC) as tx:
        due = tx.db.execute(update(ShopifyInstall).where(
            ShopifyInstall.store_id == shop.store_id,
            (ShopifyInstall.reconciled_at.is_(None)) | (ShopifyInstall.reconciled_at <= tx.now - EVERY)).values(reconciled_at=tx.now)).rowcount
        if due:
            for what in ("shop", *WHAT):
                mark(tx, "reconcile", what)
            if open_credits(tx, 0, 1):
                mark(tx, "credit_left", "all")


def look(shop: Shop, subject: str, facts: dict[str, Any]) -> None:
    """Page through what changed, oldest first, and mark what we do not have yet. The cursor moves only when the end is reached."""
    if subject == "shop":
        facts_now = shop_facts(shop.run(documents.SHOP))
        note_accounts(shop.store_id, SYNC, facts_now.host, facts_now.accounts)
        return
    document, kind, column = WHAT[subject]
    with reading(shop.store_id) as tx:
        row = tx.db.execute(select(column, ShopifyInstall.installed_at).where(ShopifyInstall.store_id == shop.store_id)).one()
    since = row[0] or row.installed_at
    after, newest = None, since
    while True:
        # Shopify's filter knows whole days only; what is older than the cursor is dropped here.
        page = shop.run(document, first=PAGE, after=after, query=f"updated_at:>='{since - OVERLAP:%Y-%m-%d}T00:00:00Z'")[subject]
        changed = {node["id"]: _instant(node["updatedAt"]) for node in page["nodes"] if _instant(node["updatedAt"]) >= since - OVERLAP}
        _mark(shop, kind, changed)
        newest = max([newest, *changed.values()])
        if not page["pageInfo"]["hasNextPage"]:
            break
        keep(shop)
        after = page["pageInfo"]["endCursor"]
    with transaction(shop.store_id, SYNC) as tx:
        tx.db.execute(update(ShopifyInstall).where(ShopifyInstall.store_id == shop.store_id).values({column: newest}))


def _mark(shop: Shop, kind: str, changed: dict[str, datetime]) -> None:
    with transaction(shop.store_id, SYNC) as tx:
        known: dict[str, datetime | None] = {}
        if kind == "remote_customer":
            known = dict(tx.db.execute(select(Customer.shopify_id, ShopifyCustomer.remote_updated_at).join(
                ShopifyCustomer, (ShopifyCustomer.store_id == Customer.store_id) & (ShopifyCustomer.customer_id == Customer.id)).where(
                    Customer.store_id == shop.store_id, Customer.shopify_id.in_(list(changed)))).all())
        for gid, at in changed.items():
            if known.get(gid) is None or known[gid] < at:
                mark(tx, kind, gid)


def _instant(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise Drift("updatedAt") from error

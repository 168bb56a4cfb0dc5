"""One file a topic: `apply(tx, body, triggered_at)` is its effect in the database. It returns the state to note, by default applied."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from sqlalchemy import null, update

from models.session import Tx
from models.shopify_delivery import ShopifyDelivery
from webhooks.shopify_topics import (
    app_scopes_update, app_uninstalled, bulk_operations_finish, customers_create, customers_data_request, customers_delete,
    customers_email_marketing_consent_update, customers_marketing_consent_update, customers_merge, customers_redact, customers_update, orders_cancelled, orders_create, orders_paid, orders_updated, products_update,
    refunds_create, shop_redact, shop_update,
)

TOPICS: dict[str, ModuleType] = {
    "app/uninstalled": app_uninstalled,
    "app/scopes_update": app_scopes_update,
    "shop/update": shop_update,
    "customers/create": customers_create,
    "customers/update": customers_update,
    "customers/delete": customers_delete,
    "customers/merge": customers_merge,
    "customers_email_marketing_consent/update": customers_email_marketing_consent_update,
    "customers_marketing_consent/update": customers_marketing_consent_update,
    "orders/create": orders_create,
    "orders/updated": orders_updated,
    "orders/paid": orders_paid,
    "orders/cancelled": orders_cancelled,
    "refunds/create": refunds_create,
    "products/update": products_update,
    "bulk_operations/finish": bulk_operations_finish,
    "customers/data_request": customers_data_request,
    "customers/redact": customers_redact,
    "shop/redact": shop_redact,
}
COMPLIANCE = frozenset({"customers/data_request", "customers/redact", "shop/redact"})
AT_ONCE = frozenset({"app/uninstalled"})
"""Applied in the request itself: nothing may go out to a shop that has left."""


def apply_kept(tx: Tx, row: Any) -> None:
    """The effect of a delivery, and the note that it happened, in one commit. Its content is forgotten then (I60)."""
    state = TOPICS[row.topic].apply(tx, row.body, row.triggered_at) or "applied"
    if state == "gone":  # the store was erased, and this row with it
        return
    tx.db.execute(update(ShopifyDelivery).where(
        ShopifyDelivery.store_id == tx.store_id, ShopifyDelivery.topic == row.topic, ShopifyDelivery.webhook_id == row.webhook_id,
    ).values(state=state, body=null(), applied_at=tx.now, last_error=None))

"""What the merchant decides about the connection with Shopify."""

from __future__ import annotations

from sqlalchemy import update

from booking.actions.action import Done, action
from booking.rules.decision import Refused
from booking.shopify.due import mark
from models.session import Tx
from models.shopify_due import ShopifyDue
from models.shopify_install import ShopifyInstall

ON_CANCEL = ("nothing", "tag_note", "refund_line", "cancel_order")


@action
def choose_on_cancel(tx: Tx, choice: str) -> Done:
    """What happens to an order when its booking is cancelled here (R43). Refused not_found without a connection."""
    if choice not in ON_CANCEL:
        raise Refused("invalid", errors=[{"field": "on_cancel", "problem": f"must be one of {', '.join(ON_CANCEL)}"}])
    if not tx.db.execute(update(ShopifyInstall).where(ShopifyInstall.store_id == tx.store_id).values(on_cancel=choice)).rowcount:
        raise Refused("not_found")
    tx.audit("choose_on_cancel", subject="store", subject_id=tx.store_id, after={"on_cancel": choice})
    return Done()


@action
def sync_now(tx: Tx) -> Done:
    """Look for what no delivery told us, and try again what could not be done. Refused not_found without a connection."""
    if not tx.db.execute(update(ShopifyInstall).where(
            ShopifyInstall.store_id == tx.store_id, ShopifyInstall.state == "installed").values(paused_until=None)).rowcount:
        raise Refused("not_found")
    tx.db.execute(update(ShopifyDue).where(ShopifyDue.store_id == tx.store_id, ShopifyDue.state == "failed").values(
        state="due", attempts=0, due_at=tx.now))
    for what in ("shop", "customers", "orders"):
        mark(tx, "reconcile", what)
    tx.audit("sync_now", subject="store", subject_id=tx.store_id)
    return Done()

"""The store's connection with Shopify: how it goes, what it does on a cancellation, which variants sell which services (R43)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from booking.actions.action import Done
from booking.privacy import customer_data
from booking.rules.decision import Refused
from booking.shopify.choices import choose_on_cancel, sync_now
from booking.shopify.orders import map_variant
from booking.shopify.tasks import finish_task
from booking.wording import words_for
from booking.wording.languages import pick
from booking.wording.shopify_tasks import task_sentence
from models.session import Tx, reading
from models.shopify_due import ShopifyDue
from models.shopify_import import ShopifyImport
from models.shopify_install import ShopifyInstall
from models.shopify_order import ShopifyVariant
from models.shopify_task import ShopifyTask
from models.store import Store
from shopify_app.api.call import Call
from shopify_app.api.door import number, operation, reference
from shopify_app.api.shapes import shopify as s
from shopify_app.api.shapes.base import Listing, Nothing

MOST_TASKS = 50


def shopify_out(tx: Tx, origin: str) -> s.ShopifyOut:
    """Refused not_found for a store that was never connected."""
    row = tx.db.execute(select(ShopifyInstall, Store.shopify_domain, Store.locale).join(
        Store, Store.store_id == ShopifyInstall.store_id).where(ShopifyInstall.store_id == tx.store_id)).one_or_none()
    if row is None:
        raise Refused("not_found")
    counts = dict(tx.db.execute(select(ShopifyDue.state, func.count()).where(
        ShopifyDue.store_id == tx.store_id, (ShopifyDue.state == "failed") | (ShopifyDue.due_at <= tx.now)).group_by(ShopifyDue.state)).all())
    brought = tx.db.execute(select(ShopifyImport.state, ShopifyImport.staged, ShopifyImport.objects).where(
        ShopifyImport.store_id == tx.store_id)).one_or_none()
    tasks = tx.db.execute(select(ShopifyTask).where(ShopifyTask.store_id == tx.store_id, ShopifyTask.done_at.is_(None)).order_by(
        ShopifyTask.created_at.desc(), ShopifyTask.id).limit(MOST_TASKS)).all()
    words = words_for(pick(row.locale))
    return s.ShopifyOut.model_validate({
        "connection": {"state": row.state, "shop": row.shopify_domain, "scopes": row.scopes, "accounts": row.accounts, "installed_at": row.installed_at,
                       "succeeded_at": row.succeeded_at},
        "on_cancel": row.on_cancel, "waiting": counts.get("due", 0), "failed": counts.get("failed", 0), "problem": row.last_error,
        "first_import": {"state": brought.state if brought else "none", "read": brought.staged if brought else 0, "expected": brought and brought.objects},
        "tasks": [{"id": str(task.id), "kind": task.kind, "sentence": task_sentence(words, task.kind, task.facts), "facts": task.facts,
                   "customer": None if task.customer_id is None else str(task.customer_id), "created_at": task.created_at} for task in tasks],
        "portal": f"{origin}/account", "dashboard": f"{origin}/admin"})


@operation("GET", "/shopify", summary="The connection with Shopify: state, progress, what waits", answer=s.ShopifyOut, may_lack=True)
def get_shopify(call: Call) -> s.ShopifyOut:
    with reading(call.store_id) as tx:
        return shopify_out(tx, call.origin)


@operation("PATCH", "/shopify", summary="Choose what a customer's cancellation does to the order (R43)", body=s.ShopifyPatch, answer=s.ShopifyOut, may_lack=True)
def patch_shopify(call: Call) -> Any:
    return call.act(choose_on_cancel, call.body.on_cancel, show=lambda tx, done: shopify_out(tx, call.origin))


@operation("POST", "/shopify/sync", summary="Look for changes now, and try again what failed", answer=s.ShopifyOut, may_lack=True)
def post_sync(call: Call) -> Any:
    return call.act(sync_now, show=lambda tx, done: shopify_out(tx, call.origin))


@operation("POST", "/shopify/tasks/{id}/done", summary="A case has been dealt with", answer=Nothing)
def post_task_done(call: Call, id: str) -> Any:
    call.act(finish_task, number(id), show=lambda tx, done: None)


@operation("GET", "/shopify/variants", summary="Which product variants sell which services", answer=Listing[s.VariantOut])
def list_variants(call: Call) -> Any:
    with reading(call.store_id) as tx:
        rows = tx.db.execute(select(ShopifyVariant).where(ShopifyVariant.store_id == call.store_id).order_by(ShopifyVariant.variant_gid)).all()
    return {"items": [_variant(row) for row in rows], "next": None}


@operation("PUT", "/shopify/variants/{id}", summary="A variant, by its number, sells this service; null: none", body=s.VariantIn, answer=Nothing)
def put_variant(call: Call, id: str) -> Any:
    gid = f"gid://shopify/ProductVariant/{number(id)}"
    call.act(map_variant, gid, call.body.product, reference(call.body.service, "service"), call.body.title, show=_nothing)


@operation("GET", "/customers/{id}/export", summary="Everything the store keeps about one customer, to hand over (R45)", answer=s.CustomerExport)
def get_customer_export(call: Call, id: str) -> s.CustomerExport:
    with reading(call.store_id) as tx:
        data = customer_data(tx, number(id), by_shop=True)
    if data is None:
        raise Refused("not_found")
    return s.CustomerExport(data=data)


def _nothing(tx: Tx, done: Done) -> None:
    return None


def _variant(row: Any) -> s.VariantOut:
    return s.VariantOut(variant=row.variant_gid, product=row.product_gid, service=str(row.service_id), title=row.title)

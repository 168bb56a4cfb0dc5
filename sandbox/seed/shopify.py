"""The demo's Shopify store, connected to the sandbox's shop: both were seeded with the same people and products."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, text, update

from booking.sealing import seal
from models.access import User
from models.actor import SYSTEM
from models.session import transaction
from models.shopify_import import ShopifyImport
from models.shopify_install import ShopifyInstall
from models.shopify_order import ShopifyVariant
from sandbox.shopify.seed import FIRST_PRODUCT, FIRST_VARIANT, SCOPES, SEEDED_REFRESH
from sandbox.shopify.shop import gid
from sandbox.shopify.staff import OWNER


def connect(store_id: int, domain: str, services: list[int], names: list[str]) -> None:
    """The installation as it is after the first import: customers linked, products mapped, an access token to be refreshed."""
    with transaction(store_id, SYSTEM) as tx:
        tx.db.execute(insert(ShopifyInstall).values(
            store_id=store_id, shop_gid=gid("Shop", 61_000_001), accounts="new", storefront_host=domain, installed_at=tx.now, scopes=SCOPES, access_until=tx.now,
            refresh_token=seal(store_id, "shopify.refresh", SEEDED_REFRESH), refresh_until=tx.now + timedelta(days=90)))
        # The owner of the dashboard is the owner of the shop's account: session tokens of the sandbox speak for them.
        tx.db.execute(update(User).where(User.store_id == store_id, User.role == "owner").values(shopify_user_id=int(OWNER)))
        tx.db.execute(insert(ShopifyImport).values(store_id=store_id, state="done", started_at=tx.now, finished_at=tx.now))
        tx.db.execute(insert(ShopifyVariant), [
            {"store_id": store_id, "variant_gid": gid("ProductVariant", FIRST_VARIANT + number), "product_gid": gid("Product", FIRST_PRODUCT + number),
             "service_id": service_id, "title": names[number], "created_at": tx.now} for number, service_id in enumerate(services)])
        # What both sides have agreed on: the customers as they are. Their calendars are written by the worker.
        tx.db.execute(text(
            "insert into shopify_customers (store_id, customer_id, agreed) select store_id, id, jsonb_build_object('name', name, 'email', email,"
            " 'phone', phone) from customers where shopify_id is not null"))
        tx.db.execute(text("select shopify_mark('calendar', id::text) from customers where shopify_id is not null"))

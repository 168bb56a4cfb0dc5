"""What an installation needs once over there: definitions of our metafields, so that they show and can be segmented by."""

from __future__ import annotations

from sqlalchemy import select, update

from gateways.shopify import documents
from gateways.shopify.wire import UserErrors
from models.session import reading, transaction
from models.shopify_install import ShopifyInstall
from sync.shopify.calendars import NAMESPACE, TYPES
from sync.shopify.shop import SYNC, Shop

NAMES = {"calendar": "Appointments", "next_appointment": "Next appointment", "last_appointment": "Last appointment",
         "upcoming_appointments": "Upcoming appointments"}


def ensure(shop: Shop) -> None:
    """Once after each installation. A definition that is there already is as good as a new one."""
    with reading(shop.store_id) as tx:
        defined = tx.db.execute(select(ShopifyInstall.defined_at).where(ShopifyInstall.store_id == shop.store_id)).scalar()
    if defined is not None:
        return
    for key, name in NAMES.items():
        try:
            shop.change(documents.METAFIELD_DEFINITION_CREATE, definition={
                "name": name, "namespace": NAMESPACE, "key": key, "ownerType": "CUSTOMER", "type": TYPES[key], "pin": key != "calendar",
                "access": {"admin": "MERCHANT_READ", "customerAccount": "READ", "storefront": "NONE"}})
        except UserErrors as refused:
            if any(error.get("code") != "TAKEN" for error in refused.errors):
                raise
    with transaction(shop.store_id, SYNC) as tx:
        tx.db.execute(update(ShopifyInstall).where(ShopifyInstall.store_id == shop.store_id).values(defined_at=tx.now))

"""What a delivery says is a hint: the thing itself is read again before anything changes, so order and repeats do not matter (I23)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from booking.addresses import canonical_email
from booking.rules.decision import Refused
from booking.rules.two_way import full_name
from booking.shopify.due import mark
from booking.shopify.gone import is_erased
from booking.shopify.remote import STATES
from models.customer import Customer
from models.session import Tx
from models.shopify_customer import ShopifyCustomer
from models.shopify_order import ShopifyVariant

GONE_SHOWN = 250


def gid_of(body: dict[str, Any], kind: str) -> str | None:
    """`admin_graphql_api_id`, or made from `id`."""
    number = body.get("id")
    if isinstance(number, int) and 0 < number < 2**63:
        return f"gid://shopify/{kind}/{number}"
    given = body.get("admin_graphql_api_id")
    return given if isinstance(given, str) and given.startswith(f"gid://shopify/{kind}/") and len(given) < 80 else None


def customer_changed(tx: Tx, body: dict[str, Any]) -> bool:
    """Mark the customer to be read, unless this is older than what we know, or says what both sides have agreed on (our own echo)."""
    gid = gid_of(body, "Customer")
    if gid is None or is_erased(tx, gid):
        return False
    row = tx.db.execute(select(ShopifyCustomer.agreed, ShopifyCustomer.remote_updated_at).join(
        Customer, (Customer.store_id == ShopifyCustomer.store_id) & (Customer.id == ShopifyCustomer.customer_id)).where(
            Customer.store_id == tx.store_id, Customer.shopify_id == gid)).one_or_none()
    changed_at = _instant(body.get("updated_at"))
    if row is not None and row.remote_updated_at is not None and changed_at is not None:
        if changed_at < row.remote_updated_at or _says(body) == {name: row.agreed.get(name) for name in ("name", "email", "phone")}:
            return False
    mark(tx, "remote_customer", gid)
    return True


def wish_changed(tx: Tx, body: dict[str, Any], channel: str) -> bool:
    """Mark the customer whose consent to news has changed, unless that is what both sides have agreed on (our own echo)."""
    gid = gid_of({"id": body.get("customer_id") or body.get("id")}, "Customer")
    if gid is None or is_erased(tx, gid):
        return False
    consent = body.get(f"{channel}_marketing_consent")
    state = str(consent.get("state")).upper() if isinstance(consent, dict) else ""
    agreed = tx.db.execute(select(ShopifyCustomer.agreed).join(
        Customer, (Customer.store_id == ShopifyCustomer.store_id) & (Customer.id == ShopifyCustomer.customer_id)).where(
            Customer.store_id == tx.store_id, Customer.shopify_id == gid)).scalar()
    if agreed is not None and state in STATES and agreed.get("news", {}).get(channel) == STATES[state]:
        return False
    mark(tx, "remote_customer", gid)
    return True


def order_changed(tx: Tx, body: dict[str, Any]) -> None:
    if gid := gid_of(body, "Order"):
        mark(tx, "order", gid)


def product_changed(tx: Tx, body: dict[str, Any]) -> None:
    """Variants that no longer exist sell nothing; a list as long as deliveries carry at most says nothing about the rest."""
    product, variants = gid_of(body, "Product"), body.get("variants")
    if product is None or not isinstance(variants, list) or len(variants) >= GONE_SHOWN:
        return
    there = [gid for variant in variants if isinstance(variant, dict) and (gid := gid_of(variant, "ProductVariant"))]
    gone = tx.db.execute(delete(ShopifyVariant).where(
        ShopifyVariant.store_id == tx.store_id, ShopifyVariant.product_gid == product, ShopifyVariant.variant_gid.not_in(there),
    ).returning(ShopifyVariant.variant_gid, ShopifyVariant.service_id)).all()
    for row in gone:
        tx.audit("unmap_variant", subject="service", subject_id=row.service_id, variant=row.variant_gid)


def bulk_finished(tx: Tx, body: dict[str, Any]) -> None:
    mark(tx, "import", "customers")


def _says(body: dict[str, Any]) -> dict[str, str | None]:
    try:
        email = canonical_email(body["email"]) if body.get("email") else None
    except Refused:
        email = None
    return {"name": full_name(body.get("first_name"), body.get("last_name")) or None, "email": email, "phone": body.get("phone") or None}


def _instant(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None

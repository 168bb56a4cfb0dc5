"""A customer's bookings as the merchant sees them on the customer's page, and can segment by: metafields of the app."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from booking.rules.status import HOLDING
from gateways.shopify import documents
from models.booking import Booking
from models.customer import Customer
from models.location import Location
from models.service import Service
from models.session import Tx, reading, transaction
from models.shopify_customer import ShopifyCustomer
from models.staff import Staff
from sync.shopify.shop import SYNC, Shop

NAMESPACE = "$app"
SHOWN = 10
TYPES = {"calendar": "json", "next_appointment": "date_time", "last_appointment": "date_time", "upcoming_appointments": "number_integer"}
"""Key -> type of each metafield. Definitions make them visible and filterable; see definitions.py."""
_SHOWN = select(
    Booking.ref, Booking.status, Booking.starts_at, Booking.ends_at, Booking.zone, Booking.seats, Service.name.label("service"),
    Staff.name.label("staff"), Location.name.label("location"),
).join(Service, (Service.store_id == Booking.store_id) & (Service.id == Booking.service_id)).join(
    Staff, (Staff.store_id == Booking.store_id) & (Staff.id == Booking.staff_id)).join(
        Location, (Location.store_id == Booking.store_id) & (Location.id == Booking.location_id))


def write(shop: Shop, subject: str, facts: dict[str, Any]) -> datetime | None:
    """Bring the metafields in step. Looked at again when the next booking ends: then it is the last one."""
    with reading(shop.store_id) as tx:
        customer = tx.db.execute(select(Customer.shopify_id, ShopifyCustomer.calendar_digest).outerjoin(
            ShopifyCustomer, (ShopifyCustomer.store_id == Customer.store_id) & (ShopifyCustomer.customer_id == Customer.id)).where(
                Customer.store_id == shop.store_id, Customer.id == int(subject), Customer.erased_at.is_(None))).one_or_none()
        if customer is None or customer.shopify_id is None:
            return None
        values, again = calendar_of(tx, int(subject))
    digest = hashlib.sha256(json.dumps([customer.shopify_id, values]).encode()).hexdigest()
    if digest != customer.calendar_digest:
        _send(shop, customer.shopify_id, values)
        with transaction(shop.store_id, SYNC) as tx:
            tx.db.execute(update(ShopifyCustomer).where(
                ShopifyCustomer.store_id == shop.store_id, ShopifyCustomer.customer_id == int(subject)).values(calendar_digest=digest))
    return again


def calendar_of(tx: Tx, customer_id: int) -> tuple[dict[str, str | None], datetime | None]:
    """(key -> value, when it changes by itself). No links and no money: every app user of the shop may see these fields."""
    mine = (Booking.store_id == tx.store_id, Booking.customer_id == customer_id)
    upcoming = tx.db.execute(_SHOWN.where(*mine, Booking.ends_at > tx.now, Booking.status.in_(sorted(HOLDING))).order_by(
        Booking.starts_at, Booking.id).limit(SHOWN + 1)).all()
    last = tx.db.execute(_SHOWN.where(*mine, Booking.ends_at <= tx.now, Booking.status.not_in(("cancelled", "declined", "expired", "pending"))).order_by(
        Booking.starts_at.desc()).limit(1)).one_or_none()
    body = {"upcoming": [_entry(row) for row in upcoming[:SHOWN]], "more": len(upcoming) > SHOWN, "last": _entry(last) if last else None}
    values = {
        "calendar": json.dumps(body, ensure_ascii=False), "next_appointment": upcoming[0].starts_at.isoformat() if upcoming else None,
        "last_appointment": last.starts_at.isoformat() if last else None, "upcoming_appointments": str(len(upcoming))}
    return values, min((row.ends_at for row in upcoming), default=None)


def _send(shop: Shop, gid: str, values: dict[str, str | None]) -> None:
    set_now = [{"ownerId": gid, "namespace": NAMESPACE, "key": key, "type": TYPES[key], "value": value} for key, value in values.items() if value is not None]
    shop.change(documents.METAFIELDS_SET, metafields=set_now)
    gone = [{"ownerId": gid, "namespace": NAMESPACE, "key": key} for key, value in values.items() if value is None]
    if gone:
        shop.change(documents.METAFIELDS_DELETE, metafields=gone)


def _entry(row: Any) -> dict[str, Any]:
    return {"ref": row.ref, "status": row.status, "service": row.service, "staff": row.staff, "location": row.location, "seats": row.seats,
            "starts_at": row.starts_at.isoformat(), "ends_at": row.ends_at.isoformat(), "zone": row.zone}

"""Shopify's privacy requests: a person's data for the merchant, and a person forgotten (R45, I60, I61)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, null, or_, select, update

from booking.actions.redact_customer import redact_customer
from booking.rules.status import HOLDING
from booking.shopify.gone import in_turn, note_gone, remember_erased
from booking.shopify.people import find_known, find_linked, forget_state, from_shopify
from booking.shopify.tasks import note
from models.booking import Booking
from models.customer import Customer
from models.session import Tx
from models.shopify_delivery import ShopifyDelivery
from models.shopify_due import ShopifyDue
from models.shopify_import import ShopifyStaged


TELLING = ("customers/create", "customers/update", "customers_email_marketing_consent/update", "customers_marketing_consent/update")
"""Topics whose content is about one person."""


def note_data_request(tx: Tx, body: dict[str, Any]) -> None:
    """The export is made when the merchant fetches it, so nothing personal waits in between. Unknown people have no data here."""
    row = find_linked(tx, _gid(body))
    request = body.get("data_request")
    number = request.get("id") if isinstance(request, dict) else None
    if row is not None:
        note(tx, "data_request", f"{row.id}:{number}", customer_id=row.id, request=str(number))
        tx.audit("note_data_request", subject="customer", subject_id=row.id)


def redact(tx: Tx, body: dict[str, Any]) -> None:
    """Forget the person: our record, what waits about them, and every later word about them."""
    gid = _gid(body)
    in_turn(tx)
    remember_erased(tx, gid)
    _forget_what_waits(tx, gid)
    row = find_known(tx, gid)
    if row is not None:
        note_gone(tx, gid, row.id)
        forget_person(tx, row)


def forget_person(tx: Tx, row: Any) -> None:
    """Our record of somebody who is to be forgotten over there."""
    from_shopify(tx)
    waiting = tx.db.execute(select(Booking.ref).where(
        Booking.store_id == tx.store_id, Booking.customer_id == row.id, Booking.status.in_(sorted(HOLDING)))).scalars().all()
    redact_customer.within(tx, row.id)
    forget_state(tx, row.id)
    tx.db.execute(update(Customer).where(Customer.store_id == tx.store_id, Customer.id == row.id).values(shopify_id=None))
    tx.db.execute(delete(ShopifyDue).where(ShopifyDue.store_id == tx.store_id, ShopifyDue.subject == str(row.id), ShopifyDue.kind.in_(("customer", "calendar"))))
    if waiting:
        # Nobody but the merchant can decide what becomes of the times kept for somebody we no longer know.
        note(tx, "redacted_open_bookings", str(row.id), customer_id=row.id, bookings=waiting)


def _forget_what_waits(tx: Tx, gid: str) -> None:
    """Deliveries not applied yet and lines of a first import that tell of this person."""
    number = gid.rsplit("/", 1)[1]
    tx.db.execute(delete(ShopifyDue).where(ShopifyDue.store_id == tx.store_id, ShopifyDue.kind == "remote_customer", ShopifyDue.subject == gid))
    tx.db.execute(delete(ShopifyStaged).where(ShopifyStaged.store_id == tx.store_id, ShopifyStaged.gid == gid))
    # Consent to news names its customer by another field than the rest.
    said = ShopifyDelivery.body["id"].astext, ShopifyDelivery.body["admin_graphql_api_id"].astext
    tx.db.execute(update(ShopifyDelivery).where(
        ShopifyDelivery.store_id == tx.store_id, ShopifyDelivery.topic.in_(TELLING), ShopifyDelivery.body.is_not(None),
        or_(said[0] == number, said[1] == gid, ShopifyDelivery.body["customer_id"].astext == number)).values(state="ignored", body=null(), applied_at=tx.now))


def _gid(body: dict[str, Any]) -> str:
    """The customer the request is about; an impossible one is nobody."""
    customer = body.get("customer")
    number = customer.get("id") if isinstance(customer, dict) else None
    return f"gid://shopify/Customer/{number if isinstance(number, int) and number > 0 else 0}"

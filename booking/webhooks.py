"""Telling a shop's own programs what happened: events written to the outbox in the commit of the change (E120, I6).

Signed as standardwebhooks.com describes: headers webhook-id, webhook-timestamp, webhook-signature; secret `whsec_` + base64.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from booking.keys import settings
from models.base import new_id
from models.booking_summary import BookingSummary, find_by_id
from models.session import OutboxItem, Tx
from models.statement import Statement, param
from models.webhook_endpoint import WebhookEndpoint

EVENTS = {
    "create_booking": "booking.created", "reschedule_booking": "booking.rescheduled", "accept_offer": "booking.rescheduled",
    "cancel_booking": "booking.cancelled", "drop_seats": "booking.updated", "lose_old_date": "booking.updated", "approve_booking": "booking.approved",
    "decline_booking": "booking.declined", "expire_booking": "booking.declined", "decline_offers": "booking.declined",
    "expire_offers": "booking.declined", "arrive_booking": "booking.arrived", "ready_booking": "booking.arrived",
    "complete_booking": "booking.completed", "no_show_booking": "booking.no_show", "refund_booking": "refund.owed",
    "execute_refund": "refund.paid", "settle_refund": "refund.paid",
}
"""Audited action -> what receivers hear."""

TOPICS = tuple(sorted({*EVENTS.values()}))
PING = "ping"


class Endpoint(NamedTuple):
    id: int
    topics: list[str]


_ACTIVE = Statement(select(WebhookEndpoint.id, WebhookEndpoint.topics).where(
    WebhookEndpoint.store_id == param("store"), WebhookEndpoint.active), Endpoint)


def announce(tx: Tx) -> None:
    """Queue an event for every audited change of a booking in this transaction, for each receiver that asked for it."""
    happened = dict.fromkeys((EVENTS[action], booking_id) for action, booking_id in tx.audited if action in EVENTS and booking_id is not None)
    endpoints = _ACTIVE.rows(tx) if happened and tx.listened else []
    for topic, booking_id in happened:
        wanted = [endpoint for endpoint in endpoints if topic in endpoint.topics]
        b = find_by_id(tx, booking_id) if wanted else None
        if b is not None:
            event = f"evt_{new_id()}"
            for endpoint in wanted:
                queue(tx, endpoint.id, topic, event, {"booking": told(b)}, b)


def queue(tx: Tx, endpoint_id: int, topic: str, event: str, data: dict[str, Any], b: BookingSummary | None = None) -> None:
    """One event for one receiver."""
    body = {"id": event, "type": topic, "created_at": _iso(tx.now), "by": tx.actor.kind, "data": data}
    tx.outbox(OutboxItem(topic, "webhook", str(endpoint_id), f"{event}:{endpoint_id}", body, b.id if b else None, b.version if b else None))


def told(b: BookingSummary) -> dict[str, Any]:
    """The booking as it is now; the customer's link is not part of it."""
    def money(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": b.currency}

    return {
        "ref": b.ref, "status": b.status, "version": b.version, "service": str(b.service_id), "service_name": b.service_name, "staff": str(b.staff_id),
        "staff_name": b.staff_name, "location": str(b.location_id), "starts_at": _iso(b.starts_at), "ends_at": _iso(b.ends_at), "zone": b.zone,
        "seats": b.seats, "customer": {"id": str(b.customer_id), "name": b.customer_name or b.contact_name, "email": b.customer_email or b.contact_email,
                                       "phone": b.customer_phone or b.contact_phone},
        "price": money(b.price), "paid": money(b.paid), "refunded": money(b.refunded), "owed": money(b.owed)}


def newest_key() -> str:
    """The id of the installation's key under which new secrets are derived."""
    return settings().link_keys[0][0]


def secret(store_id: int, endpoint_id: int, key_id: str, epoch: int) -> str | None:
    """The receiver's signing secret; None when the installation no longer has that key. It is derived, not stored (I64)."""
    key = dict(settings().link_keys).get(key_id)
    if key is None:
        return None
    derived = hmac.new(key, f"opencals:v1|{key_id}|webhook|{store_id}|{endpoint_id}|{epoch}".encode(), hashlib.sha256).digest()
    return f"whsec_{base64.b64encode(derived).decode()}"


def signature(whsec: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 over `{id}.{timestamp}.{body}` in base64."""
    key = base64.b64decode(whsec.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _iso(instant: datetime) -> str:
    return instant.isoformat()

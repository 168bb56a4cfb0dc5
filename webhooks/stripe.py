"""POST /webhooks/stripe (design 4.5): forged deliveries answer 401, unreadable ones 400, and leave nothing; a repeated one is one row (I5)."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from booking.actions.provider_events import receive_event
from gateways.stripe.client import enabled
from gateways.stripe.events import CONCERNS, Forged, Told, store_of, verified
from models.actor import Actor
from models.session import database

blueprint = Blueprint("stripe_webhook", __name__)


@blueprint.post("/webhooks/stripe")
def told_by_stripe() -> Response:
    if not enabled():
        abort(404)
    try:
        told = verified(request.get_data(), request.headers.get("Stripe-Signature", ""))
    except Forged:
        return Response("The signature does not fit.", 401, mimetype="text/plain")
    if told is None:
        return Response("This is not an event.", 400, mimetype="text/plain")
    keep(told)
    return Response("", 200)


def keep(told: Told) -> None:
    """Store what concerns us. Events of accounts nobody uses here are answered too: repeating them would change nothing."""
    store_id = store_of(told.account) if told.topic in CONCERNS else None
    if store_id is not None and receive_event(store_id, Actor("system", "webhook"), told.event_id, told.topic, told.object_id, told.parent,
                                              told.made_at).facts["new"]:
        database().ring(store_id)

"""POST /webhooks/stripe (design 4.5): forged deliveries answer 401, unreadable ones 400, and leave nothing; a repeated one is one row (I5)."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from gateways.stripe.client import enabled
from gateways.stripe.events import Forged, keep, verified
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
    # Events of accounts nobody uses here are answered too: repeating them would change nothing.
    store_id = keep(told)
    if store_id is not None:
        database().ring(store_id)
    return Response("", 200)

"""POST /webhooks/stripe (design 4.5): forged deliveries answer 401, unreadable ones 400, and leave nothing; a repeated one is one row (I5)."""

from __future__ import annotations

from collections.abc import Callable

from gateways.stripe.client import enabled
from gateways.stripe.events import Forged, keep, verified
from models.session import database


def receive(raw: bytes, header: Callable[[str], str]) -> tuple[int, str]:
    if not enabled():
        return 404, "There is nothing here."
    try:
        told = verified(raw, header("Stripe-Signature"))
    except Forged:
        return 401, "The signature does not fit."
    if told is None:
        return 400, "This is not an event."
    # Events of accounts nobody uses here are answered too: repeating them would change nothing.
    store_id = keep(told)
    if store_id is not None:
        database().ring(store_id)
    return 200, ""

"""The signed quote of a cancellation: what the customer saw is what is applied (R27, I18)."""

from __future__ import annotations

from booking.rules.decision import Refused
from booking.rules.refund import RefundQuote
from booking.keys import sign as sign_text
from booking.keys import unsign
from models.booking_summary import BookingSummary

PURPOSE = "cancel-quote"


def sign(quote: RefundQuote, b: BookingSummary, seats: int) -> str:
    """A text for the page's form, bound to store, booking, its version and the seats concerned."""
    return sign_text(PURPOSE, [b.store_id, b.ref, b.version, seats, quote.facts()])


def read(text: str, b: BookingSummary, seats: int) -> dict[str, object]:
    """The quoted facts. Refused("invalid") for anything we did not sign for this booking; "stale" for an older version of it."""
    body = unsign(PURPOSE, text) if text else None
    if body is None or body[0] != b.store_id or body[1] != b.ref or body[3] != seats:
        raise Refused("invalid", errors=[{"field": "quote", "problem": "is not the quote shown for this booking"}])
    if body[2] != b.version:
        raise Refused("stale", version=b.version, state=b.status)
    return body[4]

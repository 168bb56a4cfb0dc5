"""Cases for the merchant's eyes, in a sentence each."""

from __future__ import annotations

from typing import Any

from booking.wording.words import Words


def task_sentence(w: Words, kind: str, facts: dict[str, Any]) -> str:
    """What happened, and what to do about it."""
    _ = w._
    texts = {
        "line_unplaced": _("Order {order} asks for a time that cannot be booked. Agree on another one with the customer, or refund the line."),
        "line_removed": _("An appointment was taken out of order {order} without a refund. It still stands: cancel it here, or leave it."),
        "booking_stays": _("An order was cancelled or refunded, but its appointment has begun already. It stays as it is."),
        "payment_currency": _("Order {order} was paid in {currency}, another currency than your store's. Its payment is not counted here."),
        "refund_failed": _("Shopify did not carry out the refund for booking {booking}. It is still owed."),
        "credit_here": _("Shopify did not take the store credit for booking {booking}. The customer has it here instead, for their next booking."),
        "link_conflict": _("A customer in Shopify and one here share an address or number, and only one of them can have it. Look at both."),
        "merge_conflict": _("Two customers were merged in Shopify, but some of their records here could not be joined."),
        "data_request": _("A customer has asked for their data. Download it from their page and hand it over within 30 days."),
        "redacted_open_bookings": _("A customer with coming appointments was erased at their request. The times are still kept: decide what becomes of them."),
    }
    shown = {name: facts.get(name) or "" for name in ("order", "currency", "booking")}
    return texts.get(kind, _("Something needs your attention.")).format(**shown)

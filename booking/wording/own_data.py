"""Everything kept about one customer, in words: for the customer's own page and for the shop that hands it out (R45)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from booking.wording.languages import SHIPPED
from booking.wording.phones import readable_phone
from booking.wording.topics import topic
from booking.wording.words import Words

MONEY = frozenset({"amount", "price", "paid", "refunded", "owed", "used"})
PHONES = frozenset({"phone", "contact_phone"})
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")
LABELS = {
    "name": "Name", "email": "E-mail", "email_verified_at": "E-mail confirmed", "phone": "Phone", "phone_verified_at": "Phone confirmed",
    "locale": "Language", "zone": "Time zone", "preferences": "Messages", "shopify_id": "Customer at Shopify", "created_at": "Recorded",
    "ref": "Reference", "status": "Status", "starts_at": "Start", "ends_at": "End", "seats": "Seats", "price": "Price", "currency": "Currency",
    "paid": "Paid", "refunded": "Refunded", "owed": "Owed", "contact_name": "Name", "contact_email": "E-mail", "contact_phone": "Phone",
    "notes": "Notes", "delivery_address": "Address", "cancel_reason": "Reason", "cancelled_by": "Cancelled by", "closed_at": "Closed",
    "service": "Service", "staff": "With", "location": "Where", "address": "Address", "booking": "Booking", "amount": "Amount",
    "method": "Paid by", "captured_at": "Date", "outcome": "Outcome", "state": "State", "cause": "Cause", "settled_at": "Settled",
    "used": "Used", "place": "Kept at", "expires_at": "Valid until", "rating": "Stars", "comment": "Comment", "may_publish": "May be shown",
    "published_at": "Shown since", "reply": "Answer", "edited_at": "Changed", "topic": "Kind", "channel": "Sent by", "recipient": "Sent to",
    "sent_at": "Sent", "ended_at": "Ended", "device": "Device", "old_email": "Old address", "new_email": "New address", "changed_at": "Changed",
    "undone": "Taken back"}
"""Names of the fields of `booking.privacy.customer_data`; several tables share them."""

KINDS = {
    ("state", "none"): "Nothing to give back", ("state", "owed"): "Owed", ("state", "pending"): "On its way", ("state", "succeeded"): "Carried out",
    ("state", "failed"): "Failed", ("state", "due"): "Not sent yet", ("state", "sent"): "Sent", ("state", "superseded"): "Replaced by a newer one",
    ("state", "unknown"): "Not known whether it arrived", ("cause", "cancellation"): "Cancellation", ("cause", "seats"): "Seats cancelled",
    ("cause", "difference"): "A time that costs less", ("cause", "goodwill"): "Goodwill", ("cause", "dispute"): "Disputed payment",
    ("outcome", "full"): "Full refund", ("outcome", "partial"): "Part of the payment", ("outcome", "credit"): "Credit", ("outcome", "forfeit"): "No refund",
    ("outcome", "none"): "Nothing was paid", ("channel", "email"): "E-mail", ("channel", "sms"): "SMS", ("cancelled_by", "customer"): "The customer",
    ("cancelled_by", "store"): "The shop", ("cancelled_by", "system"): "By itself, when its time ran out", ("place", "store"): "The shop", ("place", "shopify"): "Shopify"}
"""(field, code) -> the code in words; the fields without an entry say what people or clocks said."""

Group = tuple[str, list[list[tuple[str, str]]]]


def groups(data: dict[str, Any], w: Words, zone: str) -> list[Group]:
    """(heading, its entries as name and value); empty groups and values are left out. `zone` is where moments are told."""
    headings = {
        "profile": w._("Profile"), "bookings": w._("Bookings"), "payments": w._("Payments"), "refunds": w._("Refunds"), "credits": w._("Credit"),
        "feedback": w._("Feedback"), "messages": w._("Messages sent to you"), "sessions": w._("Sign-ins"),
        "address_changes": w._("Changes of your address")}
    found = []
    for key, heading in headings.items():
        entries = [data[key]] if key == "profile" else data.get(key, [])
        told = [[(w._(LABELS[name]), _text(name, value, entry, w, zone)) for name, value in entry.items() if value not in (None, "", {})] for entry in entries]
        if told:
            found.append((heading, told))
    return found


def _text(name: str, value: Any, entry: dict[str, Any], w: Words, zone: str) -> str:
    """A value as people read it: money with its currency, moments in the customer's zone."""
    if name in MONEY and "currency" in entry:
        return w.money(value, entry["currency"])
    if name == "status":
        return w.status(value)
    if name == "method":
        return w.method(value)
    if isinstance(value, str) and (name, value) in KINDS:
        return w._(KINDS[name, value])
    if name == "topic":
        return topic(w, value)
    if name == "zone":
        return value.replace("_", " ")
    if name == "locale":
        return SHIPPED.get(value, value)
    if name in PHONES or name == "recipient" and value.startswith("+"):
        return w.as_it_is(readable_phone(value))
    if isinstance(value, str) and INSTANT.fullmatch(value):
        return w.when(datetime.fromisoformat(value), zone)
    if isinstance(value, bool):
        return w._("yes") if value else w._("no")
    if isinstance(value, dict):
        return _preferences(value, w)
    return str(value)


def _preferences(chosen: dict[str, dict[str, bool]], w: Words) -> str:
    """`E-mail: Confirmations and changes, News`."""
    kinds = {"transactional": w._("Confirmations and changes"), "reminders": w._("Reminders and requests for feedback"),
             "offers": w._("Earlier times and offers for your bookings"), "marketing": w._("News")}
    channels = {"email": w._("E-mail"), "sms": w._("SMS")}
    return w.semicolon.join(f"{channels.get(channel, channel)}{w.colon} {w.comma.join(kinds.get(kind, kind) for kind, on in said.items() if on) or w._('no')}"
                            for channel, said in chosen.items())

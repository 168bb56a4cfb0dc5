"""What is kept about one customer, in words: for the customer's own page and for the shop that hands it out (R45). Codes and numbers
that say nothing to people stand in the file alone."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from booking.wording.cards import card_text
from booking.wording.languages import SHIPPED
from booking.wording.phones import readable_phone
from booking.wording.topics import topic
from booking.wording.words import Words

MONEY = frozenset({"amount", "price", "paid", "refunded", "given", "owed", "used", "due", "kept", "fee"})
PHONES = frozenset({"phone", "contact_phone"})
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")
LABELS = {
    "name": "Name", "email": "E-mail", "email_verified_at": "E-mail confirmed", "phone": "Phone", "phone_verified_at": "Phone confirmed",
    "locale": "Language", "zone": "Time zone", "preferences": "Messages", "shopify_id": "Customer at Shopify", "created_at": "Recorded",
    "ref": "Reference", "status": "Status", "starts_at": "Start", "ends_at": "End", "seats": "Seats", "price": "Price", "currency": "Currency",
    "paid": "Paid", "refunded": "Refunded", "given": "Refunded", "owed": "Owed", "contact_name": "Name", "contact_email": "E-mail", "contact_phone": "Phone",
    "notes": "Notes", "delivery_address": "Address", "cancel_reason": "Reason", "move_reason": "Reason for moving", "cancelled_by": "Cancelled by", "closed_at": "Closed",
    "service": "Service", "staff": "With", "location": "Where", "address": "Address", "booking": "Booking", "amount": "Amount",
    "method": "Paid by", "captured_at": "Date", "outcome": "Outcome", "state": "State", "cause": "Cause", "settled_at": "Settled",
    "used": "Used", "place": "Kept at", "expires_at": "Valid until", "rating": "Stars", "comment": "Comment", "may_publish": "May be shown",
    "published_at": "Shown since", "reply": "Answer", "edited_at": "Changed", "topic": "Kind", "channel": "Sent by", "recipient": "Sent to",
    "sent_at": "Sent", "ended_at": "Ended", "device": "Device", "old_email": "Old address", "new_email": "New address", "changed_at": "Changed",
    "undone": "Taken back", "due": "To be paid", "original_starts_at": "First booked for", "approval_deadline": "Answer by", "kept": "Kept", "fee": "Fee",
    "reason": "Reason", "order_name": "Order", "issued_at": "Date", "made_at": "Date", "due_by": "Answer by", "detached_at": "Removed at the card service",
    "text": "Text", "at": "Date", "kind": "Kind", "before": "Time", "lives_until": "Valid until", "weekdays": "Days of the week",
    "bands": "Times of day", "end_reason": "Reason", "contract": "What it is about", "statement": "Message", "received_at": "Received",
    "handled_at": "Dealt with", "replied_at": "Answered", "stopped_at": "None since", "document": "Document", "card": "Card"}
"""Names of the fields of `booking.privacy.customer_data`; several tables share them."""

KINDS = {
    ("state", "none"): "Nothing to give back", ("state", "owed"): "Owed", ("state", "pending"): "On its way", ("state", "succeeded"): "Carried out",
    ("state", "failed"): "Failed", ("state", "due"): "Not sent yet", ("state", "sent"): "Sent", ("state", "superseded"): "Replaced by a newer one",
    ("state", "unknown"): "Not known whether it arrived", ("cause", "cancellation"): "Cancellation", ("cause", "seats"): "Seats cancelled",
    ("cause", "difference"): "Price difference", ("cause", "goodwill"): "Goodwill", ("cause", "dispute"): "Disputed payment",
    ("outcome", "full"): "Full refund", ("outcome", "partial"): "Part of the payment", ("outcome", "credit"): "Credit", ("outcome", "forfeit"): "No refund",
    ("outcome", "none"): "Nothing was paid", ("channel", "email"): "E-mail", ("channel", "sms"): "SMS", ("cancelled_by", "customer"): "The customer",
    ("state", "waiting"): "Waiting", ("state", "taken"): "Taken", ("state", "withdrawn"): "Given up", ("state", "ended"): "Ended",
    ("state", "open"): "Not answered yet", ("state", "accepted"): "Taken", ("state", "refused"): "Declined", ("state", "declined"): "Declined",
    ("state", "expired"): "Expired", ("state", "void"): "No longer valid", ("kind", "earlier"): "An earlier time", ("kind", "seat"): "A place in a full class",
    ("kind", "again"): "The time asked for", ("end_reason", "removed"): "Removed by the shop",
    ("end_reason", "moved"): "Moved", ("end_reason", "closed"): "Closed", ("end_reason", "past"): "The time has passed",
    ("end_reason", "cancelled"): "Cancelled", ("bands", "morning"): "Morning", ("bands", "afternoon"): "Afternoon", ("bands", "evening"): "Evening",
    ("cancelled_by", "store"): "The shop", ("cancelled_by", "system"): "By itself, when its time ran out", ("place", "store"): "The shop", ("place", "shopify"): "Shopify"}
"""(field, code) -> the code in words; the fields without an entry say what people or clocks said."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
IN_FILE = frozenset({"customer_moves", "source", "external_id", "provider_ref", "mode", "quantity", "facts", "brand",
                     "last4", "exp_month", "exp_year", "fingerprint", "text_version", "ip_hash", "number", "n", "round"})
"""Fields that say nothing to people, or say it together with others."""
IN_FILE_OF = {"documents": ("kind",), "disputes": ("reason", "status"), "card_consents": ("source",), "shopify_orders": ("state",)}
"""Others that only say nothing in these parts: codes of the bank, or what the heading says."""

Group = tuple[str, list[list[tuple[str, str]]]]


def groups(data: dict[str, Any], w: Words, zone: str) -> list[Group]:
    """(heading, its entries as name and value); empty groups and values are left out. `zone` is where moments are told."""
    headings = {
        "profile": w._("Profile"), "bookings": w._("Bookings"), "shopify_orders": w._("Orders at Shopify"), "payments": w._("Payments"),
        "refunds": w._("Refunds"), "credits": w._("Credit"), "documents": w._("Receipts"), "disputes": w._("Disputed payments"),
        "cards": w._("Saved cards"), "card_consents": w._("Agreements for saved cards"), "waiting": w._("Waiting for a time"),
        "held_times": w._("Times held for you"), "offered_times": w._("Other times offered"), "withdrawals": w._("Withdrawals"),
        "feedback": w._("Feedback"), "team_notes": w._("Notes of the team"), "messages": w._("Messages sent to you"),
        "stopped_numbers": w._("Numbers without text messages"), "sessions": w._("Sign-ins"), "address_changes": w._("Changes of your address")}
    found = []
    for key, heading in headings.items():
        entries = [data[key]] if key == "profile" else data.get(key, [])
        told = [[(w._(LABELS[name]), _text(name, value, entry, w, zone)) for name, value in _put_together(key, entry, w).items()
                 if name not in IN_FILE and value not in (None, "", {}, [])] for entry in entries]
        if told:
            found.append((heading, told))
    return found


def _put_together(key: str, entry: dict[str, Any], w: Words) -> dict[str, Any]:
    """What is kept in several fields and read as one: a card's face, a receipt's number."""
    if key == "cards":
        return {"card": card_text(w, *(entry[name] for name in ("brand", "last4", "exp_month", "exp_year")))} | entry
    if key == "bookings" and entry.get("original_starts_at") == entry.get("starts_at"):
        entry = {name: value for name, value in entry.items() if name != "original_starts_at"}
    if key == "documents":
        text = w._("Receipt {number}") if entry["kind"] == "receipt" else w._("Credit note {number}")
        entry = {"document": text.format(number=entry["number"])} | entry
    return {name: value for name, value in entry.items() if name not in IN_FILE_OF.get(key, ())}


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
    if name == "weekdays":
        names = list(zip(DAYS, w.weekday_names("wide"), strict=True))
        return w.comma.join(text for day, text in w.week.in_order(names) if day in value)
    if name == "bands":
        return w.comma.join(w._(KINDS[name, band]) for band in value)
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

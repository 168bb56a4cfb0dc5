"""What fields of the shop's settings, services, people and places are called where a change is told. Translated where they are shown."""

from __future__ import annotations

from collections.abc import Iterable

from booking.wording.words import Words

LABELS = {
    "name": "Name", "description": "Description", "duration_s": "Duration", "buffer_before_s": "Time before", "buffer_after_s": "Time after",
    "step_s": "A start every", "lead_time_s": "Booked at least ahead", "horizon_days": "Booked at most ahead", "capacity": "Seats", "price": "Price",
    "deposit": "Deposit", "currency": "Currency", "location_id": "Location", "location": "Location", "online": "Booked online", "self_service": "Reschedule & Cancel",
    "reschedule": "Reschedule switch", "cancel": "Cancel switch", "policy": "Policy", "active": "In use", "email": "E-mail", "hours": "Hours", "slug": "Address",
    "kind": "Kind", "zone": "Time zone", "locale": "Language", "phone": "Phone", "website": "Website", "accent": "Colour", "logo_url": "Logo",
    "staff_noun": "Word for staff", "staff_nouns": "Word for staff", "contact_note": "Contact note", "refusal_note": "Refusal message", "terms": "Terms",
    "require_login_to_cancel": "Require login to cancel", "real_time": "Real-time availability", "open_for_booking": "Open for booking",
    "retention_days": "Days kept", "address": "Address", "staff_id": "Staff", "staff": "Staff", "starts_at": "Start", "ends_at": "End", "reason": "Reason",
    "preferences": "Channels", "reminder_leads": "Reminders", "reminders": "Reminders", "ask_feedback": "Ask for feedback", "calendar_link": "Link in calendar entries", "quiet_from": "Quiet from",
    "quiet_to": "Quiet to", "withdrawal": "Legal withdrawal", "withdrawal_exempt": "Exempt from withdrawal", "waitlist": "Earlier times",
    "waitlist_bands": "Parts of the day", "waitlist_claim_minutes": "Minutes to decide", "waitlist_rest_hours": "Hours of rest",
    "offer_hours": "Hours an offer holds", "offer_hold": "Offered times are held", "legal_name": "Legal name", "legal_address": "Legal address",
    "tax_id": "Tax number", "tax_percent": "Tax in prices", "credit_days": "Days credit lasts", "url": "Address", "topics": "Events", "services": "Services",
    "overlap_ok": "May overlap", "shopify_domain": "Shopify shop", "notes": "Notes", "service_id": "Service"}


def fields_named(w: Words, names: Iterable[str]) -> str:
    """Name, price, seats: each once. Unicode's list patterns are incomplete in some languages, and an "and" adds nothing here."""
    return w.comma.join(dict.fromkeys(w._(LABELS[name]) if name in LABELS else w._("Other") for name in names))

"""Short names of fields, for the list of what is wrong above a form. Translated where they are shown."""

from __future__ import annotations

import re

from booking.wording import Words

LABELS = {
    "name": "Name", "email": "E-mail", "phone": "Phone", "website": "Website", "zone": "Time zone", "locale": "Language", "staff_noun": "Word for staff",
    "logo_url": "Logo", "accent": "Colour", "legal_name": "Legal name", "legal_address": "Legal address", "tax_id": "Tax number",
    "tax_percent": "Tax in prices", "credit_days": "Days credit lasts", "retention_days": "Days kept", "contact_note": "Contact note",
    "refusal_note": "Refusal message", "terms": "Terms", "quiet_from": "Quiet from", "quiet_to": "Quiet to", "withdrawal": "Legal withdrawal",
    "notice_hours": "Hours before", "description": "Description", "duration": "Duration", "buffer_before": "Time before", "buffer_after": "Time after",
    "step": "A start every", "lead": "Booked at least ahead", "lead_n": "Booked at least ahead", "horizon": "Booked at most ahead", "capacity": "Seats",
    "price": "Price", "deposit": "Deposit", "location": "Location", "staff": "Staff", "reminders": "Reminders", "services": "Services", "hours": "Hours",
    "span": "Hours", "address": "Address", "host": "Domain", "label": "Name", "url": "Address", "topics": "Events", "role": "Role", "file": "File",
    "columns": "Columns", "region": "Country", "date": "Date", "day": "Date", "time": "Time", "from_day": "From", "to_day": "To", "whose": "Who",
    "service": "Service", "weeks": "Weeks", "note": "Note", "reason": "Reason", "limit": "Moves allowed", "within_days": "Days after the original date",
    "price_difference": "Other price", "move_reason": "Reason for moving", "reschedule_n": "Reschedule until", "cancel_n": "Cancel until", "fee": "Cancellation fee", "refund_mode": "Refunds",
    "approval": "Approval", "approval_n": "Short notice", "approval_hours": "Answer within", "rest-outcome": "Refund otherwise",
    "rest-value": "Refund otherwise", "waitlist_claim_minutes": "Minutes to decide", "waitlist_rest_hours": "Hours of rest",
    "waitlist_bands": "Parts of the day", "offer_hours": "Hours an offer holds", "amount": "Amount", "taken": "Amount", "refund": "Refund"}
TIER = re.compile(r"tier-(\d+)-\w+", re.ASCII)


def label(w: Words, name: str) -> str:
    """What the field is called; empty where it has no name of its own and the problem says it all."""
    tier = TIER.fullmatch(name)
    if tier:
        return w._("Row {n}").format(n=int(tier[1]) + 1)
    known = "staff_noun" if name.startswith("staff_noun_") else name
    return w._(LABELS[known]) if known in LABELS else ""

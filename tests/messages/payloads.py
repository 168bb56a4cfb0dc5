"""Payloads as the outbox holds them, for messages looked at without a database."""

from __future__ import annotations

from typing import Any

from booking.rules.policy import Policy

TO_CUSTOMER = ("approval_asked", "approval_given", "approval_refused", "booking_cancelled", "booking_confirmed", "booking_moved", "card_charged", "card_removed", "card_saved",
               "manage_link", "old_date_cancelled", "payment_returned", "refund_given", "refund_paid", "reminder", "request_received", "zone_rules")
MAIL_ONLY = ("feedback_reply", "feedback_request")
ABOUT_NO_BOOKING = ("deposit_returned", "email_changed", "merchant_calendar_lost", "merchant_customer_erased", "merchant_deposit_stuck",
                    "merchant_payments_stopped", "merchant_refunds_owed", "merchant_withdrawal", "phone_code", "sign_in_code",
                    "team_invitation", "withdrawal_received")
TO_SHOP = ("merchant_approval_needed", "merchant_booking_cancelled", "merchant_booking_created", "merchant_booking_moved",
           "merchant_dispute_closed", "merchant_dispute_opened", "merchant_offer_accepted", "merchant_offers_ended", "merchant_payment_returned",
           "merchant_refund_failed")
OFFERING = ("counter_offer", "earlier_slot", "waited_date_cancelled", "waitlist_joined")
"""To the customer too, with buttons of their own."""
ORIGIN = "https://harbor.opencals.com"
LINK = f"{ORIGIN}/manage/0123456789ab?token=k1.abc"
REFUND = {"outcome": "full", "amount": 2500, "kept": 0, "fee": 0, "currency": "USD", "mode": "automatic", "methods": ["card"]}

DECLARED = {"declared": {"name": "Ada Archer", "email": "ada@example.com", "contract": "Order 1001", "statement": ""}, "number": "7",
            "zone": "America/New_York", "received_at": "2027-03-01T12:00:07+00:00"}
NO_BOOKING: dict[str, dict[str, Any]] = {
    "sign_in_code": {"code": "012345", "minutes": 10, "purpose": "login"}, "phone_code": {"code": "012345"},
    "email_changed": {"new_address": "b•••@example.com", "undo_url": f"{ORIGIN}/email-undo/abc"},
    "team_invitation": {"role": "manager", "url": f"{ORIGIN}/admin"}, "deposit_returned": {"amount": 2500, "currency": "USD"},
    "withdrawal_received": DECLARED,
    "merchant_withdrawal": DECLARED | {"ref": "0123456789ab", "recipient": {"kind": "merchant", "name": "Elena Marsh"}},
    "merchant_calendar_lost": {"staff": "Elena Marsh", "provider": "google", "path": "/admin/staff/7/calendar",
                               "recipient": {"kind": "merchant", "name": "Elena Marsh"}},
    "merchant_deposit_stuck": {"amount": 2500, "currency": "USD", "payment": "pi_3Nq1", "recipient": {"kind": "merchant", "name": "Elena Marsh"}},
    "merchant_payments_stopped": {"left": False, "recipient": {"kind": "merchant", "name": "Elena Marsh"}},
    "merchant_refunds_owed": {"recipient": {"kind": "merchant", "name": "Elena Marsh"}, "owed": [
        {"ref": "0123456789ab", "customer": "Ada Archer", "service": "Deep tissue", "amount": 2500, "currency": "USD",
         "starts_at": "2027-03-13T14:00:00+00:00", "zone": "America/New_York"}]},
    "merchant_customer_erased": {"recipient": {"kind": "merchant", "name": "Elena Marsh"}, "appointments": [
        {"ref": "0123456789ab", "service": "Deep tissue", "starts_at": "2027-03-13T14:00:00+00:00", "zone": "America/New_York"}]},
}


def payload(topic: str, **changes: Any) -> dict[str, Any]:
    """A booking of an hour on March 13, 2027, 9:00 AM in New York, moved there from March 10; `changes` replace parts,
    dictionaries key by key."""
    shop = topic in TO_SHOP
    whole: dict[str, Any] = {
        "topic": topic, "locale": "en", "at": "2027-03-01T12:00:00+00:00",
        "store": {"name": "Harbor Massage", "slug": "harbor", "email": "shop@example.com", "phone": "+12125550142", "origin": ORIGIN,
                  "logo": None, "accent": "#2b4c7e", "contact_note": None},
        "booking": {
            "ref": "0123456789ab", "status": "confirmed", "version": 2, "service": "Deep tissue", "staff": "Elena Marsh",
            "location": "Harbor Street", "address": "48 Harbor Street", "starts_at": "2027-03-13T14:00:00+00:00",
            "ends_at": "2027-03-13T15:00:00+00:00", "zone": "America/New_York", "seats": 1, "price": 8000, "paid": 2500, "refunded": 0,
            "owed": 0, "currency": "USD", "conflict": False},
        "old": {"starts_at": "2027-03-10T20:00:00+00:00", "ends_at": "2027-03-10T21:00:00+00:00", "zone": "America/New_York",
                "staff": "Elena Marsh"},
        "customer": {"name": "Ada Archer"} if shop else None,
        "manage_url": None if shop else LINK, "reschedule_url": None if shop else f"{LINK}&action=reschedule",
        "account_url": f"{ORIGIN}/account", "book_url": f"{ORIGIN}/book", "can": {"reschedule": True, "cancel": True},
        "deadlines": {"reschedule": "2027-03-12T14:00:00+00:00", "cancel": "2027-03-12T14:00:00+00:00"},
        "policy": Policy.from_json({}).to_json(), "refund": None, "approval_deadline": "2027-03-02T00:00:00+00:00", "by": "customer",
        "held": None, "failed": {"amount": 2500, "error": "expired_or_canceled_card"},
        "dispute": {"amount": 2500, "reason": "fraudulent", "status": "lost", "inquiry": False, "refundable": False, "owed": 0,
                    "due_by": "2027-03-20T23:59:59+00:00"},
        "returned": {"amount": 1500, "starts_at": "2027-03-11T20:00:00+00:00", "zone": "America/New_York"},
        "charged": {"amount": 2500, "reason": "no_show"}, "card": {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2040},
        "recipient": {"kind": "merchant" if shop else "customer", "name": "Elena Marsh" if shop else "Ada Archer"},
    }
    if topic == "old_date_cancelled":
        whole["lost"] = {"starts_at": "2027-03-10T20:00:00+00:00", "zone": "America/New_York"}
    if topic == "refund_given":
        whole["refund"] = REFUND
    if topic == "refund_paid":
        whole["given"] = [["card", 2500]]
    if topic == "feedback_reply":
        whole["reply"] = "Thank you, Ada."
    if topic == "feedback_request":
        whole["feedback_url"] = f"{ORIGIN}/feedback/0123456789ab?token=k1.def"
    if topic in ABOUT_NO_BOOKING:
        whole = {key: whole[key] for key in ("topic", "locale", "store", "recipient", "book_url")} | NO_BOOKING[topic]
    if topic in OFFERING:
        at = {"starts_at": "2027-03-11T20:00:00+00:00", "zone": "America/New_York", "staff": "Tom Okonkwo"}
        page = f"{ORIGIN}/waitlist/1?token=k1.abc"
        whole |= {"until": "2027-03-02T12:00:00+00:00", "waits_for": "earlier", "place": 2, "rest_hours": 6, "entry_url": page,
                  "offers": [at | {"n": n, "until": "2027-03-02T12:00:00+00:00", "url": f"{LINK}&round=1&action=accept&offer={n}"} for n in (1, 2, 3)],
                  "offer": at | {"url": f"{page}&offer=7", "refuse_url": f"{page}&offer=7&action=refuse", "stop_url": f"{page}&action=stop"}}
    for key, value in changes.items():
        whole[key] = whole[key] | value if isinstance(value, dict) and isinstance(whole.get(key), dict) else value
    return whole

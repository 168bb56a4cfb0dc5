"""Bodies to learn from, by the name of the operation: each is good for its shape, and stands in the OpenAPI document."""

from __future__ import annotations

from typing import Any

_POLICY = {"reschedule": {"notice": "PT2H", "limit": 5}, "cancel": {"notice": "PT24H", "tiers": [
    {"at_least": "P7D", "outcome": "full"}, {"at_least": "PT48H", "outcome": "partial", "percent": 50}, {"outcome": "forfeit"}]}}
_HOURS = {"mon": [["09:00", "12:00"], ["13:00", "17:00"]], "tue": [["09:00", "17:00"]], "sat": []}
_ID, _OTHER = "3703626909053779053", "1846584506863953522"
_START, _LATER = "2027-03-10T10:00:00-05:00", "2027-03-11T10:00:00-05:00"
_MAIL = {"subject": "See you soon, {first_name}", "heading": "See you soon", "body": "{service}, {when}.", "locale": "en"}

EXAMPLES: dict[str, dict[str, Any]] = {
    "post_booking": {"service": _ID, "staff": None, "starts_at": _START, "seats": 1, "customer": {"email": "ada@example.com", "name": "Ada Archer"},
                     "payments": [{"amount": 2500, "method": "cash"}], "notify": True},
    "post_reschedule": {"starts_at": _LATER, "staff": None, "version": 1}, "post_cancel": {"reason": "Closed for repairs", "refund": "full", "override": True},
    "post_decline": {"reason": "Fully booked that day", "version": 1}, "post_refund": {"amount": 1000, "reason": "Sorry for the wait"},
    "post_no_show": {"version": 1, "override": True},
    "post_payment": {"amount": 5500, "method": "cash"}, "post_charge": {"amount": 2500, "reason": "no_show"},
    "post_offers": {"offers": [{"starts_at": _START}, {"starts_at": _LATER, "staff": _OTHER}]},
    "post_customer": {"name": "Ada Archer", "email": "ada@example.com", "phone": "+12125550101"}, "patch_customer": {"phone": "+12125550102"},
    "post_block": {"staff": _OTHER, "starts_at": _START, "ends_at": _LATER, "reason": "Away"}, "patch_block": {"ends_at": _LATER},
    "post_session": {"service": _ID, "staff": _OTHER, "starts_at": _START, "capacity": 12},
    "post_sessions": {"service": _ID, "staff": _OTHER, "starts_at": _START, "weeks": 10},
    "post_session_cancel": {"reason": "The teacher is ill", "refund": "full"},
    "post_import_check": {"columns": {"starts_at": "Start Time", "ends_at": "End Time", "service": "Type", "staff": "Calendar", "email": "Email"},
                          "flag_overlaps": False, "region": "US"},
    "post_policy_preview": {"policy": _POLICY, "service": _ID, "language": "de"},
    "post_location": {"name": "Harbor Street", "address": "48 Harbor Street", "zone": "America/New_York"}, "patch_location": {"phone": "+12125550142"},
    "post_staff": {"name": "Elena Marsh", "location": _ID, "hours": _HOURS, "services": [_OTHER]}, "patch_staff": {"hours": _HOURS},
    "put_staff_date": {"hours": [["10:00", "14:00"]], "note": "Fair in town"},
    "post_service": {"name": "Massage", "duration": "PT60M", "buffer_after": "PT15M", "price": {"amount": 8000, "currency": "USD"}, "staff": [_OTHER],
                     "policy": _POLICY},
    "patch_service": {"policy": _POLICY, "lead_time": "PT4H"}, "patch_store": {"cancel": True, "contact_note": "Call us for groups of five and more.", "policy": _POLICY},
    "put_variant": {"product": "gid://shopify/Product/8123456789", "service": _ID},
    "post_member": {"email": "kim@example.com", "name": "Kim Vance", "role": "manager"}, "patch_member": {"role": "staff"},
    "put_template": _MAIL, "post_template_reset": {"locale": "en"}, "post_template_restore": {"locale": "en", "restore": 3},
    "post_template_preview": _MAIL | {"booking": "0k7m9q2r4t6w"}, "post_template_test": _MAIL | {"booking": "0k7m9q2r4t6w", "to": "shop@example.com"},
    "post_webhook": {"url": "https://example.com/hook", "topics": ["booking.created", "booking.cancelled"]}, "patch_webhook": {"active": False},
}

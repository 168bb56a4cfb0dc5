"""Every turn each message can take, as changes to its payload: who did it, what comes back, how many, one or several (for looking at all)."""

from __future__ import annotations

from typing import Any

from messages.render import MESSAGES
from tests.messages.payloads import ORIGIN, REFUND, payload

UNSUBSCRIBE = {"unsubscribe_url": f"{ORIGIN}/unsubscribe/k1.abc"}
CANCELLED = {"booking": {"status": "cancelled"}}
DATES = [{"ref": f"0123456789a{n}", "zone": "America/New_York", "version": 2, "status": "confirmed", "starts_at": f"2027-03-{13 + 7 * n}T14:00:00+00:00", "ends_at": f"2027-03-{13 + 7 * n}T15:00:00+00:00", "old_starts_at": f"2027-03-{10 + 7 * n}T20:00:00+00:00"} for n in range(3)]
VISIT = [part | {"service": name, "starts_at": f"2027-03-13T{14 + n}:00:00+00:00"} for n, (part, name) in enumerate(zip(DATES, ("Deep tissue", "Hot stones"), strict=False))]
ONLINE = {"location": "Video call", "address": "https://meet.example.com/harbor/4f0c2a9be1d7468fb3a5c6d7"}
FREE = {"price": 0, "paid": 0}
OWN = {"subject": "{shop}: {when}", "heading": "Hello {customer_first_name}", "body": "Text of the shop.\n\n{booking_details}\n\n{manage_link}\n\n{reschedule_link}\n\n{policy}",
       "sms": "{service}: {when} {manage_link}"}
STAFF = {"recipient": {"kind": "staff"}}
OPEN = [{"ref": "0123456789ab", "service": "Deep tissue", "starts_at": "2027-03-13T14:00:00+00:00", "zone": "America/New_York"}]
TIERS = {"cancel": {"notice": "PT6H", "fee": {"amount": 500}, "tiers": [
    {"at_least": "P7D", "outcome": "full"}, {"at_least": "PT48H", "outcome": "partial", "percent": 50}, {"at_least": "PT24H", "outcome": "credit"},
    {"outcome": "forfeit"}]}}
OFFER = {"starts_at": "2027-03-11T20:00:00+00:00", "zone": "America/New_York", "staff": "Tom Okonkwo", "n": 1, "until": "2027-03-02T12:00:00+00:00",
         "url": f"{ORIGIN}/manage/0123456789ab?token=k1.abc&round=1&action=accept&offer=1"}
HELD = {"starts_at": "2027-03-10T20:00:00+00:00", "zone": "America/New_York", "released": False}

VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "booking_confirmed": {"party, something to pay": {"booking": {"seats": 3, "due": 5500}}, "no changes allowed": {"can": {"reschedule": False, "cancel": False}},
                          "tiers": {"policy": TIERS}, "online": {"booking": ONLINE}, "free": {"booking": FREE}, "series": {"bookings": DATES}, "visit": {"bookings": VISIT},
                          "card to save": {"card_url": f"{ORIGIN}/manage/0123456789ab?token=k1.abc&panel=payment"}, "own wording": {"template": OWN},
                          "in euros, delivered": {"booking": {"currency": "EUR", "price": 8050, "location": "At your place", "address": "12 Rue de la Paix, 75002 Paris"}}},
    "booking_moved": {"some wait": {"bookings": DATES[:1], "waits": DATES[1:], "waits_kept": True}, "some wait, given up": {"bookings": DATES[:2], "waits": DATES[2:], "waits_kept": False}, "cheaper": {"refund": REFUND}, "dearer": {"booking": {"price": 9000, "due": 2000}, "old": {"price": 8000}}, "dearer, paid": {"collected": 1500},
                      "by the shop": {"by": "store", "by_name": "Elena Marsh"}, "series": {"bookings": DATES}, "free": {"booking": FREE}, "online": {"booking": ONLINE}, "own wording, series": {"bookings": DATES, "template": OWN}},
    "booking_cancelled": {
        "series by the shop": CANCELLED | {"by": "store", "bookings": DATES, "refund": REFUND | {"amount": 7500}}, "free": {"booking": CANCELLED["booking"] | FREE},
        "partial": CANCELLED | {"refund": REFUND | {"outcome": "partial", "amount": 1250, "kept": 1250}},
        "money and credit": CANCELLED | {"refund": REFUND | {"credit": 1000, "credit_at_shop": True}},
        "full": CANCELLED | {"refund": REFUND}, "forfeit": CANCELLED | {"refund": REFUND | {"outcome": "forfeit", "amount": 0, "kept": 2500}},
        "partial with fee": CANCELLED | {"refund": REFUND | {"outcome": "partial", "amount": 1000, "kept": 1500, "fee": 500}},
        "credit": CANCELLED | {"refund": REFUND | {"outcome": "credit", "credit_until": "2028-03-01T12:00:00+00:00", "zone": "America/New_York"}},
        "none": CANCELLED | {"refund": REFUND | {"outcome": "none", "amount": 0}}, "by hand": CANCELLED | {"refund": REFUND | {"mode": "manual"}},
        "gift card": CANCELLED | {"refund": REFUND | {"methods": ["gift_card"]}}, "cash": CANCELLED | {"refund": REFUND | {"methods": ["cash"]}},
        "card and cash": CANCELLED | {"refund": REFUND | {"methods": ["card", "cash"], "ways": [["card", 1500], ["hand", 1000]]}},
        "from the release before": CANCELLED | {"refund": REFUND | {"methods": ["card", "cash"]}}, "nothing more": CANCELLED | {"refund": REFUND | {"outcome": "none", "amount": 0, "before": 2500}},
        "all ways": CANCELLED | {"refund": REFUND | {"amount": 6000, "ways": [["given", 1000], ["card", 1000], ["gift_card", 1000], ["hand", 1000], ["moving", 1000], ["owed", 1000]]}}, "by the shop": CANCELLED | {"by": "store", "by_name": "Elena Marsh"},
        "one seat left": {"refund": REFUND}, "part of a series": CANCELLED | {"bookings": DATES[:2], "stays": DATES[2:]}},
    "manage_link": {"long names": {"store": {"name": "Wellness" * 8}, "booking": {"service": "Tiefengewebsmassage" * 4, "staff": "Elena" * 12, "address": "Hauptstrasse" * 6}}},
    "approval_given": {"visit": {"bookings": VISIT}, "by name": {"by_name": "Elena Marsh"}},
    "approval_refused": {"taken back": {"because": "taken_back", "restored": True}, "visit": {"because": "declined", "restored": True, "bookings": VISIT},
                         "money back": {"because": "declined", "refund": REFUND}, "in time, old one stays": {"because": "deadline", "restored": True},
                         "offers declined": {"because": "offers_declined", "refund": REFUND}, "offers expired": {"because": "offers_expired"},
                         "old time given up": {"because": "declined", "lost": True, "refund": REFUND},
                         "may wait for it": {"because": "declined", "again_url": f"{ORIGIN}/again/0123456789ab?token=k1.abc"}},
    "card_removed": {"in the account": {"of_account": True}}, "card_saved": {"replaced": {"replaced": True}},
    "old_date_cancelled": {"pending": {"booking": {"status": "pending"}}},
    "card_charged": {"late": {"charged": {"reason": "late_cancel"}}},
    "counter_offer": {"one": {"offers": [OFFER]}, "for a move": {"held": HELD}, "old time given up": {"held": HELD | {"released": True}}, "ends apart": {"offers": [OFFER, OFFER | {"n": 2, "until": "2027-03-03T12:00:00+00:00"}]}},
    "earlier_slot": {"to be stopped": UNSUBSCRIBE, "seat": {"waits_for": "seat"} | UNSUBSCRIBE, "again": {"waits_for": "again"} | UNSUBSCRIBE},
    "feedback_request": {"to be stopped": UNSUBSCRIBE}, "feedback_reply": {"to be stopped": UNSUBSCRIBE}, "reminder": {"to be stopped": UNSUBSCRIBE},
    "refund_given": {"with reason": {"refund": REFUND, "reason": "The heating was off."}},
    "refund_paid": {"by hand, more to come": {"given": [["hand", 1500]], "booking": {"owed": 1000}}, "at Shopify": {"given": [["shopify", 2500]]}},
    "request_received": {"moved by the shop": {"by": "store"}, "dearer, paid": {"collected": 1500, "old": None}, "no time limit": {"approval_deadline": None}, "free": {"booking": FREE}},
    "phone_code": {"to sign in": {"purpose": "login"}},
    "sign_in_code": {"another address": {"purpose": "change_email"}, "one minute": {"minutes": 1}},
    "team_invitation": {"owner": {"role": "owner"}, "staff": {"role": "staff"}},
    "waitlist_joined": {"seat": {"waits_for": "seat"}, "again": {"waits_for": "again"},
                        "other seats": {"waits_for": "seat", "seats_before": 1, "booking": {"seats": 3}}, "held": {"waits_for": "seat", "seats_stay": 3}, "one hour": {"rest_hours": 1}},
    "withdrawal_received": {"with words": {"declared": {"statement": "I have changed my mind."}}},
    "approval_asked": {"visit": {"bookings": VISIT}, "dearer, paid": {"collected": 1500}, "old time given up": {"held": HELD | {"released": True}}},
    "merchant_approval_needed": {"a move": {"booking": {"status": "pending"}, "held": HELD, "reason": "My train is late"}, "dearer, paid": {"collected": 1500, "held": HELD}, "old time given up": {"held": HELD | {"released": True}},
                                 "a visit": {"booking": {"status": "pending"}, "bookings": VISIT}, "at first": {"old": None}},
    "merchant_booking_cancelled": {"with refund": CANCELLED | {"refund": REFUND}, "one seat left": {}, "a reason": CANCELLED | {"reason": "My child\nis ill"}, "by name": CANCELLED | {"by": "store", "by_name": "Elena Marsh"},
                                   "series": CANCELLED | {"bookings": DATES, "refund": REFUND | {"amount": 7500}}, "a visit": CANCELLED | {"bookings": VISIT}},
    "merchant_booking_created": {"series": {"bookings": DATES, "conflict": True}, "conflict": {"booking": {"conflict": True}}, "to staff": STAFF, "erased": {"customer": {"name": "Redacted customer"}}},
    "merchant_booking_moved": {"conflict": {"booking": {"conflict": True}}, "a reason": {"reason": "My train\nis late"}, "dearer, paid": {"collected": 1500},
                               "series": {"bookings": DATES, "conflict": True}, "a visit": {"bookings": VISIT}},
    "merchant_calendar_lost": {"Microsoft": {"provider": "microsoft"}}, "merchant_payments_stopped": {"left": {"left": True}},
    "merchant_dispute_opened": {"inquiry": {"dispute": {"inquiry": True, "refundable": True, "reason": "product_not_received"}}},
    "merchant_dispute_closed": {"won": {"dispute": {"status": "won"}}, "closed": {"dispute": {"status": "warning_closed"}}, "owed": {"dispute": {"owed": 2500}}},
    "merchant_customer_erased": {"nothing open": {"appointments": []}},
    "merchant_offer_accepted": {"conflict": {"booking": {"conflict": True}}},
    "merchant_offers_ended": {"taken back": {"because": "taken_back"}, "request ends": {"booking": {"status": "declined"}, "refund": REFUND}},
    "merchant_refunds_owed": {"two": {"owed": [{"ref": f"0123456789a{n}", "customer": name, "service": "Deep tissue", "amount": 2500, "currency": "USD",
        "starts_at": "2027-03-13T14:00:00+00:00", "zone": "America/New_York"} for n, name in enumerate(("Ada Archer", ""))]}},
    "merchant_withdrawal": {"unmatched": {"ref": "", "declared": {"statement": "I have changed my mind."}}},
}


def every(locale: str) -> list[tuple[str, str, dict[str, Any]]]:
    """(topic, turn, payload) of every message in a language."""
    return [(topic, turn, payload(topic, locale=locale, **changes))
            for topic in sorted(MESSAGES) for turn, changes in ({"": {}} | VARIANTS.get(topic, {})).items()]

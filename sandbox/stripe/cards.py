"""Test cards by number and by name, and how each behaves."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.stripe.errors import StripeError, declined, invalid


@dataclass(frozen=True)
class TestCard:
    """`behaviour`: good, declined, challenge, expired, refund_pending, refund_fails."""

    number: str
    brand: str
    behaviour: str


CARDS = {card.number: card for card in (
    TestCard("4242424242424242", "visa", "good"), TestCard("5555555555554444", "mastercard", "good"),
    TestCard("378282246310005", "amex", "good"), TestCard("4000000000000002", "visa", "declined"),
    TestCard("4000002500003155", "visa", "challenge"), TestCard("4000000000000069", "visa", "expired"),
    TestCard("4000000000007726", "visa", "refund_pending"), TestCard("4000000000005126", "visa", "refund_fails"))}
NAMED = {
    "pm_card_visa": "4242424242424242", "pm_card_mastercard": "5555555555554444", "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_authenticationRequired": "4000002500003155", "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_pendingRefund": "4000000000007726", "pm_card_refundFail": "4000000000005126"}


def read(given: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The `card` part of a payment method from what was typed, with `_behaviour`; the number itself is not kept."""
    number = "".join(str(given.get("number", "")).split())
    card = CARDS.get(number)
    if card is None:
        raise StripeError(402, "card_error", "Your card number is incorrect.", code="incorrect_number", param="number")
    try:
        month, year = int(given.get("exp_month", "")), int(given.get("exp_year", ""))
    except ValueError:
        raise invalid("Your card's expiration date is incomplete.", code="invalid_expiry_month", param="exp_month", status=402) from None
    year += 2000 if year < 100 else 0
    if not 1 <= month <= 12:
        raise StripeError(402, "card_error", "Your card's expiration month is invalid.", code="invalid_expiry_month", param="exp_month")
    if (year, month) < (now.year, now.month):
        raise StripeError(402, "card_error", "Your card's expiration year is in the past.", code="invalid_expiry_year", param="exp_year")
    return face(card, month, year)


def named(name: str, now: datetime) -> dict[str, Any] | None:
    """The card behind one of the names for tests, or None."""
    return face(CARDS[NAMED[name]], 12, now.year + 3) if name in NAMED else None


def face(card: TestCard, month: int, year: int) -> dict[str, Any]:
    fingerprint = hashlib.sha256(card.number.encode()).hexdigest()[:16]
    return {"brand": card.brand, "last4": card.number[-4:], "exp_month": month, "exp_year": year, "fingerprint": fingerprint,
            "funding": "credit", "country": "US", "checks": {"cvc_check": "pass"}, "_behaviour": card.behaviour}


def refuse_if_bad(card: dict[str, Any]) -> None:
    """Raise what the card's bank answers, if it does not agree."""
    if card["_behaviour"] == "declined":
        raise declined("card_declined", "Your card was declined.", decline_code="generic_decline")
    if card["_behaviour"] == "expired":
        raise declined("expired_card", "Your card has expired.", decline_code="expired_card")

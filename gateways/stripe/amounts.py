"""Our minor units (ISO 4217) in Stripe's, which differ for a few currencies (R25)."""

from __future__ import annotations

from booking.rules.money import card_step
from gateways.stripe.errors import Wrong

HUNDREDFOLD = frozenset({"ISK", "UGX"})
"""Without minor units by ISO, told to Stripe in hundredths that must be zero."""
HUNDREDTH = frozenset({"MGA"})
"""With two digits by ISO, told to Stripe in whole units."""


def to_stripe(amount: int, currency: str) -> int:
    """The amount as Stripe counts it. Wrong for one that Stripe cannot move."""
    if amount % card_step(currency):
        raise Wrong("amount_step", f"{currency} moves in steps of {card_step(currency)}")
    return amount * 100 if currency in HUNDREDFOLD else amount // 100 if currency in HUNDREDTH else amount


def from_stripe(amount: int, currency: str) -> int:
    """Stripe's amount in our minor units; `currency` in any case."""
    code = currency.upper()
    return amount // 100 if code in HUNDREDFOLD else amount * 100 if code in HUNDREDTH else amount

"""What a shop may charge for a late cancellation or a missed appointment (R22, A155)."""

from __future__ import annotations

from datetime import datetime, timedelta

from booking.rules.money import card_step

FEE_MAY_FOLLOW = timedelta(days=14)
"""How long after a missed visit or a late cancellation the shop has the card to decide on a fee. The customer may remove it after that."""


def due_fee(*, deposit: int, fee: int, seats: int, kept: int, currency: str) -> int:
    """The fee of the rule in minor units: what the deposit rule asks of the party, or the cancellation fee where that is more,
    less what the shop already keeps of the payments, in whole steps that cards move. 0: there is nothing to charge."""
    due = max(0, max(deposit * seats, fee) - kept)
    return due - due % card_step(currency)


def card_expired(year: int, month: int, now: datetime) -> bool:
    """A card is good to the end of the month on it."""
    return (year, month) < (now.year, now.month)

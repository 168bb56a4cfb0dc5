"""Saved cards and fees charged to them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shopify_app.api.shapes.base import Money, Paid, Shape, Sum


class CardOut(Shape):
    """What a shop may see of a card (A91)."""

    id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    expired: bool
    created_at: datetime


class CardsOut(Shape):
    cards: list[CardOut]


class ChargeIn(Shape):
    """`amount` in minor units of the booking's currency."""

    amount: Paid
    reason: Literal["no_show", "late_cancel"]


class ChargeOut(Shape):
    """`state` open until the provider has answered; `error` is its code where the card was refused."""

    id: str
    amount: Money
    reason: Literal["no_show", "late_cancel"]
    state: Literal["open", "succeeded", "failed", "cancelled", "attention", "returned"]
    error: str | None
    created_at: datetime


class ChargesOut(Shape):
    """`card` is the one the booking rests on; `may_charge` the most its rule and the consent allow, were it missed or cancelled late."""

    card: CardOut | None
    may_charge: Sum
    charges: list[ChargeOut]

"""How each part of a refund comes back, for the sentences that promise it and those that report it (R21, R23, A86)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

WAYS = ("given", "card", "gift_card", "hand", "moving", "owed")
"""given: it has come back. card: to the card it was paid with. gift_card. hand: directly by the shop. moving: on its way otherwise.
owed: the shop has still to carry it out. In the order in which they are said."""


class Paid(Protocol):
    @property
    def method(self) -> str: ...
    @property
    def by_provider(self) -> bool: ...


def way_of(payment: Paid, mode: str) -> str:
    """How money of this payment comes back: to a card only where somebody can send it there."""
    if mode == "manual":
        return "owed"
    return "card" if payment.method == "card" and payment.by_provider else "gift_card" if payment.method == "gift_card" else "hand"


def way_of_part(payment: Paid, mode: str, state: str) -> str:
    """The same of a part that has been written down already, by what became of it."""
    if state == "succeeded":
        return "given"
    if state == "pending":
        return "card" if payment.method == "card" else "moving"
    return "owed" if state == "failed" else way_of(payment, mode)


def summed(parts: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """(way, amount) of each part to one amount for each way."""
    sums: Counter[str] = Counter()
    for way, amount in parts:
        sums[way] += amount
    return tuple((way, sums[way]) for way in WAYS if sums[way])

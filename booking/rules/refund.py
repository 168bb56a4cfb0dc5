"""What comes back when a booking is cancelled (R19-R27, R33)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from booking.rules.money import share_of, split
from booking.rules.policy import Policy, Tier


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of the booking: what was taken, and what of it is already owed, pending or paid back."""

    id: int
    amount: int
    refunded: int
    method: str

    @property
    def left(self) -> int:
        return self.amount - self.refunded


@dataclass(frozen=True, slots=True)
class RefundQuote:
    """The outcome in minor units. amount + kept == what was left of the payments concerned.

    `parts` are (payment id, amount); `share` is the part of the money that comes back under the policy, for R33;
    `until` the instant up to which this outcome holds, None when nothing can get worse.
    """

    outcome: str
    amount: int
    kept: int
    fee: int
    currency: str
    mode: str
    methods: tuple[str, ...]
    parts: tuple[tuple[int, int], ...]
    share: Fraction
    until: datetime | None = None

    def facts(self) -> dict[str, object]:
        """What a signed quote carries and messages show."""
        return {"outcome": self.outcome, "amount": self.amount, "kept": self.kept, "fee": self.fee, "currency": self.currency,
                "mode": self.mode, "methods": list(self.methods)}


def tier_at(policy: Policy, starts_at: datetime, zone: str, now: datetime) -> tuple[Tier, datetime | None]:
    """The tier in force at `now` and the instant until which it is; exactly at a boundary still belongs to the earlier tier."""
    for tier in policy.tiers:
        if tier.at_least is None:
            return tier, None
        until = tier.at_least.before(starts_at, zone)
        if now <= until:
            return tier, until
    raise ValueError("the last tier of a policy has no at_least")


def share_of_tier(tier: Tier, paid: int) -> Fraction:
    """The part of `paid` that a tier gives back, as money or credit."""
    if tier.outcome == "full" or (tier.outcome == "credit" and tier.percent is None and tier.amount is None):
        return Fraction(1)
    if tier.outcome in ("forfeit", "none"):
        return Fraction(0)
    if tier.percent is not None:
        return Fraction(tier.percent, 100)
    return Fraction(min(tier.amount or 0, paid), paid) if paid else Fraction(1)


def share_now(policies: Sequence[Policy], starts_at: datetime, zone: str, now: datetime, paid: int) -> Fraction:
    """The best share any of the policies gives at `now`: the copy, and the present one where it is kinder (R20)."""
    return max(share_of_tier(tier_at(policy, starts_at, zone, now)[0], paid) for policy in policies)


def sticky_after_move(sticky: Fraction | None, share: Fraction) -> Fraction | None:
    """The lowest share in force at any customer move so far; a full share leaves no mark (R33)."""
    lowest = share if sticky is None else min(sticky, share)
    return None if lowest == 1 else lowest


def quote(policies: Sequence[Policy], starts_at: datetime, zone: str, now: datetime, payments: Sequence[Payment], currency: str,
          *, sticky: Fraction | None = None, seats: int = 1, of_seats: int = 1) -> RefundQuote:
    """The outcome of a customer's cancellation now; the kindest of `policies` counts (R20), never above `sticky` (R33).

    For a party that drops `seats` of `of_seats` the quote covers their part of the money (R25, R30). The fee reduces the
    refund and never makes it negative (R22).
    """
    left = sum(payment.left for payment in payments)
    concerned = left if seats == of_seats else split(left, [seats, of_seats - seats])[0]
    mode = policies[-1].refund_mode
    if concerned == 0:
        return RefundQuote("none", 0, 0, 0, currency, mode, (), (), Fraction(1))
    best: RefundQuote | None = None
    for policy in policies:
        tier, until = tier_at(policy, starts_at, zone, now)
        share = share_of_tier(tier, concerned)
        share = share if sticky is None else min(share, sticky)
        gross = share_of(concerned, share)
        fee = min(policy.fee, gross)
        amount = gross - fee
        outcome = "credit" if tier.outcome == "credit" and amount else _outcome(amount, concerned)
        candidate = _spread(outcome, amount, concerned, fee, currency, mode, payments, share, until)
        if best is None or _better(candidate, best):
            best = candidate
    assert best is not None, "there is always at least one policy"
    return best


def merchant_quote(choice: str | int, payments: Sequence[Payment], currency: str, mode: str, *, seats: int = 1,
                   of_seats: int = 1) -> RefundQuote:
    """What a merchant decides instead of the policy: `full`, `none`, or an amount in minor units (capped at what is left).

    For a party that drops `seats` of `of_seats`, `full` is their part of the money (R25, R30).
    """
    left = sum(payment.left for payment in payments)
    if left == 0:
        return RefundQuote("none", 0, 0, 0, currency, mode, (), (), Fraction(1))
    concerned = left if seats == of_seats else split(left, [seats, of_seats - seats])[0]
    amount = concerned if choice == "full" else 0 if choice == "none" else min(int(choice), left)
    concerned = max(concerned, amount)
    share = Fraction(amount, concerned) if concerned else Fraction(1)
    return _spread(_outcome(amount, concerned), amount, concerned, 0, currency, mode, payments, share, None)


def worse(new: RefundQuote, seen: dict[str, object]) -> bool:
    """Whether `new` is worse for the customer than the quote they saw (R27): less back, or credit where money was shown."""
    if new.amount < int(seen["amount"]):  # type: ignore[call-overload]
        return True
    return new.outcome == "credit" and seen["outcome"] in ("full", "partial")


def _outcome(amount: int, of: int) -> str:
    return "full" if amount == of else "partial" if amount else "forfeit"


def _better(a: RefundQuote, b: RefundQuote) -> bool:
    """More back, then money rather than credit, then for longer."""
    if (a.amount, a.outcome != "credit") != (b.amount, b.outcome != "credit"):
        return (a.amount, a.outcome != "credit") > (b.amount, b.outcome != "credit")
    return b.until is not None and (a.until is None or a.until > b.until)


def _spread(outcome: str, amount: int, of: int, fee: int, currency: str, mode: str, payments: Sequence[Payment],
            share: Fraction, until: datetime | None) -> RefundQuote:
    """Pro rata over the payments by what is left of each (R24)."""
    amounts = split(amount, [payment.left for payment in payments])
    parts = tuple((payment.id, part) for payment, part in zip(payments, amounts, strict=True) if part)
    methods = tuple(dict.fromkeys(payment.method for payment in payments if payment.left))
    return RefundQuote(outcome, amount, of - amount, fee, currency, mode, methods, parts, share, until)

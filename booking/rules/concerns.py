"""What in a policy cannot work, or never takes effect: found before it is saved, said in words by booking.wording.policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from booking.rules.durations import Notice
from booking.rules.policy import Policy, Tier
from booking.rules.terms import share_of_tier


@dataclass(frozen=True, slots=True)
class Concern:
    """`field` is the place in the policy's JSON (design 4.4), `code` what is wrong there, `facts` what the sentence needs."""

    code: str
    field: str
    facts: dict[str, Any] = field(default_factory=dict)


def policy_concerns(policy: Policy, *, price: int | None = None, horizon_days: int | None = None) -> list[Concern]:
    """Everything that cannot work for a service of this price (minor units) and horizon; None: not known, as for a store's policy."""
    found = _beyond_horizon(policy, horizon_days) if horizon_days is not None else []
    found += _dead_tiers(policy)
    found += _growing_tiers(policy, price or 0)
    if price is not None:
        found += _above_price(policy, price)
    if policy.instead_schedule and not policy.reschedule_allowed:
        found.append(Concern("no_way_out", "cancel.instead_schedule"))
    return found


def _beyond_horizon(policy: Policy, horizon_days: int) -> list[Concern]:
    """A notice as long as the horizon leaves no moment at which a booking could be changed."""
    longest = horizon_days * 86400
    notices = [("reschedule", policy.reschedule_allowed, policy.reschedule_notice), ("cancel", policy.cancel_allowed, policy.cancel_notice)]
    found = [Concern("notice_beyond_horizon", f"{kind}.notice", {"kind": kind, "notice": notice, "days": horizon_days})
             for kind, allowed, notice in notices if allowed and notice.rank >= longest]
    return found + [Concern("tier_beyond_horizon", f"cancel.tiers.{n}", {"notice": tier.at_least, "days": horizon_days})
                    for n, tier in enumerate(policy.tiers) if tier.at_least and tier.at_least.rank >= longest]


def _dead_tiers(policy: Policy) -> list[Concern]:
    """Tiers that begin only when cancelling has already ended. The otherwise tier may: it says what the deadline means."""
    if not policy.cancel_allowed:
        return []
    found, before = [], None
    for n, tier in enumerate(policy.tiers[:-1]):
        if before is not None and before.rank <= policy.cancel_notice.rank:
            found.append(Concern("tier_after_deadline", f"cancel.tiers.{n}", {"notice": tier.at_least, "deadline": policy.cancel_notice}))
        before = tier.at_least
    return found


def _growing_tiers(policy: Policy, price: int) -> list[Concern]:
    """Cancelling later must not give more back than cancelling earlier: customers would wait."""
    shares = [share_of_tier(tier, price) for tier in policy.tiers]
    if not price and any(tier.amount is not None for tier in policy.tiers):
        return []
    return [Concern("later_is_better", f"cancel.tiers.{n}") for n in range(1, len(shares)) if shares[n] > shares[n - 1]]


def _above_price(policy: Policy, price: int) -> list[Concern]:
    found = [Concern("fee_above_price", "cancel.fee.amount", {"fee": policy.fee, "price": price})] if policy.fee > price else []
    return found + [Concern("amount_above_price", f"cancel.tiers.{n}", {"amount": tier.amount, "price": price})
                    for n, tier in enumerate(policy.tiers) if _fixed(tier) > price]


def _fixed(tier: Tier) -> int:
    return tier.amount or 0


def longest_notice(policy: Policy) -> Notice:
    """The longest time before the start that the policy speaks of."""
    notices = [policy.reschedule_notice, policy.cancel_notice, *(tier.at_least for tier in policy.tiers if tier.at_least)]
    return max(notices, key=lambda notice: notice.rank)

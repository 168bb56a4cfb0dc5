"""What cancelling will give back, moment by moment: the tiers as they stand for one booking (R20, R33)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from booking.rules.money import share_of
from booking.rules.policy import Policy, Tier
from booking.rules.terms import Terms, best_terms, terms_of_tier, tier_at


def tiers_for(policies: Sequence[Policy], starts_at: datetime, zone: str, money: int, sticky: Terms | None = None,
              part: int | None = None) -> tuple[Tier, ...]:
    """At each moment the kindest of `policies` (R20), never above `sticky` (R33), in the form of a policy's own tiers. `money` in
    minor units: what a fixed amount is compared to; `part`: what of it the seats that stay have, where some have left (R30).
    Neighbours that give the same are one.
    """
    part = money if part is None else part
    boundaries = {tier.at_least for policy in policies for tier in policy.tiers if tier.at_least is not None}
    found: list[Tier] = []
    for at_least in [*sorted(boundaries, key=lambda notice: notice.before(starts_at, zone)), None]:
        until = starts_at if at_least is None else at_least.before(starts_at, zone)
        tiers = [tier_at(policy, starts_at, zone, until)[0] for policy in policies] if at_least is not None else [policy.tiers[-1] for policy in policies]
        terms = best_terms([terms_of_tier(tier, money) for tier in tiers])
        own = next(tier for tier in tiers if terms_of_tier(tier, money) == terms)
        if sticky is not None and (sticky.share < terms.share or sticky.credit and not terms.credit):
            own = _tier(Terms(min(sticky.share, terms.share), sticky.credit or terms.credit), part)
        elif own.amount is not None and part != money:
            own = replace(own, amount=share_of(part, terms.share))
        if found and (found[-1].outcome, found[-1].percent, found[-1].amount) == (own.outcome, own.percent, own.amount):
            found.pop()
        found.append(Tier(at_least, own.outcome, own.percent, own.amount))
    return tuple(found)


def _tier(terms: Terms, money: int) -> Tier:
    """The tier that gives just this; what is no whole percent is said as an amount."""
    if terms.share == 0:
        return Tier(None, "forfeit")
    outcome, percent = "credit" if terms.credit else "partial", terms.share * 100
    if percent.denominator == 1:
        return Tier(None, "full") if percent == 100 and not terms.credit else Tier(None, outcome, int(percent))
    return Tier(None, outcome, None, share_of(money, terms.share))

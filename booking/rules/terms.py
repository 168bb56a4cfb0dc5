"""What a policy gives back at a moment, and what moves leave of that (R20, R33)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from booking.rules.policy import Policy, Tier


class Terms(NamedTuple):
    """The part of the money a tier gives back, and whether it gives store credit instead of money."""

    share: Fraction
    credit: bool = False


FULL = Terms(Fraction(1))


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


def terms_of_tier(tier: Tier, paid: int) -> Terms:
    share = share_of_tier(tier, paid)
    return Terms(share, tier.outcome == "credit" and share > 0)


def terms_now(policies: Sequence[Policy], starts_at: datetime, zone: str, now: datetime, paid: int) -> Terms:
    """What the policies give at `now`: the copy, or a later one where that is better for the customer (R20)."""
    return best_terms([terms_of_tier(tier_at(policy, starts_at, zone, now)[0], paid) for policy in policies])


def best_terms(offered: Sequence[Terms]) -> Terms:
    """The first, unless another gives more without giving less of it as money."""
    best, *others = offered
    for terms in others:
        if improves((terms.share, 0 if terms.credit else terms.share), (best.share, 0 if best.credit else best.share)):
            best = terms
    return best


def sticky_after_move(sticky: Terms | None, terms: Terms) -> Terms | None:
    """The lowest share in force at any customer move so far, credit once it was credit; all of it as money leaves no mark (R33)."""
    kept = terms if sticky is None else Terms(min(sticky.share, terms.share), sticky.credit or terms.credit)
    return None if kept == FULL else kept


def holds_until(policy: Policy, starts_at: datetime, zone: str, now: datetime, paid: int, sticky: Terms | None) -> datetime | None:
    """The instant up to which cancelling gives what it gives `now`; None when nothing changes any more."""
    tier, until = tier_at(policy, starts_at, zone, now)
    here = _capped(terms_of_tier(tier, paid), sticky)
    for later in policy.tiers[policy.tiers.index(tier) + 1:]:
        if _capped(terms_of_tier(later, paid), sticky) != here:
            return until
        until = later.at_least.before(starts_at, zone) if later.at_least else None
    return until


def _capped(terms: Terms, sticky: Terms | None) -> Terms:
    return terms if sticky is None else Terms(min(terms.share, sticky.share), terms.credit or sticky.credit)


def falls_behind(a: tuple, b: tuple) -> bool:
    """(all that comes back, as money): less of either is worse, whatever the other does."""
    return a[0] < b[0] or a[1] < b[1]


def improves(a: tuple, b: tuple) -> bool:
    return not falls_behind(a, b) and falls_behind(b, a)

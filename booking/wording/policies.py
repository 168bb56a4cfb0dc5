"""A policy in sentences, with the dates of this booking (D26d)."""

from __future__ import annotations

from datetime import datetime

from booking.rules.policy import Policy, Tier
from booking.wording.words import Words


def policy_lines(words: Words, policy: Policy, starts_at: datetime, zone: str, currency: str) -> list[str]:
    """What happens to the money, until when; then the rules for moving."""
    lines = []
    if policy.cancel_allowed:
        last = policy.cancel_notice.before(starts_at, zone)
        reached: datetime | None = None
        for tier in policy.tiers:
            until = tier.at_least.before(starts_at, zone) if tier.at_least else None
            if until is not None and until <= last or tier is policy.tiers[0] and until is not None:
                lines.append(words._("Cancel until {when}: {outcome}.").format(when=words.when(until, zone), outcome=_outcome(words, tier, currency)))
            elif until is None and (reached is None or last > reached):
                lines.append(words._("Cancel later: {outcome}.").format(outcome=_outcome(words, tier, currency)))
            reached = until or reached
        if policy.cancel_notice.rank:
            lines.append(words._("Cancelling online ends {when}.").format(when=words.when(last, zone)))
        if policy.fee:
            lines.append(words._("A cancellation fee of {fee} is taken from the refund.").format(fee=words.money(policy.fee, currency)))
    if policy.reschedule_allowed:
        lines.append(words._("Move until {when}.").format(when=words.when(policy.reschedule_notice.before(starts_at, zone), zone)))
    return lines


def _outcome(words: Words, tier: Tier, currency: str) -> str:
    if tier.outcome == "full":
        return words._("full refund")
    if tier.outcome in ("forfeit", "none"):
        return words._("no refund")
    part = words.money(tier.amount, currency) if tier.amount is not None else f"{tier.percent if tier.percent is not None else 100}%"
    return (words._("{part} as credit") if tier.outcome == "credit" else words._("{part} refund")).format(part=part)

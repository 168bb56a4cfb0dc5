"""May the customer still change this booking? (R2, R4, R10-R12, R18, R28, R29)"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from booking.rules.decision import Decision
from booking.rules.durations import Notice
from booking.rules.policy import Policy
from booking.rules.status import CHECKED_IN, CLOSED


class ChangeFacts(NamedTuple):
    """What the decision looks at. `policy` is the effective one, its switches included; `starts_at` the current start (R12)."""

    status: str
    starts_at: datetime
    zone: str
    policy: Policy
    customer_moves: int = 0
    never_approved: bool = False


def deadline(kind: str, facts: ChangeFacts) -> datetime:
    """The last instant at which a `reschedule` or `cancel` is allowed; a request not yet approved has until the start (R29)."""
    return _notice(kind, facts).before(facts.starts_at, facts.zone)


def change_decision(kind: str, facts: ChangeFacts, now: datetime) -> Decision:
    """Allowed iff now <= start - notice, exact to the microsecond; with notice 0 until the start, never at it (R10)."""
    if facts.status in CLOSED:
        return Decision(False, "closed", facts={"state": facts.status})
    if facts.status in CHECKED_IN:
        return Decision(False, "checked_in", facts={"state": facts.status})
    withdraw = kind == "cancel" and _never_approved(facts)
    allowed = facts.policy.reschedule_allowed if kind == "reschedule" else facts.policy.cancel_allowed
    if not allowed and not withdraw:
        return Decision(False, "not_allowed", facts={"kind": kind})
    last = deadline(kind, facts)
    if now > last or now >= facts.starts_at:
        other = "cancel" if kind == "reschedule" else "reschedule"
        return Decision(False, "too_late", last, {
            "kind": kind, "notice_hours": _notice(kind, facts).hours_text(), "started": now >= facts.starts_at,
            "still_possible": other if _still(other, facts, now) else None})
    if kind == "reschedule" and facts.policy.reschedule_limit and facts.customer_moves >= facts.policy.reschedule_limit:
        return Decision(False, "limit_reached", last, {"limit": facts.policy.reschedule_limit})
    return Decision(True, None, last)


def _still(kind: str, facts: ChangeFacts, now: datetime) -> bool:
    allowed = facts.policy.reschedule_allowed if kind == "reschedule" else facts.policy.cancel_allowed
    under = kind == "cancel" or not facts.policy.reschedule_limit or facts.customer_moves < facts.policy.reschedule_limit
    return allowed and under and now <= deadline(kind, facts) and now < facts.starts_at


def _never_approved(facts: ChangeFacts) -> bool:
    return facts.never_approved and facts.status == "pending"


def _notice(kind: str, facts: ChangeFacts) -> Notice:
    if _never_approved(facts):
        return Notice()
    return facts.policy.reschedule_notice if kind == "reschedule" else facts.policy.cancel_notice

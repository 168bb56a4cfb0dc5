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
    reason, last = _refusal(kind, facts, now)
    if reason is None:
        return Decision(True, None, last)
    if reason in ("closed", "checked_in"):
        return Decision(False, reason, facts={"state": facts.status})
    if reason == "not_allowed":
        instead = kind == "cancel" and facts.policy.cancel_allowed  # switched on, but a new appointment takes its place (A125)
        return Decision(False, reason, facts={"kind": kind} | ({"instead": True} if instead else {}))
    other = "cancel" if kind == "reschedule" else "reschedule"
    still = other if allowed(other, facts, now) else None
    if reason == "limit_reached":
        return Decision(False, reason, last, {"limit": facts.policy.reschedule_limit, "still_possible": still})
    return Decision(False, reason, last, {
        "kind": kind, "notice_hours": _notice(kind, facts).hours_text(), "started": now >= facts.starts_at, "still_possible": still})


def allowed(kind: str, facts: ChangeFacts, now: datetime) -> bool:
    """`change_decision` for who only asks whether."""
    return _refusal(kind, facts, now)[0] is None


def may_change(facts: ChangeFacts, now: datetime) -> tuple[bool, bool, bool]:
    """Whether it may be moved, cancelled, or a new appointment takes the place of cancelling (`instead`): `change_decision` without the
    reasons, of every line of a list."""
    status, start, zone, policy, moves, _ = facts
    if status in CLOSED or status in CHECKED_IN:
        return False, False, False
    withdrawn = _never_approved(facts)
    instead = policy.cancel_allowed and policy.instead_schedule and not withdrawn
    if now >= start:
        return False, False, instead
    if withdrawn:  # until the start, without terms (R29)
        return policy.reschedule_allowed and not policy.reached(moves), True, False
    return (policy.reschedule_allowed and not policy.reached(moves) and now <= policy.reschedule_notice.before(start, zone),
            policy.cancels_online and now <= policy.cancel_notice.before(start, zone), instead)


def _refusal(kind: str, facts: ChangeFacts, now: datetime) -> tuple[str | None, datetime | None]:
    """(the reason against it, the last instant for it where there is one)."""
    if facts.status in CLOSED:
        return "closed", None
    if facts.status in CHECKED_IN:
        return "checked_in", None
    switched_on = facts.policy.reschedule_allowed if kind == "reschedule" else facts.policy.cancels_online
    if not switched_on and not (kind == "cancel" and _never_approved(facts)):
        return "not_allowed", None
    last = deadline(kind, facts)
    if now > last or now >= facts.starts_at:
        return "too_late", last
    if kind == "reschedule" and facts.policy.reached(facts.customer_moves):
        return "limit_reached", last
    return None, last


def _never_approved(facts: ChangeFacts) -> bool:
    return facts.never_approved and facts.status == "pending"


def _notice(kind: str, facts: ChangeFacts) -> Notice:
    if _never_approved(facts):
        return Notice()
    return facts.policy.reschedule_notice if kind == "reschedule" else facts.policy.cancel_notice

"""What a move must satisfy beyond a free slot, and when it waits for the shop (R14, R15, R17, R18, R26, D17)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from booking.rules.decision import Refused
from booking.rules.policy import MOVE_REASONS, Policy
from booking.rules.wall_time import local_date


def last_day(policy: Policy, original: datetime, zone: str) -> date | None:
    """The last day a customer may move to: so many after the original date; earlier days are as good as any (R18)."""
    return None if policy.within_days is None else local_date(original, zone) + timedelta(days=policy.within_days)


def check_target(policy: Policy, *, original: datetime, starts_at: datetime, zone: str, price: int, new_price: int) -> None:
    """Limits on where a customer may move to: days after the original date (R18) and the price there (R26)."""
    last = last_day(policy, original, zone)
    if last is not None and local_date(starts_at, zone) > last:
        raise Refused("not_allowed", kind="reschedule", within_days=policy.within_days)
    if policy.price_difference == "equal_only" and new_price != price:
        raise Refused("not_allowed", kind="reschedule", price=new_price)


def asks_reason(policies: Iterable[Policy]) -> str:
    """Whether these bookings, moved together, ask for a reason: as the strictest of them does (D20b)."""
    return max((policy.move_reason for policy in policies), key=MOVE_REASONS.index, default="none")


def reason_given(rule: str, text: str) -> str | None:
    """What is kept of the reason; Refused invalid where there has to be one and is none. Nobody is asked: nothing is kept."""
    said = text.strip()
    if rule == "required" and not said:
        raise Refused("invalid", errors=[{"field": "reason", "problem": "is missing"}])
    return None if rule == "none" else said or None


def price_after(policy: Policy, price: int, new_price: int) -> int:
    """The price of the booking after a customer's move: `keep` leaves it (R26)."""
    return price if policy.price_difference == "keep" else new_price


def difference(covered: int, new_price: int) -> tuple[int, int]:
    """(what is still to pay, what is left over) when the price changes and `covered` of it is paid."""
    return max(0, new_price - covered), max(0, covered - new_price)


def needs_approval(policy: Policy, *, first: bool, starts_at: datetime, zone: str, now: datetime) -> bool:
    """Whether a customer's new booking (`first`) or move waits for the shop (D17). `by_notice`: only when short of notice."""
    match policy.approval:
        case "manual":
            return True
        case "first_only":
            return first
        case "reschedule_only":
            return not first
        case "by_notice":
            return now > policy.approval_notice.before(starts_at, zone)
    return False


def approval_deadline(policy: Policy, now: datetime, starts_at: datetime, old_start: datetime | None = None) -> datetime:
    """When an unanswered request ends: after the policy's hours, never later than the old start minus 1 h, nor the new start (R17)."""
    last = min(now + timedelta(hours=policy.approval_hours), starts_at)
    if old_start is not None:
        last = min(last, old_start - timedelta(hours=1))
    return max(last, now)

"""A policy as the customer will read it, with the dates of a booking that could be made now (D26d)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.rules.concerns import longest_notice, policy_concerns
from booking.rules.policy import Flags, Policy
from booking.rules.wall_time import resolve
from booking.wording import Words
from booking.wording.policies import concern_line, further_lines, policy_lines

AHEAD = 14


@dataclass(frozen=True, slots=True)
class Preview:
    """`lines` stand on the booking's page; `late` are the sentences of someone who comes after the deadlines; `concerns` by place.

    `language` and `direction` are those of the lines: the customers', not the reader's.
    """

    language: str
    direction: str

    when: str
    lines: list[str]
    late: list[str]
    concerns: list[tuple[str, str]]


def preview(w: Words, customers: Words, policy: Policy, switches: Flags, *, now: datetime, zone: str, currency: str, venue: str,
            price: int | None = None, horizon_days: int | None = None) -> Preview:
    """In the `customers`' words, concerns in the shop's. For a booking at ten in the morning, far enough ahead that every date of the policy is still to come where that is possible."""
    days = max(AHEAD, longest_notice(policy).rank // 86400 + 2)
    if horizon_days is not None:
        days = max(1, min(days, horizon_days))
    day = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    start = resolve(datetime.combine(day, time(10)), zone)
    shown = policy.with_time_to_answer().with_flags(switches)
    lines = policy_lines(customers, shown, start, zone, currency) + further_lines(customers, shown, venue)
    for kind, allowed in (("reschedule", shown.reschedule_allowed), ("cancel", shown.cancels_online)):
        if not allowed:
            lines.append(customers.refusal("not_allowed", {"kind": kind, "instead": kind == "cancel" and shown.cancel_allowed}, venue))
    late = [customers.refusal("too_late", {"kind": kind, "notice_hours": notice.hours_text()}, venue)
            for kind, allowed, notice in (("reschedule", shown.reschedule_allowed, shown.reschedule_notice),
                                          ("cancel", shown.cancels_online, shown.cancel_notice)) if allowed and notice.rank]
    concerns = [(c.field, concern_line(w, c, currency)) for c in policy_concerns(policy, price=price, horizon_days=horizon_days)]
    return Preview(customers.locale, customers.direction, w.when(start, zone), lines, late, concerns)

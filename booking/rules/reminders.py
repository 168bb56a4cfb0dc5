"""What becomes of a due reminder: sent, dropped, or looked at again later (R40, A160, I59, D25)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.rules.feedback import FeedbackFacts, feedback_decision, opens_at

LAST_CALL = timedelta(minutes=1)
"""Nothing is begun closer to the start than this: it would arrive after it."""
AGAIN = timedelta(minutes=15)
OLDEST_VISIT = timedelta(days=7)
"""Nobody is asked about a visit longer ago."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`verdict` is send, drop or wait; `at` says until when to wait."""

    verdict: str
    at: datetime | None = None


SEND, DROP = Outcome("send"), Outcome("drop")


@dataclass(frozen=True, slots=True)
class DueReminder:
    """The row (`lead`, its `starts_at`, `since` the time was agreed) beside the booking as it is now. `kept_start`: where a move that
    waits for the shop can still go back to (R17)."""

    lead: timedelta
    starts_at: datetime
    since: datetime
    status: str
    booking_starts_at: datetime
    kept_start: datetime | None = None


def reminder_outcome(due: DueReminder, now: datetime) -> Outcome:
    """Remind of a confirmed booking that still has this time, agreed at least twice the lead ahead (24 h: 48 h, A160)."""
    if due.starts_at not in (due.booking_starts_at, due.kept_start) or now >= due.starts_at - LAST_CALL or due.since > due.starts_at - 2 * due.lead:
        return DROP
    if due.status == "pending":
        return Outcome("wait", now + AGAIN)
    return SEND if due.status == "confirmed" else DROP


def request_outcome(facts: FeedbackFacts, now: datetime) -> Outcome:
    """Ask for feedback once it is open, if nobody has given it and the visit is not long ago."""
    if facts.given_at is not None or now > facts.ends_at + OLDEST_VISIT:
        return DROP
    decision = feedback_decision(facts, now)
    if decision.allowed:
        return SEND
    return Outcome("wait", opens_at(facts)) if "opens_at" in decision.facts else DROP

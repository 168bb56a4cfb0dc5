"""May feedback be given, or changed, now? (R37)"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.rules.decision import Decision

UNMARKED = timedelta(hours=2)
"""A visit nobody marked as completed counts as one this long after its end."""
EDITABLE = timedelta(days=14)
CLOSES = timedelta(days=60)
VISITED = frozenset({"completed", "confirmed", "arrived", "ready_to_start"})


@dataclass(frozen=True, slots=True)
class FeedbackFacts:
    """`given_at` is when feedback was first given, or None."""

    status: str
    ends_at: datetime
    given_at: datetime | None = None


def opens_at(facts: FeedbackFacts) -> datetime:
    """The end of the visit once it is completed; two hours after it while nobody has said so."""
    return facts.ends_at if facts.status == "completed" else facts.ends_at + UNMARKED


def feedback_decision(facts: FeedbackFacts, now: datetime) -> Decision:
    """Allowed from the opening to the deadline, both included: 60 days after the end, 14 days after it was first given."""
    if facts.status not in VISITED:
        return Decision(False, "not_allowed", facts={"kind": "feedback", "state": facts.status})
    if now < opens_at(facts):
        return Decision(False, "not_allowed", facts={"kind": "feedback", "opens_at": opens_at(facts), "ended": now >= facts.ends_at})
    last = facts.ends_at + CLOSES
    if facts.given_at is not None:
        last = min(last, facts.given_at + EDITABLE)
    if now > last:
        return Decision(False, "too_late", last, {"kind": "feedback", "given": facts.given_at is not None})
    return Decision(True, None, last)

"""Feedback of one booking: what was said, and whether it may still be said."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from booking.rules.decision import Decision
from booking.rules.feedback import FeedbackFacts, feedback_decision
from models.booking_summary import BookingSummary
from models.feedback import Feedback
from models.session import Tx
from models.statement import Statement, param


class Given(NamedTuple):
    """Feedback as its customer sees it."""

    id: int
    rating: int
    comment: str
    may_publish: bool
    published_at: datetime | None
    reply: str | None
    replied_at: datetime | None
    created_at: datetime


_OF_BOOKING = Statement(select(*[getattr(Feedback, name) for name in Given._fields]).where(
    Feedback.store_id == param("store"), Feedback.booking_id == param("booking")), Given)


def given_for(tx: Tx, booking_id: int) -> Given | None:
    """The feedback of a booking, or None."""
    return _OF_BOOKING.first(tx, booking=booking_id)


def may_give(b: BookingSummary, given: Given | None, now: datetime) -> Decision:
    """Whether feedback may be given, or the given one changed, now; until when; and if not, why."""
    decision = feedback_decision(FeedbackFacts(b.status, b.ends_at, given.created_at if given else None), now)
    return decision if decision.allowed else decision._replace(facts={**decision.facts, "zone": b.told_zone})

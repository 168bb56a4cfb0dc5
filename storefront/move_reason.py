"""The reason for a move on its summary: asked for where the shop wants one, and asked again where it is missing (D20b)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import request

from booking import facts
from booking.actions.reschedule_booking import LONGEST_REASON
from booking.rules import moves
from booking.rules.decision import Refused
from booking.wording import Words
from models.booking_summary import BookingSummary
from storefront import given


@dataclass(frozen=True, slots=True)
class ReasonField:
    """`asked`: none, optional or required. `typed` stays after a refusal; `problem` is what is wrong with it."""

    asked: str
    typed: str
    problem: str | None
    longest: int = LONGEST_REASON


def typed_reason() -> str:
    """What the customer wrote, which stays where they have to decide again; for cancelling too."""
    return given.text(request.form.get("reason"), LONGEST_REASON)


def reason_field(bookings: Iterable[BookingSummary], w: Words, *, missing: bool = False) -> ReasonField:
    return ReasonField(moves.asks_reason(map(facts.effective_policy, bookings)), typed_reason(),
                       w._("Please say why you are moving it.") if missing else None)


def is_missing(refused: Refused) -> bool:
    """Whether a move was refused for want of a reason."""
    return refused.code == "invalid" and any(error["field"] == "reason" for error in refused.facts.get("errors", ()))

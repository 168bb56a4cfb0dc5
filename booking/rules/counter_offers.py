"""Other times the shop proposes for a request: how many, how long they stand, which are nearest (R35, A153)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from booking.rules.decision import Refused

MOST = 3
NEAR = timedelta(days=3)
BEFORE_OLD_START = timedelta(hours=1)


def check_count(count: int) -> None:
    """One to three offers a round; Refused invalid otherwise."""
    if not 1 <= count <= MOST:
        raise Refused("invalid", errors=[{"field": "offers", "problem": f"must be 1 to {MOST} times"}])


def expires_at(now: datetime, starts_at: datetime, lead_time: timedelta, *, hours: int, old_start: datetime | None = None) -> datetime:
    """When an offer made now ends: after the shop's hours, never later than its own start minus the lead time (R35).

    For a move that waits, never later than the old start minus 1 h either: by then the old time must be the customer's again (R17).
    """
    last = min(now + timedelta(hours=hours), starts_at - lead_time)
    return last if old_start is None else min(last, old_start - BEFORE_OLD_START)


def stands(state: str, ends: datetime, now: datetime) -> bool:
    """Whether an offer may be accepted: still open and now < its end (R35)."""
    return state == "open" and now < ends


def request_ends(ends: Iterable[datetime]) -> datetime:
    """When the request behind a round ends: with the last of its offers."""
    return max(ends)


def nearest(starts: Iterable[datetime], wanted: datetime, *, most: int = MOST) -> list[datetime]:
    """The free starts nearest to the one asked for, at most 3 days away, in the order of the calendar (A153)."""
    close = [start for start in starts if start != wanted and abs(start - wanted) <= NEAR]
    return sorted(sorted(close, key=lambda start: (abs(start - wanted), start))[:most])


def chosen_number(text: str | None, of_round: str | None, standing: Collection[tuple[int, int]]) -> int | None:
    """The offer a link names, when (round, number) still stands; None for anything else: nothing is preselected then (R35).

    A link that names no round is one of the first: of a later one it could mean another time than the customer was shown.
    """
    number, named = _whole(text), 1 if of_round is None else _whole(of_round)
    return number if (named, number) in standing else None


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 6 else None

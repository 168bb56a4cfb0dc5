"""When one more message may leave to the same address (I37)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta


def room_at(taken: Sequence[datetime], limits: Sequence[tuple[int, timedelta]], now: datetime, weight: int = 1) -> datetime:
    """The first instant from `now` on at which every limit (n, window) has room for `weight` more.

    `taken` are the instants counted so far, in any order; some may lie ahead, of messages that wait for their turn. A window
    reaches back from an instant, its far end left out. `weight` is at most the smallest n.
    """
    at, taken = now, sorted(taken)
    while True:
        later = at
        for most, window in limits:
            within = [instant for instant in taken if instant > at - window]
            if len(within) + weight > most:
                later = max(later, within[len(within) + weight - most - 1] + window)
        if later == at:
            return at
        at = later

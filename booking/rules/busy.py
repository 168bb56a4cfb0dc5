"""Busy time read from elsewhere, brought up to date piece by piece: what stays is left alone (R34)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from booking.rules.interval import Span, cut, subtract

Held = tuple[int, datetime, datetime]
"""A piece that is held now: its id, and from when to when."""


def changes(held: Iterable[Held], busy: Sequence[Span], now: datetime, longest: Any) -> tuple[list[int], list[Span]]:
    """(ids of held pieces to let go, pieces of at most `longest` to add), so that from `now` on just `busy` is held.

    `busy` is merged and sorted. A piece that is still wholly busy from now on stays as it is, however it was cut: nobody hears of
    time that has not become free. What is over by now is let go of.
    """
    starts = [span[0] for span in busy]
    gone: list[int] = []
    kept: dict[int, list[Span]] = {}
    for number, start, end in held:
        at = bisect_right(starts, max(start, now)) - 1
        if end > now and at >= 0 and end <= busy[at][1]:
            kept.setdefault(at, []).append((start, end))
        else:
            gone.append(number)
    added = [piece for at, span in enumerate(busy) if span[1] > now
             for rest in subtract([(max(span[0], now), span[1])], kept.get(at, ())) for piece in cut(rest, longest)]
    return gone, added

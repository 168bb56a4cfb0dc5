"""Half-open spans [start, end) of comparable values: integers or instants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Span = tuple[Any, Any]


def overlap(a: Span, b: Span) -> bool:
    """Whether two spans share a moment; touching ends do not."""
    return a[0] < b[1] and b[0] < a[1]


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same moments as few sorted spans; touching spans become one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        elif start < end:
            merged.append((start, end))
    return merged


def subtract(spans: Sequence[Span], holes: Iterable[Span]) -> list[Span]:
    """What is left of `spans` without `holes`, sorted."""
    left = merge(spans)
    for hole in merge(holes):
        left = [piece for span in left for piece in _without(span, hole)]
    return left


def _without(span: Span, hole: Span) -> list[Span]:
    if not overlap(span, hole):
        return [span]
    return [piece for piece in ((span[0], hole[0]), (hole[1], span[1])) if piece[0] < piece[1]]


def cut(span: Span, longest: Any) -> list[Span]:
    """The span in pieces of at most `longest` (a duration of the same kind)."""
    pieces = []
    start, end = span
    while start < end:
        stop = min(end, start + longest)
        pieces.append((start, stop))
        start = stop
    return pieces

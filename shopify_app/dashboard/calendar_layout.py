"""Where things stand on a day's grid: rows of five minutes, lanes beside each other for what overlaps. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking.rules.interval import subtract

STEP = 5
DAY_MINUTES = 24 * 60
MOST_LANES = 8


@dataclass(frozen=True)
class Placed:
    """`item` from row `row` (1 is the first of the grid) over `rows` rows, in lane `lane` of `lanes`, both from 1."""

    item: Any
    row: int
    rows: int
    lane: int
    lanes: int


@dataclass(frozen=True)
class Hours:
    """The part of the day that is shown, in whole hours."""

    first: int
    last: int

    @property
    def rows(self) -> int:
        return (self.last - self.first) * 60 // STEP


def minutes_of(item: Any, day: date, zone: str) -> tuple[int, int]:
    """Start and end in minutes of the local day, cut to it; at least one step long."""
    here = ZoneInfo(zone)
    start, end = _minute(item.starts_at.astimezone(here), day), _minute(item.ends_at.astimezone(here), day)
    start = max(0, min(start, DAY_MINUTES - STEP))
    return start, max(start + STEP, min(end, DAY_MINUTES))


def _minute(local: datetime, day: date) -> int:
    return (local.date() - day).days * DAY_MINUTES + local.hour * 60 + local.minute


def hours_of(spans: Sequence[tuple[int, int]], usual: tuple[int, int] = (8, 18)) -> Hours:
    """The hours around everything there is, at least the usual ones."""
    first = min([usual[0], *(start // 60 for start, _ in spans)])
    last = max([usual[1], *(-(-end // 60) for _, end in spans)])
    return Hours(first, min(24, last))


def open_minutes(spans: Sequence[tuple[int, int]], day: date, zone: str) -> list[tuple[int, int]]:
    """Spans of instants in minutes of the local day, as far as they lie on it."""
    here = ZoneInfo(zone)
    cut = [tuple(max(0, min(_minute(datetime.fromtimestamp(at, here), day), DAY_MINUTES)) for at in span) for span in spans]
    return [(start, end) for start, end in cut if start < end]


def shut(open_: Sequence[tuple[int, int]], hours: Hours) -> list[tuple[int, int]]:
    """(row, rows) of the parts of the grid that lie in none of the minutes of `open_`, down to whole rows."""
    first = hours.first * 60
    return [((start - first) // STEP + 1, (end - start) // STEP) for start, end in subtract([(first, hours.last * 60)], open_) if end - start >= STEP]


def place(items: Sequence[Any], day: date, zone: str, hours: Hours) -> list[Placed]:
    """The items of a day, by start. What overlaps stands in lanes beside each other; the ninth shares the eighth lane."""
    spans = sorted(((*minutes_of(item, day, zone), item) for item in items), key=lambda span: (span[0], -span[1]))
    placed: list[Placed] = []
    cluster: list[tuple[int, int, Any, int]] = []
    ends: list[int] = []
    for start, end, item in spans:
        if cluster and start >= max(ends):
            placed += _finish(cluster, len(ends), hours)
            cluster, ends = [], []
        lane = next((n for n, busy in enumerate(ends) if busy <= start), None)
        if lane is None:
            lane = len(ends) if len(ends) < MOST_LANES else MOST_LANES - 1
            if lane == len(ends):
                ends.append(end)
        ends[lane] = max(ends[lane], end)
        cluster.append((start, end, item, lane))
    return placed + _finish(cluster, len(ends), hours)


def _finish(cluster: list[tuple[int, int, Any, int]], lanes: int, hours: Hours) -> list[Placed]:
    first = hours.first * 60
    return [Placed(item, max(0, start - first) // STEP + 1, max(1, -(-(end - max(start, first)) // STEP)), lane + 1, lanes)
            for start, end, item, lane in cluster]

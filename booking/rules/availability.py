"""Free times: opening hours minus busy time, in whole steps (R12, R16, I57). Integers only: this runs on every calendar page.

Instants are epoch seconds here. Busy spans already include the buffers of what they belong to; the candidate's own buffers
must be free too, but may reach beyond opening hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from booking.rules.wall_time import occurrences, resolve

Span = tuple[int, int]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Shape:
    """A service's times in seconds; `horizon_days` are wall-clock days from today."""

    duration: int
    step: int
    buffer_before: int = 0
    buffer_after: int = 0
    lead_time: int = 0
    horizon_days: int = 180


def parse_hours(hours: Mapping[str, Sequence[Sequence[str]]]) -> dict[int, list[tuple[int, int]]]:
    """`{"mon": [["09:00", "17:00"]]}` -> {0: [(540, 1020)]}. ValueError names what is wrong."""
    if not isinstance(hours, Mapping) or set(hours) - set(DAYS):
        raise ValueError(f"hours have the keys {', '.join(DAYS)}")
    parsed: dict[int, list[tuple[int, int]]] = {}
    for number, name in enumerate(DAYS):
        spans = parse_day(hours.get(name, []), name)
        if spans:
            parsed[number] = spans
    return parsed


def parse_day(pairs: Sequence[Sequence[str]], name: str) -> list[tuple[int, int]]:
    """`[["09:00", "12:00"], ["13:00", "17:00"]]` -> [(540, 720), (780, 1020)]. ValueError says what is wrong on day `name`."""
    spans: list[tuple[int, int]] = []
    for pair in pairs:
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise ValueError(f"{name}: each span is a pair such as [\"09:00\", \"17:00\"]")
        start, end = _minute(pair[0], name), _minute(pair[1], name)
        if start >= end or (spans and start < spans[-1][1]):
            raise ValueError(f"{name}: spans must be in order, not overlap, and end after they start")
        spans.append((start, end))
    return spans


def _minute(text: object, day: str) -> int:
    if isinstance(text, str) and len(text) == 5 and text[2] == ":" and text.isascii() and (text[:2] + text[3:]).isdigit():
        minute = int(text[:2]) * 60 + int(text[3:])
        if int(text[3:]) < 60 and minute <= 1440:
            return minute
    raise ValueError(f"{day}: {text!r} is not a time from 00:00 to 24:00")


def open_spans(hours: Mapping[int, Sequence[tuple[int, int]]], zone: str, first: date, last: date,
               dates: Mapping[date, Sequence[tuple[int, int]]] | None = None) -> list[tuple[date, list[Span]]]:
    """Opening spans of each local day from `first` to `last`, as instants. On a day in `dates` its hours count, not the week's.

    A bound in a skipped hour moves forward by it; a span over a clock change is as long as clocks and sun make it. Spans never
    share an instant: 24:00 is the next day's first midnight, no closing is later (a day that clocks skip has no spans), and an
    opening in a repeated hour waits for the closing before it.
    """
    days = []
    day = first
    while day <= last:
        spans, closes, midnight = [], 0, at_minute(day, 1440, zone)
        of_day = hours.get(day.weekday(), ()) if not dates or day not in dates else dates[day]
        for start, end in of_day:
            opens, closes = max(at_minute(day, start, zone), closes), min(at_minute(day, end, zone, late=end < 1440), midnight)
            if opens < closes:
                spans.append((opens, closes))
        if spans:
            days.append((day, spans))
        day += timedelta(days=1)
    return days


@lru_cache(maxsize=50_000)
def at_minute(day: date, minute: int, zone: str, late: bool = False) -> int:
    """The instant of a wall-clock minute of a day; a repeated one is the first as an opening, the second as a closing (`late`)."""
    local = datetime.combine(day, time.min) + timedelta(minutes=minute)
    found = occurrences(local, zone)
    return int((found[-1 if late else 0] if found else resolve(local, zone)).timestamp())


def free_starts(spans: Iterable[Span], busy: Sequence[Span], shape: Shape, earliest: int, latest: int) -> list[int]:
    """Starts inside `spans`, in steps counted from each opening, whose occupied span meets nothing in `busy` (sorted by start).

    `earliest` and `latest` bound the start itself, both included (lead time and horizon). One walk over both lists.
    """
    starts: list[int] = []
    place, count = 0, len(busy)
    duration, step, before, after = shape.duration, shape.step, shape.buffer_before, shape.buffer_after
    reach = 0  # the latest end among busy spans passed so far: spans may nest when overlaps were overridden
    for opens, closes in spans:
        start = opens
        if start < earliest:
            start += -((start - earliest) // step) * step
        stop = min(closes - duration, latest)
        while start <= stop:
            low, high = start - before, start + duration + after
            while place < count and busy[place][0] < high:
                if busy[place][1] > reach:
                    reach = busy[place][1]
                place += 1
            if reach <= low:
                starts.append(start)
                start += step
            else:
                # Nothing before the busy time's end can work: go on at the first step after it.
                start += max(1, -((low - reach) // step)) * step
    return starts


def bounds(shape: Shape, now: datetime, zone: str) -> tuple[int, int]:
    """Earliest and latest start: now plus lead time, and the end of the horizon's last local day (R12)."""
    earliest = now.timestamp() + shape.lead_time
    today = now.astimezone(ZoneInfo(zone)).date()
    return int(-(-earliest // 1)), at_minute(today + timedelta(days=shape.horizon_days + 1), 0, zone) - 1

"""Weekly hours as rows of from and to: several spans a day, so that a break is the gap between two."""

from __future__ import annotations

from typing import Any

from booking.rules.availability import DAYS
from shopify_app.dashboard.typed import Typed

MOST_SPANS = 6


def week_of(hours: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """What the fields show: the spans of each day, at least two pairs of fields."""
    return {day: with_room([(pair[0], "00:00" if pair[1] == "24:00" else pair[1]) for pair in hours.get(day, [])]) for day in DAYS}


def with_room(pairs: list[tuple[str, str]], more: int = 0) -> list[tuple[str, str]]:
    """The filled pairs and empty ones up to two; `more` on top."""
    filled = [pair for pair in pairs if pair[0] or pair[1]]
    return (filled + [("", "")] * max(more, 2 - len(filled)))[:MOST_SPANS]


def typed_pairs(typed: Typed, name: str) -> list[tuple[str, str]]:
    """The pairs of fields `name-0-from`, `name-0-to`, ... as typed."""
    return [(typed.text(f"{name}-{n}-from", 8), typed.text(f"{name}-{n}-to", 8)) for n in range(MOST_SPANS)]


def read_pairs(typed: Typed, name: str) -> list[list[str]]:
    """Spans in order of time; a pair with one side missing is a problem at the field. An end of 00:00 is midnight."""
    found = []
    for start, end in typed_pairs(typed, name):
        if not start and not end:
            continue
        if not start or not end:
            typed.wrong(name, typed.w._("Please enter both times."))
            continue
        found.append([start, "24:00" if end == "00:00" else end])
    return sorted(found)


def read_week(typed: Typed) -> dict[str, list[list[str]]]:
    """The typed week, day by day."""
    return {day: read_pairs(typed, day) for day in DAYS}


def typed_week(typed: Typed) -> dict[str, list[tuple[str, str]]]:
    """As typed; the button `room` gives each day another span, `copy` puts Monday's hours on every working day."""
    week = {day: with_room(typed_pairs(typed, day), 1 if typed.do == "room" else 0) for day in DAYS}
    if typed.do == "copy":
        week |= {day: list(week["mon"]) for day in DAYS[1:5]}
    return week

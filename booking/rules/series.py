"""Series: which occurrences a change touches, which stay, and where they go (R31)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.rules.wall_time import occurrences, wall

SCOPES = ("this", "following", "all")


@dataclass(frozen=True, slots=True)
class Occurrence:
    ref: str
    starts_at: datetime
    zone: str


def in_scope(all_of_series: Sequence[Occurrence], ref: str, scope: str, now: datetime) -> list[Occurrence]:
    """The occurrences a change is meant for, soonest first; those that have started are never touched."""
    if scope not in SCOPES:
        raise ValueError(f"scope is one of {', '.join(SCOPES)}")
    this = next((o for o in all_of_series if o.ref == ref), None)
    if this is None:
        raise ValueError(f"{ref!r} is not in the series")
    meant = {"this": lambda o: o is this, "following": lambda o: o.starts_at >= this.starts_at, "all": lambda o: True}[scope]
    return sorted((o for o in all_of_series if meant(o) and o.starts_at > now), key=lambda o: o.starts_at)


def shifted(occurrence: Occurrence, old_start: datetime, new_start: datetime) -> datetime | None:
    """Where an occurrence goes when one of its series moves from `old_start` to `new_start`: the same shift of wall time.

    None when clocks skip that time. Of a repeated time the first is meant.
    """
    shift = wall(new_start, occurrence.zone)[0] - wall(old_start, occurrence.zone)[0]
    local = wall(occurrence.starts_at, occurrence.zone)[0] + shift
    found = occurrences(local, occurrence.zone)
    return found[0] if found else None


def weekly(local: datetime, weeks: int, every: int = 1) -> list[datetime]:
    """Wall times of a weekly series: the local time stays fixed across clock changes."""
    return [local + timedelta(weeks=every * n) for n in range(weeks)]

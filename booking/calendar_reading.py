"""What reading a calendar account has found: times, and nothing else of any entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Change(NamedTuple):
    """An entry by the provider's id, and when it keeps busy. `span` None: gone, free, declined or cancelled.

    `series`: the id of what it is a repetition of; a change without span that names a series ends all of its repetitions.
    """

    entry: str
    series: str | None
    span: tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True)
class Reading:
    """`whole`: these are all entries there are, else what has changed since. `cursor`: where to go on next time."""

    changes: list[Change]
    cursor: str
    whole: bool

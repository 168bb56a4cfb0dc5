"""Where a week begins: on Monday, on Sunday, on Saturday, as the reader's country has it (R46)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Week:
    """`first`: the weekday it begins on, 0 (Monday) to 6."""

    first: int = 0

    def start(self, day: date) -> date:
        """The first day of the week `day` is in."""
        return day - timedelta(days=(day.weekday() - self.first) % 7)

    def end(self, day: date) -> date:
        """Its last day."""
        return self.start(day) + timedelta(days=6)

    def in_order(self, of_days: Sequence[T]) -> list[T]:
        """Seven things given from Monday, in the order of the week."""
        return [*of_days[self.first:], *of_days[:self.first]]

"""Bars as SVG shapes: numbers in, places out. Drawn without inline style (CSP); the table behind a chart says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, FOOT = 640, 180, 28
LETTER = 5.0
"""Half of a letter's usual width in a label: a label at an edge moves inwards by as much as it would stick out."""


@dataclass(frozen=True)
class Bar:
    """A rectangle; `part` is the number of its series, from 1. `text` is what it says when pointed at."""

    x: float
    y: float
    width: float
    height: float
    part: int
    text: str


@dataclass(frozen=True)
class Chart:
    bars: list[Bar]
    labels: list[tuple[float, str]]
    most: int
    width: int = WIDTH
    height: int = HEIGHT + FOOT
    floor: int = HEIGHT


def stacked(rows: Sequence[tuple[str, Sequence[int]]], *, labels: int = 8) -> Chart:
    """One column per row, its parts on top of each other; at most `labels` of the columns are named."""
    most = max([sum(parts) for _, parts in rows], default=0)
    step = WIDTH / max(len(rows), 1)
    every = max(1, -(-len(rows) // labels))
    bars, named = [], []
    for number, (name, parts) in enumerate(rows):
        top = float(HEIGHT)
        for part, value in enumerate(parts, 1):
            if value:
                high = value / most * (HEIGHT - 12)
                top -= high
                bars.append(Bar(round(number * step + step * .15, 1), round(top, 1), round(min(step * .7, 64), 1), round(high, 1), part, f"{name}: {value}"))
        if number % every == 0:
            middle = number * step + step * .15 + min(step * .7, 64) / 2
            named.append((round(min(max(middle, len(name) * LETTER), WIDTH - len(name) * LETTER), 1), name))
    return Chart(bars, named, most)


def share(part: int, whole: int) -> int | None:
    """Whole percent, half up; None of nothing."""
    return None if not whole else (200 * part + whole) // (2 * whole)

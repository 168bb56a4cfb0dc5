"""A figure and its floor in turns: a machine shared with others changes its speed within seconds, and then both are slow together."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from bench.load import Rate

TURNS = 7


def in_turns(*measures: Callable[[], Rate], turns: int = TURNS) -> list[list[Rate]]:
    """What each measured, one after the other, over and over: a list for each."""
    found: list[list[Rate]] = [[] for _ in measures]
    for _ in range(turns):
        for rates, measure in zip(found, measures, strict=True):
            rates.append(measure())
    return found


def middle(rates: Sequence[Rate]) -> Rate:
    """The median of each figure."""
    return Rate(*(statistics.median(figures) for figures in zip(*((rate.per_second, rate.p50, rate.cpu) for rate in rates), strict=True)))


def ratio(ours: Sequence[Rate], floor: Sequence[Rate], figure: Callable[[Rate], float]) -> float:
    """The median of the turns' ratios."""
    return statistics.median(figure(one) / figure(other) for one, other in zip(ours, floor, strict=True))


def rate(rate: Rate) -> float:
    return rate.per_second


def cpu(rate: Rate) -> float:
    return rate.cpu


def p50(rate: Rate) -> float:
    return rate.p50

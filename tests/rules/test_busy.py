"""Busy time is brought up to date without touching what stays (R34)."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from booking.rules.busy import changes
from booking.rules.interval import merge

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
LONGEST = timedelta(hours=48)


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def spans(*pairs: tuple[float, float]) -> list[tuple[datetime, datetime]]:
    return [(at(a), at(b)) for a, b in pairs]


def test_what_stays_is_left_alone_and_only_the_difference_moves():
    held = [(1, at(1), at(2)), (2, at(5), at(6)), (3, at(8), at(9))]
    assert changes(held, spans((1, 2), (8, 10)), NOW, LONGEST) == ([2], spans((9, 10)))


def test_a_shorter_entry_frees_its_end_and_a_moved_one_all_of_it():
    assert changes([(1, at(1), at(3))], spans((1, 2)), NOW, LONGEST) == ([1], spans((1, 2)))
    assert changes([(1, at(1), at(2))], spans((4, 5)), NOW, LONGEST) == ([1], spans((4, 5)))


def test_what_is_over_goes_and_what_runs_stays_although_its_beginning_is_no_longer_told():
    assert changes([(1, at(-30), at(-1)), (2, at(-30), at(18))], spans((-24, 18)), NOW, LONGEST) == ([1], [])


def test_long_spans_are_cut_and_then_stay_as_they_are():
    gone, added = changes([], spans((-10, 130)), NOW, LONGEST)
    assert gone == [] and [end - start for start, end in added] == [LONGEST, LONGEST, timedelta(hours=34)]
    held = [(number, *piece) for number, piece in enumerate(added)]
    assert changes(held, [(at(20), at(130))], at(30), LONGEST) == ([], [])


@pytest.mark.parametrize("seed", range(60))
def test_afterwards_exactly_the_busy_hours_from_now_on_are_held(seed):
    rng = random.Random(seed)
    held, now_hour = {}, 0
    for number in range(4):
        wanted = merge(spans(*((a, a + rng.randint(1, 70)) for a in (rng.randint(-40, 300) for _ in range(rng.randint(0, 12))))))
        gone, added = changes([(key, *piece) for key, piece in held.items()], wanted, at(now_hour), LONGEST)
        kept = {key: piece for key, piece in held.items() if key not in gone}
        assert all(any(start <= max(piece[0], at(now_hour)) and piece[1] <= end for start, end in wanted) for piece in kept.values())
        held = kept | {f"{number}-{n}": piece for n, piece in enumerate(added)}
        covered = [hour for hour in range(now_hour, 400) for piece in held.values() if piece[0] <= at(hour) < piece[1]]
        assert len(covered) == len(set(covered)), "no hour is held twice"
        assert set(covered) == {hour for hour in range(now_hour, 400) if any(start <= at(hour) < end for start, end in wanted)}
        assert all(end - start <= LONGEST for start, end in held.values())
        now_hour += rng.randint(0, 30)

"""Free times against a brute force that tries every start (R12, R16, I1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.availability import Shape, Span, free_starts, open_spans, parse_hours
from booking.rules.wall_time import wall
from tests.rules.strategies import checked

HOUR = 3600
FAR = 10**9


def brute(spans: list[Span], busy: list[Span], shape: Shape, earliest: int, latest: int) -> list[int]:
    """Every step of every opening, one by one, against every busy span."""
    found = []
    for opens, closes in spans:
        for start in range(opens, closes, shape.step):
            low, high = start - shape.buffer_before, start + shape.duration + shape.buffer_after
            if (start + shape.duration <= closes and earliest <= start <= latest
                    and not any(begin < high and low < end for begin, end in busy)):
                found.append(start)
    return found


@st.composite
def days(draw: st.DrawFn) -> tuple[list[Span], list[Span], Shape, int, int]:
    """Small numbers, so that edges meet often; busy spans may touch, nest, repeat and lie outside the openings."""
    marks = sorted(draw(st.lists(st.integers(100, 300), min_size=2, max_size=8, unique=True)))
    spans = list(zip(marks[::2], marks[1::2], strict=False))
    busy = sorted((begin, begin + length) for begin, length in draw(st.lists(
        st.tuples(st.integers(70, 320), st.integers(1, 60)), max_size=8)))
    shape = Shape(draw(st.integers(1, 40)), draw(st.integers(1, 20)), draw(st.integers(0, 15)), draw(st.integers(0, 15)))
    return spans, busy, shape, draw(st.integers(90, 220)), draw(st.integers(160, 320))


@checked(400)
@given(days())
def test_exactly_the_starts_of_the_brute_force(day):
    assert free_starts(*day) == brute(*day)


@checked(100)
@given(days())
def test_what_is_taken_frees_nothing_and_what_is_freed_takes_nothing(day):
    """More busy time never gives a new start; one start taken leaves none that overlaps it."""
    spans, busy, shape, earliest, latest = day
    starts = free_starts(spans, busy, shape, earliest, latest)
    for start in starts[:3]:
        taken = (start - shape.buffer_before, start + shape.duration + shape.buffer_after)
        left = free_starts(spans, sorted([*busy, taken]), shape, earliest, latest)
        assert set(left) < set(starts)
        assert all(other + shape.duration + shape.buffer_after <= taken[0] or taken[1] <= other - shape.buffer_before for other in left)


@checked(100)
@given(days(), st.integers(100, 320))
def test_asking_for_one_start_gives_the_same_answer_as_the_page(day, start):
    spans, busy, shape, earliest, latest = day
    alone = free_starts(spans, busy, shape, max(earliest, start), min(latest, start))
    assert alone == [one for one in free_starts(spans, busy, shape, earliest, latest) if one == start]


OPEN = [(9 * HOUR, 12 * HOUR)]
SHAPE = Shape(HOUR, HOUR // 2)


def hours(*starts: float) -> list[int]:
    return [int(start * HOUR) for start in starts]


@pytest.mark.parametrize(("busy", "starts"), [
    ([], (9, 9.5, 10, 10.5, 11)),
    ([(10, 11)], (9, 11)),
    ([(8, 9)], (9, 9.5, 10, 10.5, 11)),                        # ends where we open
    ([(12, 13)], (9, 9.5, 10, 10.5, 11)),
    ([(8, 9.01)], (9.5, 10, 10.5, 11)),
    ([(9, 12)], ()),
    ([(8, 13)], ()),
    ([(9, 10), (10, 11)], (11,)),
    ([(9, 11.5), (9.5, 10)], ()),                              # one busy span inside another
    ([(9, 11), (9.5, 10)], (11,)),
])
def test_an_hour_between_nine_and_noon(busy, starts):
    spans = [(int(a * HOUR), int(b * HOUR)) for a, b in busy]
    assert free_starts(OPEN, spans, SHAPE, 0, FAR) == hours(*starts)


def test_the_candidates_own_buffers_must_be_free_but_may_reach_beyond_opening_hours():
    shape = Shape(HOUR, HOUR, buffer_before=900, buffer_after=900)
    assert free_starts(OPEN, [], shape, 0, FAR) == hours(9, 10, 11)
    assert free_starts(OPEN, [(12 * HOUR, 13 * HOUR)], shape, 0, FAR) == hours(9, 10)
    assert free_starts(OPEN, [(12 * HOUR + 900, 13 * HOUR)], shape, 0, FAR) == hours(9, 10, 11)
    assert free_starts(OPEN, [(8 * HOUR, 9 * HOUR - 899)], shape, 0, FAR) == hours(10, 11)


def test_steps_count_from_the_opening_also_when_the_lead_time_cuts_it():
    assert free_starts(OPEN, [], Shape(HOUR, 1500), 9 * HOUR + 1, FAR) == [9 * HOUR + n * 1500 for n in range(1, 5)]
    assert free_starts(OPEN, [], SHAPE, 10 * HOUR, FAR) == hours(10, 10.5, 11)
    assert free_starts(OPEN, [], SHAPE, 10 * HOUR + 1, FAR) == hours(10.5, 11)
    assert free_starts(OPEN, [], SHAPE, 0, 10 * HOUR) == hours(9, 9.5, 10)
    assert free_starts(OPEN, [], SHAPE, 0, 10 * HOUR - 1) == hours(9, 9.5)


def test_a_service_longer_than_the_opening_has_no_start():
    assert free_starts(OPEN, [], Shape(3 * HOUR, 900), 0, FAR) == hours(9)
    assert free_starts(OPEN, [], Shape(3 * HOUR + 60, 900), 0, FAR) == []


ALL_DAY = parse_hours({day: [["00:00", "24:00"]] for day in ("sat", "sun")})


@pytest.mark.parametrize(("zone", "day", "count", "missing", "twice"), [
    ("America/New_York", date(2027, 3, 14), 23, {2}, set()),
    ("America/New_York", date(2027, 11, 7), 25, set(), {1}),
    ("Europe/Berlin", date(2027, 3, 28), 23, {2}, set()),
    ("Europe/Berlin", date(2027, 10, 31), 25, set(), {2}),
    ("Europe/Berlin", date(2027, 6, 6), 24, set(), set()),
    ("Pacific/Apia", date(2011, 12, 31), 24, set(), set()),
])
def test_skipped_hours_are_never_offered_and_repeated_ones_are_two_slots(zone, day, count, missing, twice):
    """I57: an hour's service offered each hour of a whole day."""
    spans = [span for _, spans in open_spans(ALL_DAY, zone, day, day) for span in spans]
    clocks = [wall(datetime.fromtimestamp(start, UTC), zone) for start in free_starts(spans, [], Shape(HOUR, HOUR), 0, 10**11)]
    assert len(clocks) == len(set(clocks)) == count
    assert all(local.date() == day and local.minute == 0 for local, _ in clocks)
    read = [local.hour for local, _ in clocks]
    assert set(range(24)) - set(read) == missing
    assert {hour for hour in read if read.count(hour) == 2} == twice


def test_lord_howe_repeats_half_an_hour():
    spans = [span for _, spans in open_spans(ALL_DAY, "Australia/Lord_Howe", date(2027, 4, 4), date(2027, 4, 4)) for span in spans]
    starts = free_starts(spans, [], Shape(1800, 1800), 0, 10**11)
    clocks = [wall(datetime.fromtimestamp(start, UTC), "Australia/Lord_Howe")[0] for start in starts]
    assert len(starts) == 49
    assert clocks.count(datetime(2027, 4, 4, 1, 30)) == 2


def test_no_start_is_offered_on_two_days_when_a_day_is_skipped():
    hours_of_all = parse_hours({day: [["09:00", "17:00"]] for day in ("thu", "fri", "sat")})
    opened = open_spans(hours_of_all, "Pacific/Apia", date(2011, 12, 29), date(2011, 12, 31))
    starts = free_starts([span for _, spans in opened for span in spans], [], Shape(HOUR, HOUR), 0, 10**11)
    assert [day for day, _ in opened] == [date(2011, 12, 29), date(2011, 12, 31)]
    assert len(starts) == len(set(starts)) == 16
    assert starts[8] - starts[7] == timedelta(hours=17).total_seconds()

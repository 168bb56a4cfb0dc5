"""Half-open spans against sets of moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.interval import Span, cut, merge, overlap, subtract
from tests.rules.strategies import checked

spans = st.tuples(st.integers(0, 40), st.integers(0, 12)).map(lambda drawn: (drawn[0], drawn[0] + drawn[1]))
many = st.lists(spans, max_size=7)


def moments(of: list[Span]) -> set[int]:
    return {moment for start, end in of for moment in range(start, end)}


def tidy(of: list[Span]) -> bool:
    """Non-empty, sorted, apart."""
    return all(start < end for start, end in of) and all(a[1] <= b[0] for a, b in zip(of, of[1:], strict=False))


@checked(100)
@given(spans.filter(lambda span: span[0] < span[1]), spans.filter(lambda span: span[0] < span[1]))
def test_spans_overlap_when_they_share_a_moment(a, b):
    assert overlap(a, b) == overlap(b, a) == bool(moments([a]) & moments([b]))


@checked(100)
@given(many)
def test_merging_keeps_the_moments_in_the_fewest_spans(drawn):
    merged = merge(drawn)
    assert moments(merged) == moments(drawn)
    assert tidy(merged) and all(a[1] < b[0] for a, b in zip(merged, merged[1:], strict=False))


@checked(150)
@given(many, many)
def test_subtracting_leaves_the_moments_outside_the_holes(drawn, holes):
    left = subtract(drawn, holes)
    assert moments(left) == moments(drawn) - moments(holes)
    assert tidy(left)


@checked(100)
@given(spans, st.integers(1, 15))
def test_cutting_gives_pieces_that_add_up(span, longest):
    pieces = cut(span, longest)
    assert moments(pieces) == moments([span]) and tidy(pieces)
    assert all(end - start <= longest for start, end in pieces)
    assert len(pieces) == -(-(span[1] - span[0]) // longest)


@pytest.mark.parametrize(("a", "b", "met"), [
    ((9, 10), (10, 11), False), ((9, 10), (9, 10), True), ((9, 12), (10, 11), True), ((9, 10), (11, 12), False), ((9, 11), (10, 12), True),
])
def test_touching_ends_do_not_overlap(a, b, met):
    assert overlap(a, b) is met


def test_instants_work_like_numbers():
    nine, hour = datetime(2027, 3, 10, 9, tzinfo=UTC), timedelta(hours=1)
    assert subtract([(nine, nine + 3 * hour)], [(nine + hour, nine + 2 * hour)]) == [(nine, nine + hour), (nine + 2 * hour, nine + 3 * hour)]
    assert cut((nine, nine + 50 * hour), timedelta(hours=24)) == [
        (nine, nine + 24 * hour), (nine + 24 * hour, nine + 48 * hour), (nine + 48 * hour, nine + 50 * hour)]

"""Minor units: rounding, currencies, splitting (R24, R25)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.money import exponent, share_of, split
from tests.rules.strategies import checked

amounts = st.integers(0, 10**10)


@pytest.mark.parametrize(("currency", "digits"), [
    ("USD", 2), ("EUR", 2), ("GBP", 2), ("JPY", 0), ("KRW", 0), ("ISK", 0), ("CLP", 0), ("VND", 0), ("KWD", 3), ("BHD", 3), ("TND", 3), ("CLF", 4),
])
def test_digits_after_the_point(currency, digits):
    assert exponent(currency) == digits


@pytest.mark.parametrize("currency", ["", "US", "usd", "USDT", "U5D", "\u00c4UR", "US ", "U\u0660D"])
def test_what_is_no_currency(currency):
    with pytest.raises(ValueError, match=re.escape(repr(currency))):
        exponent(currency)


@checked(150)
@given(amounts, st.integers(0, 100))
def test_percentages_round_half_up_and_the_rest_is_kept(amount, percent):
    back = share_of(amount, Fraction(percent, 100))
    assert back == int((Decimal(amount) * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))
    assert 0 <= back <= amount


@pytest.mark.parametrize(("amount", "share", "back"), [
    (2500, Fraction(1, 2), 1250), (2501, Fraction(1, 2), 1251), (1, Fraction(1, 2), 1), (3, Fraction(1, 2), 2), (1, Fraction(49, 100), 0),
    (999, Fraction(1, 3), 333), (1000, Fraction(1, 3), 333), (1001, Fraction(1, 3), 334),
    (0, Fraction(1), 0), (2500, Fraction(0), 0), (2500, Fraction(1), 2500),
])
def test_r25_half_a_unit_goes_up(amount, share, back):
    assert share_of(amount, share) == back


weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any)


@checked(200)
@given(amounts, weights)
def test_parts_sum_to_the_whole_and_are_within_a_unit_of_exact(total, drawn):
    parts = split(total, drawn)
    assert sum(parts) == total and len(parts) == len(drawn)
    for part, weight in zip(parts, drawn, strict=True):
        assert abs(part - Fraction(total * weight, sum(drawn))) < 1
        assert part >= 0 and (weight or not part)


@checked(100)
@given(st.integers(0, 10**6), weights)
def test_the_last_units_go_to_the_largest_remainders(total, drawn):
    exact = [Fraction(total * weight, sum(drawn)) for weight in drawn]
    raised = [part > whole for part, whole in zip(split(total, drawn), exact, strict=True)]
    remainders = [whole % 1 for whole in exact]
    up = [remainder for remainder, went_up in zip(remainders, raised, strict=True) if went_up]
    down = [remainder for remainder, went_up in zip(remainders, raised, strict=True) if not went_up and remainder]
    assert not up or not down or min(up) >= max(down)


@checked(200)
@given(weights)
def test_a_part_never_exceeds_its_weight_when_the_total_does_not(drawn):
    """R24: no payment gives back more than is left of it."""
    for total in {0, 1, sum(drawn) // 3, sum(drawn) - 1, sum(drawn)}:
        assert all(part <= weight for part, weight in zip(split(total, drawn), drawn, strict=True))


@pytest.mark.parametrize(("total", "of", "parts"), [
    (100, [1, 1, 1], [34, 33, 33]), (200, [1, 1, 1], [67, 67, 66]), (2500, [1, 3], [625, 1875]), (1, [1, 1], [1, 0]), (5, [0, 1], [0, 5]),
    (0, [0, 0], [0, 0]), (0, [], []), (10, [1, 2], [3, 7]), (1000, [2500, 7500], [250, 750]),
])
def test_worked_splits(total, of, parts):
    assert split(total, of) == parts


@pytest.mark.parametrize("of", [[], [0], [0, 0]])
def test_nothing_to_split_over(of):
    with pytest.raises(ValueError, match="nothing"):
        split(1, of)

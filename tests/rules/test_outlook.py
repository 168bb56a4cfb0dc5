"""What cancelling will give back, moment by moment, as the booking's page and its mails say it (R20, R33)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from booking.rules.durations import parse
from booking.rules.outlook import tiers_for
from booking.rules.policy import Policy, Tier
from booking.rules.terms import FULL, Terms, share_of_tier, sticky_after_move, terms_now

START = datetime(2027, 3, 20, 15, 0, tzinfo=UTC)
NY = "America/New_York"


def policy(*tiers: tuple) -> Policy:
    return Policy(tiers=tuple(Tier(None if at is None else parse(at), *rest) for at, *rest in tiers))


STRICT = policy(("P7D", "full"), (None, "forfeit"))
HALF = policy(("PT48H", "partial", 50), (None, "forfeit"))


def said(*policies: Policy, sticky: Terms | None = None, money: int = 3_000) -> list[tuple]:
    return [(tier.at_least and tier.at_least.iso(), tier.outcome, tier.percent, tier.amount)
            for tier in tiers_for(policies, START, NY, money, sticky)]


def test_alone_a_policy_says_its_own_tiers():
    assert said(STRICT) == [("P7D", "full", None, None), (None, "forfeit", None, None)]


def test_a_policy_made_kinder_since_counts_where_it_is_kinder():
    assert said(STRICT, HALF) == [("P7D", "full", None, None), ("PT48H", "partial", 50, None), (None, "forfeit", None, None)]
    assert said(STRICT, policy((None, "full"))) == [(None, "full", None, None)]


@pytest.mark.parametrize(("sticky", "lines"), [
    (Terms(Fraction(0)), [(None, "forfeit", None, None)]),
    (Terms(Fraction(1, 2)), [("P7D", "partial", 50, None), (None, "forfeit", None, None)]),
    (Terms(Fraction(1, 3)), [("P7D", "partial", None, 1_000), (None, "forfeit", None, None)]),
    (Terms(Fraction(1), True), [("P7D", "credit", 100, None), (None, "forfeit", None, None)]),
])
def test_never_more_than_an_earlier_move_has_left(sticky, lines):
    assert said(STRICT, sticky=sticky) == lines


TIER = st.one_of(st.just(("full",)), st.just(("forfeit",)), st.just(("credit",)), st.tuples(st.just("partial"), st.integers(1, 99)),
                 st.tuples(st.just("partial"), st.none(), st.integers(1, 5_000)), st.tuples(st.just("credit"), st.integers(1, 99)))
POLICIES = st.lists(st.builds(
    lambda times, last, outcomes: policy(*((at, *outcome) for at, outcome in zip(times, outcomes, strict=False)), (None, *last)),
    st.lists(st.sampled_from(["P30D", "P7D", "P2D", "PT49H", "PT48H", "PT6H"]), unique=True, max_size=3).map(
        lambda found: sorted(found, key=lambda text: -parse(text).rank)), TIER, st.lists(TIER, min_size=3, max_size=3)), min_size=1, max_size=2)


@given(POLICIES, st.timedeltas(timedelta(microseconds=1), timedelta(days=40)), st.integers(1, 20_000),
       st.none() | st.builds(Terms, st.fractions(0, 1, max_denominator=9), st.booleans()))
def test_what_is_said_for_a_moment_is_what_counts_then(policies, before, money, sticky):
    sticky = None if sticky == FULL else sticky
    told = Policy(tiers=tiers_for(policies, START, NY, money, sticky))
    now = terms_now(policies, START, NY, START - before, money)
    counts = FULL if (kept := sticky_after_move(sticky, now)) is None else kept
    shown = terms_now([told], START, NY, START - before, money)
    assert shown.credit == (counts.credit and counts.share > 0)
    assert abs(shown.share * money - counts.share * money) <= Fraction(1, 2)
    assert share_of_tier(told.tiers[-1], money) == terms_now([told], START, NY, START, money).share

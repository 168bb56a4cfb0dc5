"""Consent to news, said here and there: a yes has to have been said, the later word counts, in doubt it is a no (I25, R44)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.consent import Said, Settled, settle

T0 = datetime(2027, 3, 1, 12, tzinfo=UTC)
SILENT, YES, NO = Said(), Said(True), Said(False)


def at(said: Said, seconds: float) -> Said:
    return Said(said.wants, T0 + timedelta(seconds=seconds))


@pytest.mark.parametrize(("agreed", "here", "there", "settled"), [
    (None, SILENT, SILENT, Settled()),
    (None, YES, SILENT, Settled(to_them=True)),
    (None, SILENT, at(YES, 0), Settled(to_us=True, agreed=True)),
    (None, SILENT, at(NO, 0), Settled(agreed=False)),
    (None, NO, SILENT, Settled(agreed=False)),
    (None, at(YES, 5), at(NO, 9), Settled(to_us=False, agreed=False)),
    (None, at(YES, 9), at(NO, 5), Settled(to_them=True)),
    (None, YES, at(NO, 5), Settled(to_us=False, agreed=False)),
    (None, NO, YES, Settled(to_them=False)),
    (None, at(NO, 5), at(YES, 5.9), Settled(to_them=False)),
    (True, at(NO, 5), at(YES, 0), Settled(to_them=False, agreed=True)),
    (True, at(YES, 0), at(NO, 5), Settled(to_us=False, agreed=False)),
    (True, at(NO, 5), at(YES, 9), Settled(to_us=True, agreed=True)),
    (False, at(NO, 9), at(YES, 5), Settled(to_them=False, agreed=False)),
    (False, YES, NO, Settled(to_them=True, agreed=False)),
    (True, YES, SILENT, Settled(to_us=False, agreed=False)),
    (True, at(YES, 0), at(YES, 9), Settled(agreed=True)),
])
def test_cases(agreed, here, there, settled):
    assert settle(agreed, here, there) == settled


WORDS = st.builds(Said, st.sampled_from((None, True, False)), st.none() | st.integers(0, 5).map(lambda n: T0 + timedelta(seconds=n)))


@given(st.sampled_from((None, True, False)), WORDS, WORDS)
def test_once_written_both_sides_are_equal_and_nothing_goes_back_and_forth(agreed, here, there):
    first = settle(agreed, here, there)
    assert first.to_us is None or first.to_them is None, "one side is written at most"
    here = here if first.to_us is None else Said(first.to_us, here.at)
    there = there if first.to_them is None else Said(first.to_them, here.at)
    again = settle(first.agreed, here, there)
    assert bool(here.wants) == bool(there.wants) and (again.to_us, again.to_them) == (None, None)


@given(st.sampled_from((None, True, False)), WORDS, WORDS)
def test_nobody_gets_news_who_never_said_yes(agreed, here, there):
    made = settle(agreed, here, there)
    if True in (made.to_us, made.to_them):
        assert True in (here.wants, there.wants)

"""Series: scopes, the same shift of wall time, clock changes (R31)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.series import SCOPES, Occurrence, in_scope, shifted, weekly
from booking.rules.wall_time import occurrences, resolve, wall
from tests.rules.strategies import checked, zoned_walls

NY = "America/New_York"
TICK = timedelta(microseconds=1)


def at(local: str, zone: str = NY, fold: int = 0) -> datetime:
    return resolve(datetime.fromisoformat(local), zone, fold=fold)


WEDNESDAYS = [Occurrence(name, resolve(local, NY), NY) for name, local in zip("ABCDE", weekly(datetime(2027, 2, 24, 10), 5), strict=True)]


@pytest.mark.parametrize(("scope", "ref", "now", "refs"), [
    ("this", "C", "2027-02-01T00:00", "C"), ("following", "C", "2027-02-01T00:00", "CDE"), ("all", "C", "2027-02-01T00:00", "ABCDE"),
    ("this", "A", "2027-03-05T00:00", ""), ("following", "A", "2027-03-05T00:00", "CDE"), ("all", "E", "2027-03-05T00:00", "CDE"),
    ("following", "E", "2027-03-05T00:00", "E"), ("all", "A", "2027-04-01T00:00", ""), ("this", "C", "2027-03-10T09:59", "C"),
    ("this", "C", "2027-03-10T10:00", ""), ("all", "C", "2027-03-10T10:00", "DE"),
])
def test_scopes_without_what_has_started(scope, ref, now, refs):
    shuffled = [WEDNESDAYS[n] for n in (3, 0, 4, 2, 1)]
    assert "".join(one.ref for one in in_scope(shuffled, ref, scope, at(now))) == refs


def test_an_occurrence_has_started_exactly_at_its_start():
    start = WEDNESDAYS[2].starts_at
    assert [one.ref for one in in_scope(WEDNESDAYS, "C", "all", start - TICK)] == ["C", "D", "E"]
    assert [one.ref for one in in_scope(WEDNESDAYS, "C", "all", start)] == ["D", "E"]


@pytest.mark.parametrize(("ref", "scope"), [("A", "some"), ("A", ""), ("Z", "this"), ("Z", "all")])
def test_unknown_scope_or_occurrence(ref, scope):
    assert SCOPES == ("this", "following", "all")
    with pytest.raises(ValueError):
        in_scope(WEDNESDAYS, ref, scope, at("2027-02-01T00:00"))


def test_the_wall_time_of_a_series_stays_over_a_clock_change():
    assert [wall(one.starts_at, NY)[0].hour for one in WEDNESDAYS] == [10] * 5
    assert WEDNESDAYS[3].starts_at - WEDNESDAYS[2].starts_at == timedelta(days=7, hours=-1)      # 10 to 17 March
    assert weekly(datetime(2027, 2, 24, 10), 3, every=2) == [datetime(2027, 2, 24, 10), datetime(2027, 3, 10, 10), datetime(2027, 3, 24, 10)]
    assert weekly(datetime(2027, 2, 24, 10), 0) == []


def test_moving_one_moves_the_following_by_the_same_weekday_and_hour():
    old, new = WEDNESDAYS[1].starts_at, at("2027-03-04T16:30")
    moved = [shifted(one, old, new) for one in in_scope(WEDNESDAYS, "B", "following", at("2027-02-01T00:00"))]
    assert moved == [at(text) for text in ("2027-03-04T16:30", "2027-03-11T16:30", "2027-03-18T16:30", "2027-03-25T16:30")]


def test_moving_over_the_clock_change_itself_shifts_by_wall_time():
    moved = shifted(WEDNESDAYS[4], WEDNESDAYS[2].starts_at, at("2027-03-17T10:00"))              # a week, 167 elapsed hours
    assert moved == at("2027-03-31T10:00")


def test_a_date_that_clocks_skip_does_not_fit_and_of_a_repeated_time_the_first_is_meant():
    sunday = Occurrence("S", at("2027-03-14T10:00"), NY)
    assert shifted(sunday, at("2027-03-07T10:00"), at("2027-03-07T02:30")) is None
    autumn = Occurrence("A", at("2027-11-07T10:00"), NY)
    assert shifted(autumn, at("2027-10-31T10:00"), at("2027-10-31T01:30")) == datetime(2027, 11, 7, 5, 30, tzinfo=UTC)
    skipped = Occurrence("P", at("2011-12-23T10:00", "Pacific/Apia"), "Pacific/Apia")
    assert shifted(skipped, at("2011-12-16T10:00", "Pacific/Apia"), at("2011-12-23T10:00", "Pacific/Apia")) is None


@checked(100)
@given(zoned_walls(), st.integers(-3000, 3000), st.integers(-5, 5))
def test_a_shift_is_the_same_on_the_clock_whatever_lies_between(drawn, minutes, weeks):
    local, zone = drawn
    starts_at = resolve(local, zone)
    one = Occurrence("A", starts_at, zone)
    base = resolve(wall(starts_at, zone)[0] + timedelta(weeks=weeks), zone)
    target = resolve(wall(base, zone)[0] + timedelta(minutes=minutes), zone)
    wanted = wall(starts_at, zone)[0] + (wall(target, zone)[0] - wall(base, zone)[0])
    result = shifted(one, base, target)
    if result is None:
        assert occurrences(wanted, zone) == []
    else:
        assert wall(result, zone) == (wanted, 0)

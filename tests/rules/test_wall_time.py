"""Wall time and instants against an independent resolver (I56, I57, R13)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import whenever
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.wall_time import dates_of, day_span, days_before, local_date, occurrences, resolve, valid_zone, wall
from tests.rules.strategies import checked, zoned_instants, zoned_walls, zones

NY, BERLIN, LORD_HOWE, APIA = "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"


def oracle(local: datetime, zone: str, how: str) -> datetime:
    return whenever.PlainDateTime(local).assume_tz(zone, disambiguation=how).to_instant().to_stdlib().astimezone(UTC)


def oracle_occurrences(local: datetime, zone: str) -> list[datetime]:
    try:
        return [oracle(local, zone, "raise")]
    except whenever.SkippedTime:
        return []
    except whenever.RepeatedTime:
        return [oracle(local, zone, "earlier"), oracle(local, zone, "later")]


@checked(200)
@given(zoned_walls())
def test_the_instants_of_a_wall_time_are_those_of_the_oracle(drawn):
    assert occurrences(*drawn) == oracle_occurrences(*drawn)


@checked(200)
@given(zoned_walls(), st.sampled_from((0, 1)))
def test_resolving_agrees_with_the_oracle_in_gaps_and_repeated_hours(drawn, fold):
    local, zone = drawn
    repeated = len(oracle_occurrences(local, zone)) == 2
    assert resolve(local, zone, fold=fold) == oracle(local, zone, "later" if fold and repeated else "compatible")


@checked(150)
@given(zoned_walls())
def test_a_skipped_wall_time_can_be_refused_instead_of_moved(drawn):
    local, zone = drawn
    if oracle_occurrences(local, zone):
        assert resolve(local, zone, gap="raise") == resolve(local, zone)
    else:
        with pytest.raises(ValueError, match=zone):
            resolve(local, zone, gap="raise")


@checked(200)
@given(zoned_instants())
def test_wall_time_and_fold_lead_back_to_the_instant(drawn):
    instant, zone = drawn
    local, fold = wall(instant, zone)
    assert local.tzinfo is None and local.fold == 0
    assert resolve(local, zone, fold=fold) == instant
    assert local == whenever.Instant(instant).to_tz(zone).to_plain().to_stdlib()


@checked(200)
@given(zoned_instants(step=timedelta(minutes=1)), st.integers(1, 9))
def test_days_before_is_the_same_clock_that_many_dates_earlier(drawn, days):
    instant, zone = drawn
    local = whenever.Instant(instant).to_tz(zone).to_plain().to_stdlib() - timedelta(days=days)
    found = oracle_occurrences(local, zone)
    assert days_before(instant, days, zone) == (found[-1] if found else oracle(local, zone, "compatible"))


@checked(150)
@given(zones, st.dates(date(2024, 1, 1), date(2032, 12, 31)))
def test_days_lie_side_by_side_and_hold_their_instants(zone, day):
    start, end = day_span(day, zone)
    assert end == day_span(day + timedelta(days=1), zone)[0]
    assert timedelta(hours=22) < end - start < timedelta(hours=26)
    assert local_date(start, zone) == day
    assert local_date(end - timedelta(microseconds=1), zone) == day


@pytest.mark.parametrize(("zone", "day", "hours"), [
    (NY, date(2027, 3, 14), 23), (NY, date(2027, 11, 7), 25), (NY, date(2027, 6, 1), 24),
    (BERLIN, date(2027, 3, 28), 23), (BERLIN, date(2027, 10, 31), 25),
    (LORD_HOWE, date(2027, 10, 3), 23.5), (LORD_HOWE, date(2027, 4, 4), 24.5),
    (APIA, date(2011, 12, 29), 24), (APIA, date(2011, 12, 30), 0), (APIA, date(2011, 12, 31), 24),
])
def test_length_of_a_day(zone, day, hours):
    start, end = day_span(day, zone)
    assert end - start == timedelta(hours=hours)


@pytest.mark.parametrize(("zone", "local", "instants"), [
    (NY, "2027-03-14T01:59", ["2027-03-14T06:59"]),
    (NY, "2027-03-14T02:00", []),
    (NY, "2027-03-14T02:59", []),
    (NY, "2027-03-14T03:00", ["2027-03-14T07:00"]),
    (NY, "2027-11-07T00:59", ["2027-11-07T04:59"]),
    (NY, "2027-11-07T01:00", ["2027-11-07T05:00", "2027-11-07T06:00"]),
    (NY, "2027-11-07T01:59", ["2027-11-07T05:59", "2027-11-07T06:59"]),
    (NY, "2027-11-07T02:00", ["2027-11-07T07:00"]),
    (LORD_HOWE, "2027-10-03T02:29", []),
    (LORD_HOWE, "2027-10-03T02:30", ["2027-10-02T15:30"]),
    (LORD_HOWE, "2027-04-04T01:45", ["2027-04-03T14:45", "2027-04-03T15:15"]),
    (APIA, "2011-12-29T23:59", ["2011-12-30T09:59"]),
    (APIA, "2011-12-30T12:00", []),
    (APIA, "2011-12-31T00:00", ["2011-12-30T10:00"]),
])
def test_occurrences_on_change_days(zone, local, instants):
    assert occurrences(datetime.fromisoformat(local), zone) == [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in instants]


def test_a_time_in_a_gap_moves_forward_by_the_gap():
    assert wall(resolve(datetime(2027, 3, 14, 2, 30), NY), NY)[0] == datetime(2027, 3, 14, 3, 30)
    assert wall(resolve(datetime(2027, 10, 3, 2, 10), LORD_HOWE), LORD_HOWE)[0] == datetime(2027, 10, 3, 2, 40)
    assert wall(resolve(datetime(2011, 12, 30, 10), APIA), APIA)[0] == datetime(2011, 12, 31, 10)
    assert resolve(datetime(2027, 3, 14, 2, 30), NY, fold=1) == resolve(datetime(2027, 3, 14, 2, 30), NY)
    assert resolve(datetime(2027, 3, 14, 2, 30, fold=1), NY) == resolve(datetime(2027, 3, 14, 2, 30), NY)


def test_of_a_repeated_hour_the_first_is_meant_unless_said():
    assert resolve(datetime(2027, 11, 7, 1, 30), NY) == datetime(2027, 11, 7, 5, 30, tzinfo=UTC)
    assert resolve(datetime(2027, 11, 7, 1, 30), NY, fold=1) == datetime(2027, 11, 7, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize("local", [datetime(2027, 3, 14, 2, 30), datetime(2027, 11, 7, 1, 30), datetime(2027, 6, 1, 9)])
def test_instants_are_in_utc(local):
    """Not in the machine's own zone, which happens to be UTC in most places."""
    assert all(instant.tzinfo is UTC for instant in (*occurrences(local, NY), resolve(local, NY)))


def test_the_packaged_zone_data_know_that_vancouver_stopped_changing_clocks():
    assert resolve(datetime(2026, 12, 1, 12), "America/Vancouver") == datetime(2026, 12, 1, 19, tzinfo=UTC)


@pytest.mark.parametrize("name", ["UTC", NY, LORD_HOWE, "America/Argentina/Buenos_Aires"])
def test_zones_that_are_accepted(name):
    assert valid_zone(name)


@pytest.mark.parametrize("name", [
    "", "CET", "EST", "GMT", "Etc/GMT+5", "/etc/passwd", "/UTC", "Europe/../UTC", "../Europe/Berlin", "Europe/Atlantis", "Europe/",
    "America/Argentina", "Europe/Berlin\0", "Europe/Berlin ", "europe/berlin", "America/__init__", "Europe/\ud800",
])
def test_names_that_are_refused(name):
    assert not valid_zone(name)


@pytest.mark.parametrize(("hour", "hours", "zone", "dates"), [
    (15, 1, "America/New_York", [10]), (4, 2, "America/New_York", [9, 10]), (4, 1, "America/New_York", [9]),  # to midnight there
    (15, 1, "Asia/Tokyo", [11]), (14, 2, "Asia/Tokyo", [10, 11]), (15, 0, "Asia/Tokyo", [11])])
def test_what_goes_over_midnight_touches_two_dates(hour, hours, zone, dates):
    start = datetime(2027, 3, 10, hour, tzinfo=UTC)
    assert [day.day for day in dates_of(start, start + timedelta(hours=hours), zone)] == dates

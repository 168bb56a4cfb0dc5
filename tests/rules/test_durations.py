"""Durations: elapsed hours, wall-clock days, and the way they are written (R11, A80)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules import durations
from booking.rules.durations import LONGEST_DAYS, Notice, parse
from booking.rules.wall_time import days_before, resolve, wall
from tests.rules.strategies import checked, notices, zoned_instants

NY, BERLIN, LORD_HOWE, APIA = "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"


@pytest.mark.parametrize(("text", "days", "seconds"), [
    ("PT0S", 0, 0), ("PT2H", 0, 7200), ("PT24H", 0, 86400), ("PT90M", 0, 5400), ("PT45S", 0, 45), ("PT1H30M15S", 0, 5415),
    ("P7D", 7, 0), ("P1W", 7, 0), ("P1W2D", 9, 0), ("P1DT12H", 1, 43200), ("P0D", 0, 0), ("P731D", 731, 0), ("PT17544H", 0, 63158400),
])
def test_what_is_read(text, days, seconds):
    assert parse(text) == Notice(days, seconds)


@pytest.mark.parametrize("text", [
    "", "P", "PT", "P1DT", "7D", "PT2", "P2H", "pt2h", "PT-2H", "-PT2H", "P1M", "P1Y", "PT1.5H", " PT2H", "PT2H ", "PT2H\n", "PT2M1H",
    "P732D", "PT17545H", "P731DT1S", "P105W", "PT99999999S", "PT\u0662H", "P\uff17D", None, 7, 7.0, True, b"PT2H", ["PT2H"],
])
def test_what_is_refused(text):
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        parse(text)


@checked(150)
@given(notices)
def test_a_notice_written_and_read_is_the_same(notice):
    assert parse(notice.iso()) == notice


@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 3599, 3600, 7199, 7200, 86400, 60_000_060, LONGEST_DAYS * 86400 - 60, LONGEST_DAYS * 86400])
def test_elapsed_seconds_written_and_read_are_the_same(seconds):
    assert durations.seconds(durations.iso(seconds)) == seconds


@pytest.mark.parametrize(("seconds", "text"), [
    (0, "PT0S"), (45, "PT45S"), (60, "PT1M"), (3600, "PT60M"), (5400, "PT90M"), (7200, "PT2H"), (86400, "PT24H"), (9000, "PT150M"),
])
def test_how_elapsed_seconds_are_written(seconds, text):
    assert durations.iso(seconds) == text


@pytest.mark.parametrize(("text", "hours"), [
    ("PT2H", "2"), ("PT24H", "24"), ("P7D", "168"), ("P1W", "168"), ("PT90M", "1.5"), ("PT45M", "0.75"), ("PT100M", "1.67"), ("PT0S", "0"),
    ("P1DT12H", "36"), ("PT7201S", "2"), ("PT3601S", "1"), ("PT10S", "0"), ("PT30M", "0.5"), ("PT200H", "200"),
])
def test_the_hours_of_the_a80_sentence(text, hours):
    assert parse(text).hours_text() == hours


@checked(150)
@given(notices)
def test_the_hours_of_the_a80_sentence_are_a_plain_number(notice):
    text = notice.hours_text()
    assert text[0].isdigit() and text[-1].isdigit()
    assert round(abs(float(text) * 3600 - notice.rank), 3) <= 18  # half of a hundredth of an hour


def test_seconds_refuse_days_and_days_refuse_seconds():
    assert durations.seconds("PT15M") == 900 and durations.days("P180D") == 180 and durations.days("P2W") == 14
    for text in ("P1D", "P1DT1H", "P1W"):
        with pytest.raises(ValueError, match="hours and minutes"):
            durations.seconds(text)
    for text in ("PT24H", "P1DT1H", "P0D", "PT0S"):
        with pytest.raises(ValueError, match="in days"):
            durations.days(text)


@checked(150)
@given(zoned_instants(), st.integers(0, 700), st.integers(0, 10**6))
def test_days_go_by_the_clock_first_then_seconds_by_elapsed_time(drawn, days, seconds):
    start, zone = drawn
    assert Notice(0, seconds).before(start, zone) == start - timedelta(seconds=seconds)
    assert Notice(days, seconds).before(start, zone) == (days_before(start, days, zone) if days else start) - timedelta(seconds=seconds)


def at(local: str, zone: str, fold: int = 0) -> datetime:
    return resolve(datetime.fromisoformat(local), zone, fold=fold)


@pytest.mark.parametrize(("zone", "start", "days", "wall_before", "elapsed_hours"), [
    (NY, "2027-03-17T10:00", 7, "2027-03-10T10:00", 167),     # spring forward lies between: an hour less
    (NY, "2027-11-10T10:00", 7, "2027-11-03T10:00", 169),     # fall back: an hour more
    (BERLIN, "2027-03-31T10:00", 7, "2027-03-24T10:00", 167),
    (BERLIN, "2027-11-01T10:00", 1, "2027-10-31T10:00", 24),
    (BERLIN, "2027-10-31T10:00", 1, "2027-10-30T10:00", 25),
    (LORD_HOWE, "2027-10-03T10:00", 1, "2027-10-02T10:00", 23.5),
    (LORD_HOWE, "2027-04-04T10:00", 1, "2027-04-03T10:00", 24.5),
    (NY, "2027-03-15T02:30", 1, "2027-03-14T03:30", 23),      # skipped at 02:30: forward
    (APIA, "2011-12-31T10:00", 1, "2011-12-31T10:00", 0),     # the day before does not exist: forward to the start itself
    (APIA, "2012-01-01T10:00", 2, "2011-12-31T10:00", 24),
    (APIA, "2012-01-01T10:00", 3, "2011-12-29T10:00", 48),
])
def test_days_before_a_start_around_clock_changes(zone, start, days, wall_before, elapsed_hours):
    starts_at = at(start, zone)
    deadline = Notice(days).before(starts_at, zone)
    assert wall(deadline, zone)[0] == datetime.fromisoformat(wall_before)
    assert starts_at - deadline == timedelta(hours=elapsed_hours)


def test_a_day_before_in_a_repeated_hour_takes_the_later():
    assert Notice(1).before(at("2027-11-08T01:30", NY), NY) == datetime(2027, 11, 7, 6, 30, tzinfo=UTC)


def test_twenty_four_hours_and_one_day_differ_over_a_clock_change():
    start = at("2027-03-14T10:00", NY)
    assert wall(Notice(0, 86400).before(start, NY), NY)[0] == datetime(2027, 3, 13, 9)
    assert wall(Notice(1).before(start, NY), NY)[0] == datetime(2027, 3, 13, 10)

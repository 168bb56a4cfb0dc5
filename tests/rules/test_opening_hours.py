"""Weekly hours as instants: written form, clock changes, skipped and repeated hours (R11, I57)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.availability import DAYS, Shape, at_minute, bounds, open_spans, parse_hours
from booking.rules.wall_time import day_span, occurrences, wall
from tests.rules.strategies import CHANGES, checked, zones

NY, BERLIN, LORD_HOWE, APIA, NUUK = "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "America/Nuuk"
HOUR = 3600


def minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def every_day(*pairs: tuple[str, str]) -> dict[int, list[tuple[int, int]]]:
    return {day: [(minute(a), minute(b)) for a, b in pairs] for day in range(7)}


@st.composite
def weekly_hours(draw: st.DrawFn) -> dict[int, list[tuple[int, int]]]:
    """Ordered spans in quarters of an hour, touching ones among them."""
    week = {}
    for day in range(7):
        marks = sorted(draw(st.lists(st.integers(0, 96), max_size=6, unique=True)))
        if draw(st.booleans()):
            spans = list(zip(marks, marks[1:], strict=False))
        else:
            spans = list(zip(marks[::2], marks[1::2], strict=False))
        if spans:
            week[day] = [(a * 15, b * 15) for a, b in spans]
    return week


@st.composite
def days_at_a_change(draw: st.DrawFn) -> tuple[str, date]:
    zone = draw(zones)
    return zone, wall(draw(st.sampled_from(CHANGES[zone])), zone)[0].date() - timedelta(days=draw(st.integers(0, 2)))


@checked(50)
@given(days_at_a_change(), weekly_hours())
def test_spans_are_in_order_and_share_no_instant(drawn, hours):
    zone, first = drawn
    spans = [span for _, spans in open_spans(hours, zone, first, first + timedelta(days=3)) for span in spans]
    assert all(opens < closes for opens, closes in spans)
    assert all(before[1] <= after[0] for before, after in zip(spans, spans[1:], strict=False))


@checked(50)
@given(days_at_a_change(), weekly_hours())
def test_each_day_has_the_instants_whose_clock_reads_inside_the_hours(drawn, hours):
    """Brute force, quarter by quarter, wherever the wall time is neither repeated nor moved out of a gap."""
    zone, first = drawn
    for day in (first + timedelta(days=n) for n in range(3)):
        found = [span for _, spans in open_spans(hours, zone, day, day) for span in spans]
        start, end = (int(moment.timestamp()) for moment in day_span(day, zone))
        if not _plain(day, zone):
            continue
        for instant in range(start, end, 900):
            local = wall(datetime.fromtimestamp(instant, UTC), zone)[0]
            clock = local.hour * 60 + local.minute
            inside = any(a <= clock < b for a, b in hours.get(day.weekday(), ()))
            assert any(opens <= instant < closes for opens, closes in found) == inside, (zone, local)


def _plain(day: date, zone: str) -> bool:
    """Whether clocks run through on the day."""
    start, end = day_span(day, zone)
    return end - start == timedelta(hours=24)


@checked(50)
@given(days_at_a_change(), weekly_hours())
def test_on_a_change_day_every_bound_is_where_the_clock_says_it(drawn, hours):
    """A day with a clock change opens at the first reading of its opening and closes at the last reading of its closing."""
    zone, day = drawn
    midnight = int(day_span(day, zone)[1].timestamp())
    found = {span for _, spans in open_spans(hours, zone, day, day) for span in spans}
    bounds_found = {bound for span in found for bound in span}
    for opens, closes in hours.get(day.weekday(), ()):
        starts = occurrences(datetime.combine(day, datetime.min.time()) + timedelta(minutes=opens), zone)
        ends = occurrences(datetime.combine(day, datetime.min.time()) + timedelta(minutes=closes), zone)
        if len(starts) == len(ends) == 1 and closes < 1440:
            first, last = int(starts[0].timestamp()), int(ends[0].timestamp())
            assert last > midnight or {first, last} <= bounds_found


def _of(zone: str, day: date, *pairs: tuple[str, str]) -> list[tuple[str, str]]:
    """The day's spans as UTC clock readings."""
    return [tuple(f"{datetime.fromtimestamp(bound, UTC):%d %H:%M}" for bound in span)
            for _, spans in open_spans(every_day(*pairs), zone, day, day) for span in spans]


@pytest.mark.parametrize(("zone", "day", "hours", "instants"), [
    (NY, date(2027, 3, 13), [("09:00", "17:00")], [("13 14:00", "13 22:00")]),
    (NY, date(2027, 3, 14), [("09:00", "17:00")], [("14 13:00", "14 21:00")]),
    (NY, date(2027, 3, 14), [("00:00", "24:00")], [("14 05:00", "15 04:00")]),                       # 23 hours
    (NY, date(2027, 11, 7), [("00:00", "24:00")], [("07 04:00", "08 05:00")]),                       # 25 hours
    (NY, date(2027, 3, 14), [("01:00", "02:30")], [("14 06:00", "14 07:30")]),                       # closes at 3:30
    (NY, date(2027, 3, 14), [("02:30", "05:00")], [("14 07:30", "14 09:00")]),                       # opens at 3:30
    (NY, date(2027, 11, 7), [("00:00", "01:30")], [("07 04:00", "07 06:30")]),                       # closes at the second 1:30
    (NY, date(2027, 11, 7), [("01:30", "03:00")], [("07 05:30", "07 08:00")]),                       # opens at the first 1:30
    (NY, date(2027, 11, 7), [("01:00", "01:15"), ("01:30", "02:00")], [("07 05:00", "07 06:15"), ("07 06:15", "07 07:00")]),
    (BERLIN, date(2027, 10, 31), [("01:00", "04:00")], [("30 23:00", "31 03:00")]),
    (LORD_HOWE, date(2027, 10, 3), [("01:00", "03:00")], [("02 14:30", "02 16:00")]),                # half an hour is missing
    (LORD_HOWE, date(2027, 4, 4), [("01:00", "03:00")], [("03 14:00", "03 16:30")]),                 # half an hour more
    (APIA, date(2011, 12, 29), [("09:00", "24:00")], [("29 19:00", "30 10:00")]),
    (APIA, date(2011, 12, 30), [("09:00", "17:00")], []),                                            # a day that was not
    (APIA, date(2011, 12, 31), [("09:00", "17:00")], [("30 19:00", "31 03:00")]),
    (NUUK, date(2027, 3, 27), [("22:00", "23:30")], [("28 00:00", "28 01:00")]),                     # clocks skip 23:00 to midnight
    (NUUK, date(2027, 3, 27), [("23:15", "23:45")], []),
])
def test_opening_on_change_days(zone, day, hours, instants):
    assert _of(zone, day, *hours) == instants


def test_a_day_without_hours_is_left_out_and_no_days_give_nothing():
    hours = parse_hours({"mon": [["09:00", "10:00"]]})
    assert [day for day, _ in open_spans(hours, "UTC", date(2027, 3, 1), date(2027, 3, 14))] == [date(2027, 3, 1), date(2027, 3, 8)]
    assert open_spans(hours, "UTC", date(2027, 3, 2), date(2027, 3, 1)) == []


def test_a_date_with_other_hours_has_those_and_no_others():
    hours, monday, tuesday = every_day(("09:00", "10:00")), date(2027, 3, 1), date(2027, 3, 2)
    days = {monday: [(minute("12:00"), minute("13:00"))], tuesday: []}
    found = [(day, [(start - at_minute(day, 0, "UTC"), end - start) for start, end in spans])
             for day, spans in open_spans(hours, "UTC", monday, date(2027, 3, 3), days)]
    assert found == [(monday, [(12 * HOUR, HOUR)]), (date(2027, 3, 3), [(9 * HOUR, HOUR)])]


@pytest.mark.parametrize("text", ["09:x5", "0x:05", "24:01", "12:60", "9:00", "09.00", "\u0660\u0669:00", None, 900])
def test_a_time_that_is_none_is_named(text):
    with pytest.raises(ValueError, match="mon: .* is not a time from 00:00 to 24:00"):
        parse_hours({"mon": [[text, "17:00"]]})


def test_hours_as_written_and_as_read():
    written = {"mon": [["09:00", "12:00"], ["12:00", "17:30"]], "tue": [], "sun": [["00:00", "24:00"]]}
    assert parse_hours(written) == {0: [(540, 720), (720, 1050)], 6: [(0, 1440)]}
    assert parse_hours({}) == {}
    assert [*DAYS] == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@pytest.mark.parametrize("hours", [
    None, [], "mon", {"monday": []}, {0: []}, {"mon": ["09:00", "17:00"]}, {"mon": [["09:00"]]}, {"mon": [["09:00", "10:00", "11:00"]]},
    {"mon": [["17:00", "09:00"]]}, {"mon": [["09:00", "09:00"]]}, {"mon": [["09:00", "12:00"], ["11:59", "13:00"]]},
    {"mon": [["13:00", "14:00"], ["09:00", "10:00"]]}, {"mon": [["9:00", "17:00"]]}, {"mon": [["09:60", "17:00"]]},
    {"mon": [["09:00", "24:01"]]}, {"mon": [["09:00", "25:00"]]}, {"mon": [["09.00", "17:00"]]}, {"mon": [[540, 1020]]},
    {"mon": [[None, "17:00"]]}, {"mon": [["-9:00", "17:00"]]}, {"mon": [["\u0660\u0669:00", "17:00"]]}, {"mon": [["09:00", "17:00 "]]},
    {"mon": [["09:x0", "17:00"]]}, {"mon": ["ab"]}, {"mon": [{"a": 1, "b": 2}]}, {"mon": [7]},
])
def test_hours_that_are_refused(hours):
    with pytest.raises(ValueError):
        parse_hours(hours)


@pytest.mark.parametrize(("hours", "said"), [
    ({"monday": []}, "hours have the keys mon, tue, wed, thu, fri, sat, sun"),
    ({"tue": [["09:00"]]}, 'tue: each span is a pair such as ["09:00", "17:00"]'),
    ({"wed": [["17:00", "09:00"]]}, "wed: spans must be in order, not overlap, and end after they start"),
    ({"thu": [["9:00", "17:00"]]}, "thu: '9:00' is not a time from 00:00 to 24:00"),
    ({"fri": [["09:00", "25:00"]]}, "fri: '25:00' is not a time from 00:00 to 24:00"),
])
def test_the_refusal_names_the_day_and_what_is_wrong(hours, said):
    with pytest.raises(ValueError) as refused:
        parse_hours(hours)
    assert str(refused.value) == said


@checked(50)
@given(weekly_hours())
def test_hours_written_and_read_are_the_same(hours):
    def text(value: int) -> str:
        return f"{value // 60:02}:{value % 60:02}"
    assert parse_hours({DAYS[day]: [[text(a), text(b)] for a, b in spans] for day, spans in hours.items()}) == hours


def test_a_repeated_minute_is_the_first_as_an_opening_and_the_second_as_a_closing():
    assert at_minute(date(2027, 11, 7), 90, NY, late=True) - at_minute(date(2027, 11, 7), 90, NY) == HOUR
    assert at_minute(date(2027, 11, 7), 1440, NY) == at_minute(date(2027, 11, 8), 0, NY)


NINE = datetime(2027, 3, 10, 9, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(("now", "lead", "earliest"), [
    (NINE, 0, NINE), (NINE, 7200, NINE + timedelta(hours=2)),
    (NINE + TICK, 0, NINE + timedelta(seconds=1)), (NINE + timedelta(seconds=1) - TICK, 0, NINE + timedelta(seconds=1)),
    (NINE - TICK, 3600, NINE + timedelta(hours=1)),
])
def test_the_earliest_start_keeps_the_whole_lead_time(now, lead, earliest):
    assert bounds(Shape(HOUR, 900, lead_time=lead), now, "UTC")[0] == int(earliest.timestamp())


@pytest.mark.parametrize(("zone", "now", "horizon", "latest"), [
    ("UTC", NINE, 0, datetime(2027, 3, 10, 23, 59, 59, tzinfo=UTC)),
    ("UTC", NINE, 1, datetime(2027, 3, 11, 23, 59, 59, tzinfo=UTC)),
    (NY, datetime(2027, 3, 11, 3, 0, tzinfo=UTC), 0, datetime(2027, 3, 11, 4, 59, 59, tzinfo=UTC)),   # still the 10th there
    (NY, NINE, 4, datetime(2027, 3, 15, 3, 59, 59, tzinfo=UTC)),                                      # over the spring change
    (LORD_HOWE, datetime(2027, 10, 1, 12, 0, tzinfo=UTC), 2, datetime(2027, 10, 3, 12, 59, 59, tzinfo=UTC)),
])
def test_the_horizon_ends_with_a_local_day(zone, now, horizon, latest):
    assert bounds(Shape(HOUR, 900, horizon_days=horizon), now, zone)[1] == int(latest.timestamp())

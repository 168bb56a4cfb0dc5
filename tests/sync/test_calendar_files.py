"""Calendar files of hundreds of entries block exactly what a second, independent reader says, in little time."""

from __future__ import annotations

import random
import time
from datetime import UTC, date, datetime, timedelta

import pytest

from bench.campaigns.calendar_file import main, slots
from bench.independent_ics import File
from sync import calendars
from sync.calendars import AHEAD, BEHIND, busy_spans

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland")
RULES = ("FREQ=DAILY;COUNT=12", "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=30", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYMONTHDAY=31",
         "FREQ=YEARLY", "FREQ=WEEKLY;UNTIL=20270701T120000Z", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=2")


def busy_year(seed: int, entries: int) -> str:
    """A calendar as people keep them: single entries, whole days, series in zones, left out and moved repetitions, free and cancelled ones."""
    rng = random.Random(seed)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Busy//EN"]
    for number in range(entries):
        start = datetime(2026, 6, 1) + timedelta(days=rng.randrange(420), minutes=15 * rng.randrange(96))
        kind, zone, own = rng.random(), rng.choice(ZONES), []
        if kind < 0.15:
            own = [f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"DTEND;VALUE=DATE:{start + timedelta(days=rng.randint(1, 4)):%Y%m%d}"]
        elif kind < 0.35:
            own = [f"DTSTART:{start:%Y%m%dT%H%M%S}Z", f"DURATION:PT{rng.choice((30, 60, 150))}M"]
        elif kind < 0.45:
            own = [f"DTSTART:{start:%Y%m%dT%H%M%S}", f"DTEND:{start + timedelta(hours=1):%Y%m%dT%H%M%S}"]
        else:
            own = [f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}", f"DTEND;TZID={zone}:{start + timedelta(minutes=45):%Y%m%dT%H%M%S}"]
        weekly = kind > 0.9
        if weekly:
            own += ["RRULE:FREQ=WEEKLY;COUNT=20", f"EXDATE;TZID={zone}:{start + timedelta(weeks=3):%Y%m%dT%H%M%S}"]
        elif kind > 0.8:
            own += [f"RRULE:{rng.choice(RULES)}"]
        own += rng.choice(([], [], [], ["TRANSP:TRANSPARENT"], ["STATUS:CANCELLED"]))
        lines += ["BEGIN:VEVENT", f"UID:{number}", "DTSTAMP:20260101T000000Z", "SUMMARY:a long line of words that has to be", "  folded", *own, "END:VEVENT"]
        if weekly:
            moved = start + timedelta(weeks=5)
            lines += ["BEGIN:VEVENT", f"UID:{number}", "DTSTAMP:20260101T000000Z", f"RECURRENCE-ID;TZID={zone}:{moved:%Y%m%dT%H%M%S}",
                      f"DTSTART;TZID={zone}:{moved + timedelta(hours=5):%Y%m%dT%H%M%S}", f"DTEND;TZID={zone}:{moved + timedelta(hours=6):%Y%m%dT%H%M%S}",
                      "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


@pytest.mark.parametrize("seed", range(4))
def test_a_calendar_of_hundreds_of_entries_blocks_what_another_reader_says(seed):
    text, zone = busy_year(seed, 150), ZONES[seed]
    begun = time.process_time()
    ours = slots(busy_spans(text.encode(), zone, NOW), NOW)
    assert time.process_time() - begun < 5
    theirs = slots(File(text, zone).spans(NOW - BEHIND, NOW + AHEAD), NOW)
    assert len(ours) > 2000 and ours == theirs


def test_a_calendar_that_has_ended_costs_no_search_for_what_is_to_come():
    """The expansion was once asked for everything still to come, which took minutes where a file with many series ends sooner."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x"]
    for number in range(300):
        day = date(2025, 1, 1) + timedelta(days=number)
        lines += ["BEGIN:VEVENT", f"UID:{number}", "DTSTAMP:20250101T000000Z", f"DTSTART;TZID=Europe/Berlin:{day:%Y%m%d}T090000",
                  f"DTEND;TZID=Europe/Berlin:{day:%Y%m%d}T100000", "RRULE:FREQ=WEEKLY;COUNT=3", "END:VEVENT"]
    begun = time.process_time()
    assert busy_spans("\r\n".join([*lines, "END:VCALENDAR"]).encode(), "Europe/Berlin", NOW) == [] and time.process_time() - begun < 3


def test_entries_without_measure_are_found_out_early(monkeypatch):
    monkeypatch.setattr(calendars, "MOST_EVENTS", 2000)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x"]
    for number in range(60):
        lines += ["BEGIN:VEVENT", f"UID:{number}", "DTSTAMP:20270101T000000Z", f"DTSTART:20270101T0000{number:02d}Z", "DURATION:PT1M",
                  "RRULE:FREQ=HOURLY", "END:VEVENT"]
    begun = time.process_time()
    with pytest.raises(ValueError, match="more than 2000 "):
        busy_spans("\r\n".join([*lines, "END:VCALENDAR"]).encode(), "Europe/Berlin", NOW)
    assert time.process_time() - begun < 5


def test_the_campaign_tells_a_difference(tmp_path, monkeypatch, capsys):
    from bench.campaigns import calendar_file

    file = tmp_path / "a.ics"
    file.write_text(busy_year(7, 40))
    assert main([str(file), "2027-03-01", "Europe/Berlin"]) == 0 and "0 only by ours, 0 only by the other" in capsys.readouterr().out
    monkeypatch.setattr(calendar_file, "busy_spans", lambda body, zone, now: busy_spans(body, zone, now)[1:])
    assert main([str(file), "2027-03-01", "Europe/Berlin"]) == 1 and "only theirs: 20" in capsys.readouterr().out

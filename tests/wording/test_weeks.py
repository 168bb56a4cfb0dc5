"""Where weeks begin: as the region of the reader's locale has it, else the country the shop lies in (R46)."""

from __future__ import annotations

from datetime import date

import pytest

from booking.rules.week import Week
from booking.wording import words_for
from booking.wording.weeks import week_for

MON, SAT, SUN = 0, 5, 6


@pytest.mark.parametrize(("locale", "zone", "first"), [
    ("en", "America/New_York", SUN), ("en", "Europe/London", MON), ("de", "America/New_York", SUN), ("en-GB", "America/New_York", MON),
    ("en_US", "Europe/Berlin", SUN), ("ar", "Africa/Cairo", SAT), ("ar", "Asia/Riyadh", SUN), ("ar", "Africa/Casablanca", MON), ("ar-EG", None, SAT),
    ("ar", "Europe/Berlin", MON), ("zh-Hant-TW", None, SUN), (None, "US/Eastern", SUN), ("es-419", "America/Mexico_City", SUN),
    ("en", "UTC", MON), ("en-QQ", "America/New_York", MON), (None, None, MON), ("", "nowhere", MON),
])
def test_the_region_decides(locale, zone, first):
    assert week_for(locale, zone).first == first


@pytest.mark.parametrize(("first", "start", "end"), [(MON, date(2027, 3, 1), date(2027, 3, 7)), (SUN, date(2027, 2, 28), date(2027, 3, 6)),
                                                     (SAT, date(2027, 2, 27), date(2027, 3, 5))])
def test_a_week_has_seven_days(first, start, end):
    week = Week(first)
    assert {(week.start(date(2027, 3, day)), week.end(date(2027, 3, day))) for day in range(1, 6)} == {(start, end)}
    assert week.start(start) == start and week.end(end) == end and week.start(date(2027, 3, 8)).weekday() == first


def test_names_stand_as_the_week_goes():
    w = words_for("ar", Week(SAT))
    assert w.week.in_order(w.weekday_names("wide"))[:3] == ["السبت", "الأحد", "الاثنين"]
    assert words_for("en").week == Week(MON) and words_for("en", Week(SUN)) is words_for("en", Week(SUN))

"""Calendars of staff elsewhere as busy time: right to the minute, safe to fetch, and harmless to bookings that stand."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, Response, redirect, request
from sqlalchemy import text
from werkzeug.serving import make_server

from booking import keys
from booking.actions.staff import delete_staff
from booking.actions.staff_calendars import remove_calendar, set_calendar
from booking.rules.decision import Refused
from booking.sealing import seal
from gateways import calendars as gateway
from models.actor import SYSTEM
from models.session import database, transaction
from sandbox.files import free_port
from sandbox.quiet import Quiet
from sync.calendars import busy_spans, fetch_due
from tests.support.world import MERCHANT, World, at, hours

ZONE = "America/New_York"
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def calendar(*events: str) -> bytes:
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nDTSTAMP:20270101T000000Z\r\n{event}\r\nEND:VEVENT\r\n" for n, event in enumerate(events)) + "END:VCALENDAR\r\n").encode()


def local(day: date, hour: int, zone: str = ZONE) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=ZoneInfo(zone)).astimezone(UTC)


FIRST = date(2027, 3, 5)
DAYS = [FIRST + timedelta(days=n) for n in range(120)]


class TestExpansion:
    def test_one_entry_in_its_zone_in_utc_and_without_zone(self):
        for start in ("DTSTART;TZID=Europe/Berlin:20270310T150000\r\nDTEND;TZID=Europe/Berlin:20270310T160000", "DTSTART:20270310T140000Z\r\nDTEND:20270310T150000Z",
                      "DTSTART:20270310T090000\r\nDURATION:PT1H"):
            assert busy_spans(calendar(start), ZONE, NOW) == [(at(10, 14), at(10, 15))], start

    def test_whole_days_are_days_of_the_location(self):
        assert busy_spans(calendar("DTSTART;VALUE=DATE:20270313\r\nDTEND;VALUE=DATE:20270315"), ZONE, NOW) == [
            (local(date(2027, 3, 13), 0), local(date(2027, 3, 15), 0))]
        assert busy_spans(calendar("DTSTART;VALUE=DATE:20270313"), ZONE, NOW) == [(local(date(2027, 3, 13), 0), local(date(2027, 3, 14), 0))]

    @pytest.mark.parametrize(("rule", "days"), [
        ("FREQ=DAILY;COUNT=30", DAYS[:30]),
        ("FREQ=DAILY;INTERVAL=3;UNTIL=20270601T000000Z", DAYS[:88:3]),
        ("FREQ=WEEKLY;BYDAY=MO,FR;COUNT=20", list(filter(lambda day: day.weekday() in (0, 4), DAYS))[:20]),
        ("FREQ=MONTHLY;BYDAY=1FR;COUNT=6", [date(2027, 3, 5), date(2027, 4, 2), date(2027, 5, 7), date(2027, 6, 4), date(2027, 7, 2), date(2027, 8, 6)]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=4", [date(2027, 3, 31), date(2027, 4, 30), date(2027, 5, 31), date(2027, 6, 30)])])
    def test_repeats_agree_with_an_independent_expansion_across_the_clock_change(self, rule, days):
        """Nine o'clock stays nine o'clock on the wall, before and after March 14."""
        first = max(date(2027, 3, 5), days[0]) if "MONTHDAY" in rule else date(2027, 3, 5)
        event = f"DTSTART;TZID={ZONE}:{first:%Y%m%d}T090000\r\nDTEND;TZID={ZONE}:{first:%Y%m%d}T103000\r\nRRULE:{rule}"
        expected = [(local(day, 9), local(day, 9) + timedelta(minutes=90)) for day in days]
        assert busy_spans(calendar(event), ZONE, NOW) == expected

    def test_an_endless_repeat_ends_with_the_horizon(self):
        spans = busy_spans(calendar(f"DTSTART;TZID={ZONE}:20200101T090000\r\nDTEND;TZID={ZONE}:20200101T100000\r\nRRULE:FREQ=DAILY"), ZONE, NOW)
        assert len(spans) == 401 and NOW - timedelta(days=1) <= spans[0][0] and spans[-1][1] <= NOW + timedelta(days=400)

    def test_left_out_moved_free_and_cancelled_entries(self):
        weekly = f"DTSTART;TZID={ZONE}:20270305T090000\r\nDTEND;TZID={ZONE}:20270305T100000\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\nEXDATE;TZID={ZONE}:20270312T090000"
        moved = f"RECURRENCE-ID;TZID={ZONE}:20270319T090000\r\nDTSTART;TZID={ZONE}:20270320T110000\r\nDTEND;TZID={ZONE}:20270320T120000"
        body = calendar(weekly, "TRANSP:TRANSPARENT\r\nDTSTART:20270306T090000Z\r\nDTEND:20270306T100000Z",
                        "STATUS:CANCELLED\r\nDTSTART:20270307T090000Z\r\nDTEND:20270307T100000Z")
        body = body.replace(b"END:VCALENDAR", f"BEGIN:VEVENT\r\nUID:0\r\nDTSTAMP:20270101T000000Z\r\n{moved}\r\nEND:VEVENT\r\nEND:VCALENDAR".encode())
        assert busy_spans(body, ZONE, NOW) == [(local(date(2027, 3, 5), 9), local(date(2027, 3, 5), 10)),
                                               (local(date(2027, 3, 20), 11), local(date(2027, 3, 20), 12)),
                                               (local(date(2027, 3, 26), 9), local(date(2027, 3, 26), 10))]

    def test_overlapping_entries_become_one_span(self):
        found = busy_spans(calendar("DTSTART:20270310T140000Z\r\nDTEND:20270310T160000Z", "DTSTART:20270310T150000Z\r\nDTEND:20270310T170000Z",
                                    "DTSTART:20270310T170000Z\r\nDTEND:20270310T180000Z"), ZONE, NOW)
        assert found == [(at(10, 14), at(10, 18))]

    @pytest.mark.parametrize("body", [b"", b"hello", b"<html></html>", b"\xff\xfe", b"BEGIN:VCALENDAR\r\n",
                                      calendar("DTSTART:20270310T140000Z\r\nDTEND:20270310T150000Z\r\nRRULE:FREQ=SECONDLY")])
    def test_what_is_no_calendar_or_repeats_without_measure_is_refused(self, body):
        with pytest.raises(ValueError):
            busy_spans(body, ZONE, NOW)


@pytest.mark.parametrize("url", [
    "http://example.com/a.ics", "https://127.0.0.1/a", "https://localhost/a", "https://169.254.169.254/latest", "https://[::1]/", "https://10.0.0.1/",
    "https://192.168.1.1/", "https://0/", "https://0x7f.1/", "https://2130706433/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:10.0.0.1]/",
    "https://user:pw@example.com/", "https://example.com:8443/", "ftp://example.com/", "file:///etc/passwd", "https:///a", "https://100.64.0.1/",
    "https://224.0.0.1/", "https://[fe80::1]/", "https://[fc00::1]/", "gopher://x/", "https://nowhere.invalid/"])
def test_only_the_open_internet_is_asked(db, settings, url):
    keys.configure(dataclasses.replace(settings, sandbox_url=None))
    try:
        with pytest.raises(gateway.Unreachable):
            gateway.checked(url)
    finally:
        keys.configure(settings)


class Elsewhere:
    """A calendar service on this machine."""

    def __init__(self) -> None:
        self.port, self.body, self.asked = free_port(), calendar("DTSTART:20270310T140000Z\r\nDTEND:20270310T160000Z"), []
        app = Flask("elsewhere")

        @app.get("/cal.ics")
        def cal():  # noqa: ANN202
            self.asked.append(request.headers.get("If-None-Match"))
            if request.headers.get("If-None-Match") == '"1"':
                return Response(status=304)
            return Response(self.body, mimetype="text/calendar", headers={"ETag": '"1"'})

        app.add_url_rule("/moved.ics", "/moved.ics", lambda: redirect("/cal.ics"))
        app.add_url_rule("/inside.ics", "/inside.ics", lambda: redirect("https://169.254.169.254/latest/meta-data"))
        app.add_url_rule("/round.ics", "/round.ics", lambda: redirect("/round.ics"))
        app.add_url_rule("/large.ics", "/large.ics", lambda: Response(b"x" * 2_100_000))
        app.add_url_rule("/gone.ics", "/gone.ics", lambda: Response(status=410))
        self.server = make_server("127.0.0.1", self.port, app, threaded=True, request_handler=Quiet)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def url(self, path: str = "cal.ics") -> str:
        return f"http://127.0.0.1:{self.port}/{path}"


@pytest.fixture
def elsewhere(settings) -> Iterator[Elsewhere]:
    found = Elsewhere()
    keys.configure(dataclasses.replace(settings, sandbox_url=f"http://127.0.0.1:{found.port}"))
    yield found
    keys.configure(settings)
    found.server.shutdown()
    found.thread.join()


@pytest.fixture
def world(db, elsewhere, owner_url) -> World:
    return World(owner_url)


def shown(world: World) -> tuple:
    return world.sql("select state, problem, busy_spans::int, due_at > opencals_now() from staff_calendars where store_id = opencals_store()")[0]


def test_busy_time_keeps_new_bookings_away_and_old_ones_stay(world, elsewhere):
    stays = world.book(at(10, 14))
    set_calendar(world.store_id, MERCHANT, world.elena, elsewhere.url())
    assert world.store_id in database().stores_with_calendars()
    assert fetch_due(world.store_id) == 1 and fetch_due(world.store_id) == 0 and world.store_id not in database().stores_with_calendars()
    assert shown(world) == ("ok", None, 1, True) and world.read(stays.ref).status == "confirmed"
    with pytest.raises(Refused) as caught:
        world.book(at(10, 15))
    assert caught.value.code == "slot_taken"
    world.book(at(10, 16))
    world.book(at(10, 15), staff=world.tom)
    remove_calendar(world.store_id, MERCHANT, world.elena)
    world.book(at(10, 15))


def test_what_has_not_changed_is_not_read_again_and_what_has_is(world, elsewhere):
    set_calendar(world.store_id, MERCHANT, world.elena, elsewhere.url())
    fetch_due(world.store_id)
    world.set_clock(world.now + hours(1))
    fetch_due(world.store_id)
    assert elsewhere.asked == [None, '"1"'] and shown(world)[:3] == ("ok", None, 1)
    elsewhere.body = calendar("DTSTART:20270311T140000Z\r\nDTEND:20270311T160000Z", "DTSTART:20270312T140000Z\r\nDTEND:20270316T160000Z")
    set_calendar(world.store_id, MERCHANT, world.elena, elsewhere.url())
    fetch_due(world.store_id)
    assert shown(world)[2] == 2
    rows = world.sql("select starts_at, ends_at from occupancies where kind = 'calendar' and store_id = opencals_store() order by 1")
    assert rows[0] == (at(11, 14), at(11, 16)) and len(rows) == 4 and rows[-1][1] == at(16, 16), "long spans are cut, none is lost"


@pytest.mark.parametrize(("path", "problem"), [
    ("gone.ics", "The host answered 410."), ("large.ics", "The file is larger than 2 MB."), ("round.ics", "The address leads on too many times."),
    ("inside.ics", "The host is not on the open internet."), ("nothing.ics", "The host answered 404.")])
def test_a_failing_calendar_says_why_and_keeps_what_is_known(world, elsewhere, path, problem):
    set_calendar(world.store_id, MERCHANT, world.elena, elsewhere.url())
    fetch_due(world.store_id)
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.execute(text("update staff_calendars set sealed_url = :u, etag = null, due_at = opencals_now()"), {
            "u": seal(world.store_id, "staff_calendar", elsewhere.url(path))})
    fetch_due(world.store_id)
    assert shown(world) == ("failing", problem, 1, True)
    with pytest.raises(Refused):
        world.book(at(10, 15))


def test_a_redirect_within_the_limits_is_followed(world, elsewhere):
    set_calendar(world.store_id, MERCHANT, world.elena, elsewhere.url("moved.ics"))
    fetch_due(world.store_id)
    assert shown(world)[:3] == ("ok", None, 1)


def test_the_address_is_kept_encrypted_and_goes_with_the_person(world, elsewhere):
    set_calendar(world.store_id, MERCHANT, world.elena, elsewhere.url())
    assert "cal.ics" not in world.sql("select sealed_url from staff_calendars where store_id = opencals_store()")[0][0]
    delete_staff(world.store_id, MERCHANT, world.elena)
    assert world.sql("select count(*) from staff_calendars where store_id = opencals_store()") == [(0,)]

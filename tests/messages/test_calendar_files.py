"""Calendar files, read back by two parsers that are not ours to blame (A15, A65, R39, I54, D12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import vobject

from messages import render_mail
from messages.ics import feed, invite
from tests.messages.payloads import LINK, payload

DOMAIN = "opencals.com"
ZONES = [
    # zone, start in UTC, wall time there, offset in hours
    ("America/New_York", "2027-03-13T14:00:00+00:00", "2027-03-13 09:00", -5),
    ("America/New_York", "2027-03-14T13:00:00+00:00", "2027-03-14 09:00", -4),
    ("America/New_York", "2027-11-07T05:30:00+00:00", "2027-11-07 01:30", -4),
    ("Europe/Berlin", "2027-03-28T00:30:00+00:00", "2027-03-28 01:30", 1),
    ("Europe/Berlin", "2027-03-28T01:30:00+00:00", "2027-03-28 03:30", 2),
    ("Australia/Lord_Howe", "2027-07-01T00:00:00+00:00", "2027-07-01 10:30", 10.5),
    ("America/Sao_Paulo", "2027-07-01T12:00:00+00:00", "2027-07-01 09:00", -3),
    ("Asia/Kathmandu", "2027-07-01T03:15:00+00:00", "2027-07-01 09:00", 5.75),
    ("UTC", "2027-07-01T09:00:00+00:00", "2027-07-01 09:00", 0),
]


def file(method: str = "REQUEST", **booking) -> str:
    return invite(payload("booking_confirmed", booking=booking), method, DOMAIN)


def event(text: str) -> icalendar.Event:
    [found] = icalendar.Calendar.from_ical(text).walk("VEVENT")
    return found


@pytest.mark.parametrize(("zone", "start", "wall", "offset"), ZONES)
def test_both_parsers_read_the_same_instant_and_wall_time(zone, start, wall, offset):
    begins = datetime.fromisoformat(start)
    text = file(zone=zone, starts_at=start, ends_at=(begins + timedelta(hours=1)).isoformat())
    first, second = event(text), vobject.readOne(text).vevent
    for begin, end in ((first.start, first.end), (second.dtstart.value, second.dtend.value)):
        assert begin.strftime("%Y-%m-%d %H:%M") == wall
        assert end.astimezone(UTC) - begin.astimezone(UTC) == timedelta(hours=1)
    assert first.start.astimezone(UTC) == begins
    assert second.dtstart.value.utcoffset() == timedelta(hours=offset)


@pytest.mark.parametrize(("zone", "start", "wall", "offset"), [z for z in ZONES if z[0] != "UTC"])
def test_the_zones_own_rules_are_in_the_file(zone, start, wall, offset):
    """A program that does not know the zone reads VTIMEZONE: it must give the right offset at that very time."""
    calendar = icalendar.Calendar.from_ical(file(zone=zone, starts_at=start, ends_at=start))
    [rules] = calendar.walk("VTIMEZONE")
    assert rules["TZID"] == zone
    assert rules.to_tz(lookup_tzid=False).utcoffset(datetime.fromisoformat(wall)) == timedelta(hours=offset)


@pytest.mark.parametrize(("zone", "second"), [("America/New_York", "2027-11-07T06:30:00+00:00"), ("Europe/Berlin", "2027-10-31T01:30:00+00:00")])
def test_the_second_of_an_hour_that_comes_twice_is_not_read_as_the_first(zone, second):
    """RFC 5545 3.3.5: a wall time that occurs twice means its first occurrence; only UTC can name the second."""
    begins = datetime.fromisoformat(second)
    for minutes in (-60, 0, 30):
        start = begins + timedelta(minutes=minutes)
        text = file(zone=zone, starts_at=start.isoformat(), ends_at=(start + timedelta(hours=1)).isoformat())
        for begin, end in ((event(text).start, event(text).end),
                           (vobject.readOne(text).vevent.dtstart.value, vobject.readOne(text).vevent.dtend.value)):
            assert (begin.astimezone(UTC), end.astimezone(UTC)) == (start, start + timedelta(hours=1))


def test_a_new_booking_is_a_request_with_the_customers_link_and_nothing_private():
    text = file()
    calendar, found = icalendar.Calendar.from_ical(text), event(text)
    assert (calendar["METHOD"], calendar["VERSION"], found["STATUS"], found["SEQUENCE"]) == ("REQUEST", "2.0", "CONFIRMED", 1)
    assert found["UID"] == "0123456789ab@harbor.opencals.com" and found["DESCRIPTION"] == LINK
    assert found["LOCATION"] == "Harbor Street, 48 Harbor Street" and found["SUMMARY"] == "Deep tissue - Harbor Massage"
    assert "Ada" not in text and "555" not in text


def test_where_the_shop_comes_to_them_their_address_stays_out():
    """R39: a calendar is shown to others."""
    text = file(location="Van", address="7 Pier Road", place="delivery")
    assert event(text)["LOCATION"] == "Van" and "Pier" not in text
    assert "7 Pier Road" in render_mail("booking_confirmed", payload("booking_confirmed", booking={"address": "7 Pier Road", "place": "delivery"}), DOMAIN).text


def test_a_shop_can_leave_the_link_out():
    """R39: whoever sees the calendar does not see the link then; the message itself still has it."""
    said = payload("booking_confirmed", calendar_link=False)
    assert "DESCRIPTION" not in event(invite(said, "REQUEST", "opencals.com")) and LINK in render_mail("booking_confirmed", said, "opencals.com").text


def test_a_cancellation_takes_the_same_entry_out():
    kept, gone = event(file(version=2)), file("CANCEL", status="cancelled", version=3)
    assert icalendar.Calendar.from_ical(gone)["METHOD"] == "CANCEL" and vobject.readOne(gone).method.value == "CANCEL"
    entry = event(gone)
    assert (entry["STATUS"], entry["UID"]) == ("CANCELLED", kept["UID"]) and entry["SEQUENCE"] > kept["SEQUENCE"]
    assert "DESCRIPTION" not in entry and entry["TRANSP"] == "TRANSPARENT"


def test_each_change_raises_the_sequence_and_keeps_the_uid():
    entries = [event(file(version=version)) for version in (1, 2, 7)]
    assert [entry["SEQUENCE"] for entry in entries] == [0, 1, 6] and len({str(entry["UID"]) for entry in entries}) == 1


def test_what_waits_for_approval_is_tentative():
    assert event(file(status="pending"))["STATUS"] == "TENTATIVE"


@pytest.mark.parametrize(("topic", "status", "changes", "method"), [
    ("booking_confirmed", "confirmed", {}, "REQUEST"), ("booking_moved", "confirmed", {}, "REQUEST"),
    ("approval_given", "confirmed", {}, "REQUEST"), ("booking_cancelled", "cancelled", {}, "CANCEL"),
    ("booking_cancelled", "confirmed", {}, "REQUEST"), ("approval_refused", "declined", {"restored": False}, "CANCEL"),
    ("approval_refused", "confirmed", {"restored": True}, "REQUEST"), ("request_received", "pending", {}, None),
    ("old_date_cancelled", "pending", {}, "CANCEL"), ("approval_asked", "pending", {}, None), ("manage_link", "confirmed", {}, None)])
def test_which_mail_carries_which_method(topic, status, changes, method):
    """D18: a declined request leaves no entry behind; a pending one makes none."""
    mail = render_mail(topic, payload(topic, booking={"status": status}, **changes), DOMAIN)
    assert mail.ics_method == method and (mail.ics is None) == (method is None)
    if mail.ics:
        assert icalendar.Calendar.from_ical(mail.ics)["METHOD"] == method
        assert (event(mail.ics)["STATUS"] == "CANCELLED") == (method == "CANCEL")


def test_lines_are_folded_by_octets_and_end_with_crlf():
    text = file(service="Übergrößenmassage 🙂 " * 20)
    lines = text.encode().split(b"\r\n")
    assert all(len(line) <= 75 for line in lines) and b"\n" not in b"".join(lines) and lines[-1] == b""
    assert event(text)["SUMMARY"].startswith("Übergrößenmassage 🙂 Über")


@pytest.mark.parametrize("name", ["A; B, C\\n", "X\r\nATTENDEE:mailto:eve@example.com", "X\nEND:VEVENT\nBEGIN:VEVENT", "BEGIN:VALARM"])
def test_names_stay_one_value(name):
    """I51: no name makes a second line, field or entry."""
    text = invite(payload("booking_confirmed", booking={"service": name, "address": name}, store={"name": name}), "REQUEST", DOMAIN)
    found = event(text)
    assert "ATTENDEE" not in found and len(vobject.readOne(text).vevent_list) == 1
    assert not [line for line in text.split("\r\n") if line.startswith(("ATTENDEE", "BEGIN:VALARM"))]


def test_the_feed_keeps_cancelled_entries_and_each_zone_once():
    entries = [payload("booking_confirmed", booking={"ref": f"r{n}", "zone": zone, "status": status}) for n, (zone, status) in enumerate(
        (("Europe/Berlin", "confirmed"), ("Europe/Berlin", "cancelled"), ("America/New_York", "pending"), ("UTC", "completed")))]
    text = feed(entries, "Ada's bookings", DOMAIN)
    calendar = icalendar.Calendar.from_ical(text)
    assert calendar["METHOD"] == "PUBLISH" and sorted(z["TZID"] for z in calendar.walk("VTIMEZONE")) == ["America/New_York", "Europe/Berlin"]
    assert [e["STATUS"] for e in calendar.walk("VEVENT")] == ["CONFIRMED", "CANCELLED", "TENTATIVE", "CONFIRMED"]
    assert all("ORGANIZER" not in e for e in calendar.walk("VEVENT")) and len(vobject.readOne(text).vevent_list) == 4


def test_an_empty_feed_is_still_a_calendar():
    assert list(icalendar.Calendar.from_ical(feed([], "Nothing", DOMAIN)).walk("VEVENT")) == []

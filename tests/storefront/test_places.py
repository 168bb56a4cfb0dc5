"""Where a booking takes place: at an address, online by a link, or at the customer's (A149, R13, D16, D22c)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.locations import create_location, update_location
from booking.actions.profile import update_profile
from booking.actions.redact_customer import redact_customer
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.sessions import create_session
from booking.notices import tell_customer
from booking.rules.decision import Refused
from booking.slots import Slot, SlotDays
from messages.render import render_mail
from models.actor import SYSTEM
from models.session import transaction
from storefront.zones import by_days_of
from tests.storefront.visitor import account, link, words
from tests.support.world import MERCHANT, World, at

MEET = "https://meet.example/harbor-"


@pytest.fixture
def online(world) -> int:
    """A person who works online, in a room of each booking's own; her id."""
    room = create_location(world.store_id, MERCHANT, name="Video room", zone="America/New_York", kind="online", meeting_url=MEET + "{room}").facts["id"]
    return world.staff("Vera Line", location_id=room)


def talk(world: World, online: int, **more) -> int:
    return world.add_service("Talk", staff=[online], **more)


def rooms(page: str) -> set[str]:
    return {part.split('"')[0].split("\\n")[0].split()[0] for part in page.split(MEET)[1:]}


def test_an_online_booking_has_a_room_of_its_own(world, ada, online):
    service = talk(world, online)
    first, second = world.book(at(10, 15), service=service), world.book(at(11, 15), service=service)
    found = []
    for b in (first, second):
        ada.get(link(b))
        assert "Video room, online" in words(ada.page) and "Join online" in ada.page and "Show on a map" not in ada.page
        found.append(rooms(ada.page))
        entry = Calendar.from_ical(ada.get(link(b, "calendar.ics")).data).walk("VEVENT")[0]
        assert str(entry["location"]) == f"Video room, {MEET}{next(iter(found[-1]))}"
    assert len(found[0] | found[1]) == 2 and all(len(room) == 24 for room in found[0] | found[1])
    [mail] = [row for row in world.outbox("booking_confirmed") if row.payload["booking"]["ref"] == first.ref]
    assert mail.payload["booking"]["address"] == MEET + next(iter(found[0]))
    reschedule_booking(world.store_id, world.customer(first), first.ref, starts_at=at(12, 15))
    ada.get(account(first))
    assert rooms(ada.page) == found[0], "the link stays when the time moves"
    cancel_booking(world.store_id, MERCHANT, first.ref)
    ada.get(link(first))
    assert MEET not in ada.page, "over is over"


def test_a_request_has_no_link_until_it_is_confirmed(world, ada, online):
    service = talk(world, online, policy={"approval": "manual"})
    asked = world.book(at(10, 15), service=service, by=world.customer(world.book(at(9, 15))))
    ada.get(link(asked))
    assert MEET not in ada.page and "You get the link to join once Harbor Massage has confirmed." in words(ada.page)
    assert MEET not in str([row.payload for row in world.outbox("request_received")])
    approve_booking(world.store_id, MERCHANT, asked.ref)
    ada.get(link(asked))
    assert "Join online" in ada.page and MEET in str(world.outbox("approval_given")[-1].payload)


def test_all_of_a_class_meet_in_one_room(world, ada, online):
    yoga = world.add_service("Yoga", capacity=4, staff=[online])
    for day in (12, 13):
        create_session(world.store_id, MERCHANT, service_id=yoga, staff_id=online, starts_at=at(day, 15))
    found = []
    for day, email in ((12, "ada@example.com"), (12, "bea@example.com"), (13, "ada@example.com")):
        ada.get(link(world.book(at(day, 15), service=yoga, email=email)))
        found.append(rooms(ada.page))
    assert found[0] == found[1] != found[2]


def test_someone_elsewhere_reads_their_own_time_first(world, ada, online):
    """R13: online bookings are told in the viewer's zone first; at an address the place's own time stands first."""
    there, here = world.book(at(10, 15), service=talk(world, online)), world.book(at(10, 17))
    update_profile(world.store_id, world.customer(there), there.customer_id, name="Ada Archer", phone="", locale=None,
                   zone="Europe/Berlin", preferences={"email": {"transactional": True}})
    for b, own_first in ((there, True), (here, False)):
        ada.get(account(b))
        seen = words(ada.page)
        assert (seen.index("Where you are: Wed, Mar 10, 2027") < seen.index("AM EST" if own_first else "PM EST")) == own_first


def test_the_customer_says_where_to_come(world, visitor):
    van = create_location(world.store_id, MERCHANT, name="Van", zone="America/New_York", kind="delivery").facts["id"]
    walker = world.staff("Dora Walk", location_id=van)
    service = world.add_service("Dog walk", staff=[walker])
    visitor.get(f"/book/{service}?day=2027-03-11&month=2027-03")
    visitor.get(visitor.send(f"/book/{service}", at="2027-03-11T16:00:00+00:00").headers["Location"])
    assert "Where should we come?" in words(visitor.page)
    for wrong in ("", "  ", "x" * 401):
        visitor.send(f"/book/{service}/details", 422, name="Bea", email="bea@example.com", delivery_address=wrong)
        assert "Please tell us where to come" in words(visitor.page) and 'href="#delivery_address"' in visitor.page
    visitor.get(visitor.send(f"/book/{service}/details", name="Bea", email="bea@example.com", delivery_address="7 Pier\nRoad").headers["Location"])
    assert "At your address: 7 P•••" in words(visitor.page) and "Pier" not in visitor.page and "Show on a map" not in visitor.page
    [told] = world.outbox("booking_confirmed")
    assert told.payload["booking"]["address"] == "7 Pier Road"
    b = world.read(world.sql("select ref from bookings")[0][0])
    for file in (render_mail(told.topic, told.payload, "opencals.com").ics, visitor.get(link(b, "calendar.ics")).text):
        assert "LOCATION:Van\r\n" in file and "Pier" not in file, "a calendar is shown to others (R39)"
    customer = world.sql("select customer_id from bookings")[0][0]
    visitor.sign_in("bea@example.com")
    assert "At your address: 7 Pier Road" in words(visitor.get(f"/account/bookings/{b.ref}").text), "its owner sees it (R6)"
    redact_customer(world.store_id, SYSTEM, customer)
    assert world.sql("select delivery_address from bookings") == [("",)]


def test_nobody_is_asked_for_an_address_elsewhere(world, visitor):
    visitor.get(f"/book/{world.service}?day=2027-03-11&month=2027-03")
    visitor.get(visitor.send(f"/book/{world.service}", at="2027-03-11T16:00:00+00:00").headers["Location"])
    assert "Where should we come?" not in words(visitor.page)
    visitor.send(f"/book/{world.service}/details", name="Bea", email="bea@example.com", delivery_address="7 Pier Road")
    assert world.sql("select delivery_address from bookings") == [("",)]


@pytest.mark.parametrize(("values", "field"), [
    ({"kind": "moon"}, "kind"), ({"meeting_url": MEET}, "meeting_url"), ({"kind": "online", "meeting_url": "http://meet.example"}, "meeting_url"),
    ({"kind": "online", "meeting_url": "https://me et.example/x"}, "meeting_url"), ({"kind": "online", "meeting_url": "https://a@b.example"}, "meeting_url"),
    ({"kind": "delivery", "meeting_url": MEET}, "meeting_url")])
def test_a_place_that_cannot_be_is_refused(world, values, field):
    with pytest.raises(Refused) as refused:
        create_location(world.store_id, MERCHANT, name="X", zone="America/New_York", **values)
    assert [error["field"] for error in refused.value.facts["errors"]] == [field]


def test_a_place_that_is_online_no_longer_has_no_link(world, online):
    room = world.sql("select location_id from staff where id = %s", online)[0][0]
    update_location(world.store_id, MERCHANT, room, meeting_url="https://meet.example/one")
    update_location(world.store_id, MERCHANT, room, kind="place")
    assert world.sql("select kind, meeting_url from locations where id = %s", room) == [("place", None)]


def in_tokyo(world, b) -> None:
    update_profile(world.store_id, world.customer(b), b.customer_id, name="Ada Archer", phone="", locale=None, zone="Asia/Tokyo",
                   preferences={"email": {"transactional": True}})


class TestToldInTheCustomersZone:
    """R13: what is online is told in the customer's zone, wherever it is told, and in the place's as the second line."""

    @pytest.fixture
    def call(self, world, ada, online):
        b = world.book(at(10, 15), service=talk(world, online, policy={"cancel": {"notice": "PT24H"}}), paid=2500)
        in_tokyo(world, b)
        return world.read(b.ref)

    @pytest.mark.parametrize("door", [account, link])
    def test_on_its_pages(self, ada, call, door):
        ada.get(door(call))
        text = words(ada.page)
        assert "Date Thursday, March 11, 2027" in text and "Time 12:00 AM to 1:00 AM JST" in text
        assert "Time at Harbor Massage Wed, Mar 10, 2027, 10:00 AM EST" in text
        assert "You can cancel this until Wed, Mar 10, 2027, 12:00 AM JST." in text and "Move until Wed, Mar 10, 2027, 12:00 AM JST." in text
        assert text.count("EST") == 2, "nothing else is told in the place's zone"
        ada.get(door(call, "cancel"))
        text = words(ada.page)
        assert "Talk · Thu, Mar 11, 2027, 12:00 AM JST" in text and "Time at Harbor Massage: Wed, Mar 10, 2027, 10:00 AM EST" in text
        assert "You can cancel this until Wed, Mar 10, 2027, 12:00 AM JST." in text

    def test_too_late_too(self, world, ada, call):
        world.set_clock(at(10, 14))
        ada.get(link(call))
        assert "You could cancel this until Wed, Mar 10, 2027, 12:00 AM JST." in words(ada.page)
        assert "Cancelling online ended Wed, Mar 10, 2027, 12:00 AM JST." in words(ada.page)

    def test_in_the_list_and_the_calendar(self, world, ada, call):
        world.book(at(10, 17))
        ada.get("/account")
        text = words(ada.page)
        assert "Thu 11 Mar Talk , Thu, Mar 11, 12:00 AM to 1:00 AM JST" in text and "Time at Harbor Massage: Wed, Mar 10, 2027, 10:00 AM EST" in text
        assert "Wed 10 Mar Massage , Wed, Mar 10, 12:00 PM to 1:00 PM EST" in text, "a place one goes to keeps its own time"
        assert text.count("Time at Harbor Massage") == 1
        ada.get("/account?view=calendar&month=2027-03")
        days = words(ada.page).split("Day by day")[1]
        assert "Wednesday, March 10, 2027 Massage 12:00 PM" in days and "Thursday, March 11, 2027 Talk 12:00 AM" in days

    def test_in_what_the_browser_has_chosen_before_the_profile(self, ada, call):
        ada.get("/account?zone=Europe/Berlin")
        assert "Wed 10 Mar Talk , Wed, Mar 10, 4:00 PM to 5:00 PM CET" in words(ada.page)

    def test_at_the_end_of_a_year_it_is_filed_under_the_day_and_year_there(self, world, ada, online):
        world.set_clock(datetime(2027, 12, 20, tzinfo=UTC))
        b = world.book(datetime(2027, 12, 31, 21, tzinfo=UTC), service=talk(world, online))
        in_tokyo(world, b)
        ada.sign_in()
        ada.get("/account")
        assert "Sat 1 Jan 2028 Talk , Sat, Jan 1, 2028, 6:00 AM to 7:00 AM JST" in words(ada.page)
        ada.get("/account?view=calendar&month=2028-01")
        assert "Saturday, January 1, 2028 Talk" in words(ada.page).split("Day by day")[1]
        ada.get("/account?view=week&day=2027-12-27")
        assert "Saturday, January 1, 2028 Talk" in words(ada.page).split("Day by day")[1]

    def test_in_mails_and_not_in_those_to_the_shop(self, world, call):
        moved = reschedule_booking(world.store_id, world.customer(call), call.ref, starts_at=at(11, 16)).booking
        mail = render_mail("booking_moved", world.outbox("booking_moved")[-1].payload, "opencals.com")
        assert mail.subject == "New time: Talk, Fri, Mar 12, 2027, 1:00 AM JST"
        assert "Your new time is Fri, Mar 12, 2027, 1:00 AM JST. It was Thu, Mar 11, 2027, 12:00 AM JST before." in mail.text
        assert "Time: 1:00 AM to 2:00 AM JST" in mail.text and "Time at Harbor Massage: Thu, Mar 11, 2027, 11:00 AM EST" in mail.text
        assert "Move until Thu, Mar 11, 2027, 1:00 AM JST." in mail.text
        assert b"DTSTART;TZID=America/New_York:20270311T110000" in mail.ics.encode()
        for row in world.outbox("merchant_booking_moved"):
            told = render_mail("merchant_booking_moved", row.payload, "opencals.com")
            assert "Thu, Mar 11, 2027, 11:00 AM EST" in told.subject and "JST" not in told.text
        assert moved.zone == "America/New_York"

    def test_of_new_zone_rules_both_times_are_told(self, world, call):
        with transaction(world.store_id, SYSTEM) as tx:
            tell_customer(tx, "zone_rules", call, old=call)
        mail = render_mail("zone_rules", world.outbox("zone_rules")[-1].payload, "opencals.com")
        assert "stays on Wed, Mar 10, 2027, 10:00 AM EST, local time there." in mail.text
        assert "Where you are: Thu, Mar 11, 2027, 12:00 AM JST" in mail.text and "please check" not in mail.text


class TestZoneOfOnesOwn:
    """Of what takes place online the visitor says in which zone times stand (R13); what is booked is the same instant."""

    def test_on_the_link_page_and_in_the_account_it_is_chosen_and_kept(self, world, ada, online):
        b = world.book(at(10, 15), service=talk(world, online))
        ada.get(link(b))
        assert 'name="zone"' in ada.page and "Wed, Mar 10, 2027, 10:00 AM EST" in words(ada.page)
        ada.get(link(b, zone="Asia/Tokyo"))
        assert "Where you are: Thu, Mar 11, 2027, 12:00 AM JST" in words(ada.page) and "10:00 AM EST" in words(ada.page)
        ada.get(link(b))
        assert "Where you are: Thu, Mar 11" in words(ada.page), "this browser keeps it"
        ada.get(link(b, zone="Mars/Base"))
        assert "Where you are: Thu, Mar 11" in words(ada.page), "what is no zone changes nothing"
        assert world.sql("select zone from customers where id = %s", b.customer_id) == [(None,)], "reading writes nothing"

    def test_the_picker_shows_days_and_times_of_that_zone_and_books_the_instant(self, world, ada, online):
        b = world.book(at(10, 15), service=talk(world, online))
        ada.get(link(b, "reschedule", zone="Asia/Tokyo", month="2027-03", day="2027-03-12"))
        text = words(ada.page)
        assert "Times are in Asia/Tokyo" in text and "Friday, March 12" in text
        # Vera's day in New York, 9 to 17, is 23 to 7 in Tokyo: the small hours, and the evening of the same day.
        assert 'value="2027-03-11T15:00:00+00:00"' in ada.page and "12:00 AM" in text and "2:00 PM" not in text
        ada.get(link(b, "reschedule", at="2027-03-11T15:00:00+00:00"))
        assert "Friday, March 12, 2027" in words(ada.page) and "12:00 AM to 1:00 AM" in words(ada.page)

    def test_booking_anew_online_too(self, world, ada, online):
        service = talk(world, online)
        ada.get(f"/book/{service}?month=2027-03&day=2027-03-12&zone=Europe/Berlin")
        assert "Times are in Europe/Berlin" in words(ada.page) and "3:00 PM" in words(ada.page) and "9:00 AM" not in words(ada.page)

    def test_a_place_one_goes_to_keeps_its_own_time(self, world, ada):
        b = world.book(at(10, 15))
        ada.get(link(b, zone="Asia/Tokyo"))
        assert 'name="zone"' not in ada.page and "Where you are: Thu, Mar 11" in words(ada.page)
        ada.get(link(b, "reschedule", month="2027-03", day="2027-03-12"))
        assert "Times are in America/New York" in words(ada.page)


def test_times_stand_under_the_days_of_the_chosen_zone_and_only_those_asked_for():
    """23:30 and 00:30 in New York are 05:30 and 06:30 of one day in Berlin; what falls before or after the days asked for is not theirs."""
    late, early = datetime(2027, 3, 11, 4, 30, tzinfo=UTC), datetime(2027, 3, 11, 5, 30, tzinfo=UTC)
    before, after = late - timedelta(days=1), early + timedelta(days=1)
    slots = {at: Slot(at, at + timedelta(hours=1), (1,)) for at in (before, late, early, after)}
    found = SlotDays("America/New_York", ((date(2027, 3, 9), (slots[before],)), (date(2027, 3, 10), (slots[late],)),
                                          (date(2027, 3, 11), (slots[early],)), (date(2027, 3, 12), (slots[after],))))
    day = date(2027, 3, 11)
    assert by_days_of("Europe/Berlin", found, day, day) == SlotDays("Europe/Berlin", ((day, (slots[late], slots[early])),))
    assert [d for d, _ in by_days_of("Europe/Berlin", found, date(2027, 3, 10), date(2027, 3, 12)).days] == [
        date(2027, 3, 10), day, date(2027, 3, 12)]

"""Where a customer may move to is the same at the picker, the summary, the commit and the API: the same location, the person who was named,
the days the shop allows (A138, I10, R14, R18)."""

from __future__ import annotations

import re
from datetime import date

import pytest

from booking.actions.create_series import create_series
from booking.actions.create_visit import VisitPart, create_visit
from booking.actions.locations import create_location
from booking.actions.people import Person
from booking.actions.reschedule_booking import ANYONE, reschedule_booking
from booking.actions.staff import update_staff
from booking.rules.decision import Refused
from tests.storefront.visitor import account, fields, link, words
from tests.support.world import MERCHANT, at

ADA = Person("Ada Archer", "ada@example.com", "+12125550101")
SWITCH = {"reschedule": {"notice": "PT2H", "change_staff": True}}
DOORS = pytest.mark.parametrize("door", [account, link])
THURSDAY_11 = "2027-03-11T16:00:00+00:00"


class TestTheSameLocation:
    @pytest.fixture
    def zed(self, world) -> int:
        south = create_location(world.store_id, MERCHANT, name="South Street", address="99 South Street", zone="America/New_York").facts["id"]
        return world.staff("Zed South", location_id=south)

    @DOORS
    def test_anyone_free_means_anyone_there(self, world, ada, zed, door):
        service = world.add_service("Facial", staff=[world.elena, zed], policy=SWITCH)
        b = world.book(at(10, 15), service=service, staff=world.elena)
        world.book(at(11, 16), staff=world.elena, email="bea@example.com")
        ada.get(door(b, "reschedule"))
        assert "Anyone free" not in words(ada.page)
        address = door(b, "reschedule")
        ada.get(address + ("&" if "?" in address else "?") + "staff=anyone&at=" + THURSDAY_11.replace("+", "%2B"), 409)
        ada.post(address, 409, starts_at=THURSDAY_11, version="1", price="8000", staff="anyone")
        ada.post(address, 409, starts_at=THURSDAY_11, version="1", price="8000", staff=str(zed))
        assert (world.read(b.ref).location_id, world.read(b.ref).version) == (world.location, 1)

    def test_the_move_itself_looks_at_the_location(self, world, zed):
        """Inside the transaction, whatever the door had asked."""
        service = world.add_service("Facial", staff=[world.elena, zed], policy=SWITCH)
        b = world.book(at(10, 15), service=service, staff=world.elena)
        world.book(at(11, 16), staff=world.elena, email="bea@example.com")
        for wanted, code in ((ANYONE, "slot_taken"), (zed, "invalid")):
            with pytest.raises(Refused) as refused:
                reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(11, 16), staff_id=wanted)
            assert refused.value.code == code
        moved = reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(11, 16), staff_id=zed).booking
        assert moved.staff_id == zed and moved.location_id != world.location

    def test_a_person_who_works_elsewhere_now_has_left_this_place(self, world, ada, zed):
        b = world.book(at(10, 15))
        update_staff(world.store_id, MERCHANT, world.elena, location_id=world.sql("select location_id from staff where id = %s", zed)[0][0])
        ada.get(link(b, "reschedule"))
        assert "Elena Marsh no longer gives this service at Harbor Street." in words(ada.page) and 'name="at"' not in ada.page
        ada.post(link(b, "reschedule"), 422, starts_at=THURSDAY_11, version="1", price="8000")
        assert world.read(b.ref).location_id == world.location

    def test_dates_of_a_series_too(self, world, ada, zed):
        service = world.add_service("Facial", staff=[world.elena, zed], policy=SWITCH)
        made = create_series(world.store_id, MERCHANT, service_id=service, staff_id=world.elena, person=ADA, starts_at=at(5, 15), dates=2).bookings
        world.book(at(13, 15), staff=world.elena, email="bea@example.com")
        with pytest.raises(Refused) as refused:
            reschedule_booking(world.store_id, world.customer(made[1]), made[1].ref, starts_at=at(13, 15), staff_id=ANYONE)
        assert refused.value.code == "slot_taken"
        world.add_service("Sauna", staff=[world.elena, world.tom, zed])
        ada.get(account(made[0], "reschedule") + "?scope=all&staff=anyone&at=2027-03-06T15:00:00%2B00:00")
        assert "1 booking moves" in words(ada.page) and "The new time is taken or cannot be booked." in words(ada.page)


class TestThePersonOfTheSummary:
    @pytest.fixture
    def b(self, world):
        """Elena's; at the new time she is taken, and Adam, first by name, has the fuller day."""
        adam = world.staff("Adam First")
        service = world.add_service("Facial", staff=[adam, world.elena, world.tom], policy=SWITCH)
        b = world.book(at(10, 15), service=service, staff=world.elena)
        world.book(at(11, 16), staff=world.elena, email="bea@example.com")
        for hour in (18, 20):
            world.book(at(11, hour), service=service, staff=adam, email=f"a{hour}@example.com")
        return b

    @DOORS
    def test_is_the_one_with_the_quiet_day_and_the_one_committed(self, world, ada, b, door):
        address = door(b, "reschedule")
        ada.get(address + ("&" if "?" in address else "?") + "staff=anyone&at=" + THURSDAY_11.replace("+", "%2B"))
        assert "11:00 AM to 12:00 PM EST Tom Okonkwo" in words(ada.page) and fields(ada.page)["staff"] == str(world.tom)
        world.book(at(11, 14), staff=world.tom, email="c1@example.com")
        world.book(at(11, 18), staff=world.tom, email="c2@example.com")
        world.book(at(11, 20), staff=world.tom, email="c3@example.com")  # now Adam's day would be the quieter one
        ada.send(address)
        assert world.read(b.ref).staff_id == world.tom

    @DOORS
    def test_taken_meanwhile_brings_fresh_times_and_nobody_else(self, world, ada, b, door):
        address = door(b, "reschedule")
        ada.get(address + ("&" if "?" in address else "?") + "staff=anyone&at=" + THURSDAY_11.replace("+", "%2B"))
        form, action = fields(ada.page), re.search(r'method="post" action="([^"]*/reschedule[^"]*)"', ada.page)[1].replace("&amp;", "&")
        world.book(at(11, 16), staff=world.tom, email="cem@example.com")
        ada.post(action, 409, **form)
        seen = words(ada.page)
        assert "That time has just been taken." in seen and 'aria-current="true" data-swap>Anyone free' in ada.page and 'name="at"' in ada.page
        assert (world.read(b.ref).staff_id, world.read(b.ref).version) == (world.elena, 1)

    def test_gone_meanwhile_too(self, world, ada, b):
        ada.get(account(b, "reschedule") + "?staff=anyone&at=" + THURSDAY_11.replace("+", "%2B"))
        update_staff(world.store_id, MERCHANT, world.tom, active=False)
        ada.send(account(b, "reschedule"), 409)
        assert 'name="at"' in ada.page and world.read(b.ref).version == 1

    def test_stays_the_same_where_they_are_free(self, world, ada, b):
        ada.get(account(b, "reschedule") + "?staff=anyone&at=2027-03-12T16:00:00%2B00:00")
        assert "11:00 AM to 12:00 PM EST Elena Marsh" in words(ada.page) and not fields(ada.page).get("staff")
        ada.send(account(b, "reschedule"))
        assert world.read(b.ref).staff_id == world.elena


class TestNotMoreThanSoManyDaysLater:
    """R18: days after the original date; earlier is as good as any."""

    LIMIT = {"reschedule": {"notice": "PT2H", "within_days": 3}}
    LATEST = "The new date can be Mar 13, 2027 at the latest."

    @pytest.fixture
    def b(self, world):
        return world.book(at(10, 15), service=world.add_service("Facial", policy=self.LIMIT), staff=world.elena)

    @DOORS
    def test_it_is_said_before_and_later_days_are_not_shown(self, world, ada, b, door):
        ada.get(door(b))
        assert self.LATEST in words(ada.page)
        ada.get(door(b, "reschedule"))
        assert self.LATEST in words(ada.page) and "day=2027-03-13" in ada.page and "day=2027-03-14" not in ada.page and "day=2027-03-04" in ada.page
        assert "month=2027-04" not in ada.page

    @DOORS
    def test_a_later_day_gets_no_button(self, world, ada, b, door):
        address = door(b, "reschedule")
        ada.get(address + ("&" if "?" in address else "?") + "at=2027-03-14T16:00:00%2B00:00", 409)
        assert "You can move this booking to at most 3 days after its original date." in words(ada.page) and "Confirm Booking" not in words(ada.page)
        ada.get(address + ("&" if "?" in address else "?") + "at=2027-03-13T16:00:00%2B00:00")
        assert self.LATEST in words(ada.page) and "Confirm Booking" in words(ada.page)

    def test_any_number_of_days_earlier_is_fine(self, world, ada, b):
        ada.get(account(b, "reschedule") + "?at=2027-03-03T16:00:00%2B00:00")
        ada.send(account(b, "reschedule"))
        assert world.read(b.ref).starts_at == at(3, 16)
        ada.get(account(b))
        assert self.LATEST in words(ada.page)  # from the original date, wherever it is now

    def test_a_visit_keeps_to_the_strictest_of_its_parts(self, world, ada):
        parts = [VisitPart(world.add_service("Colour"), world.elena), VisitPart(world.add_service("Cut", policy=self.LIMIT))]
        made = create_visit(world.store_id, MERCHANT, person=ADA, starts_at=at(10, 15), parts=parts).bookings
        ada.get(account(made[0], "reschedule"))
        assert "day=2027-03-13" in ada.page and "day=2027-03-14" not in ada.page
        ada.get(account(made[0], "reschedule") + "?at=2027-03-14T16:00:00%2B00:00", 409)
        assert date(2027, 3, 10) == world.read(made[0].ref).local_start.date()

    def test_the_confirmation_says_it(self, world, b):
        from messages.render import render_mail

        mail = render_mail("booking_confirmed", world.outbox("booking_confirmed")[0].payload, "example.com")
        assert self.LATEST in mail.text


class TestTheDayClocksChange:
    """I57: New York, 14 March 2027; EST ends at 2:00."""

    def test_the_zone_is_named_by_the_times_shown(self, world, ada):
        update_staff(world.store_id, MERCHANT, world.elena, hours={day: [["00:00", "23:45"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")})
        b = world.book(at(10, 15))
        for day, zone in (("13", "EST"), ("14", "EST, EDT"), ("15", "EDT")):
            ada.get(account(b, "reschedule") + f"?month=2027-03&day=2027-03-{day}")
            assert f"Times are in America/New York ({zone})." in words(ada.page)
        ada.get(account(b, "reschedule") + "?month=2027-03&day=2027-03-14")
        assert "12:00 AM EST" in words(ada.page) and "9:00 PM EDT" in words(ada.page)

    def test_a_shop_that_opens_after_it_has_one_zone_that_day(self, world, ada):
        b = world.book(at(10, 15))
        ada.get(account(b, "reschedule") + "?month=2027-03&day=2027-03-14")
        assert "Times are in America/New York (EDT)." in words(ada.page)

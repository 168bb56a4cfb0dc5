"""Class dates: made, changed, removed, shown and filled (R30, I7)."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
import pytest
from sqlalchemy import text

from booking.actions import action
from booking.actions.cancel_booking import cancel_booking
from booking.actions.hold_slot import hold_slot
from booking.actions.locations import create_location
from booking.actions.sessions import create_session, delete_session, update_session
from models.actor import Actor
from models.session import transaction
from tests.actions.test_reschedule import race, refused
from tests.actions.test_slots import accepted, shown
from tests.support.world import MERCHANT, World, at

GUEST = Actor("customer", "account")


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


class TestTheDiary:
    @pytest.fixture
    def yoga(self, world) -> int:
        return world.add_service("Yoga", capacity=8, buffer_before_s=900, buffer_after_s=600)

    def add(self, world, service, **values):
        given = {"service_id": service, "staff_id": world.elena, "starts_at": at(10, 15)} | values
        return create_session(world.store_id, MERCHANT, **given).facts["id"]

    def test_a_date_takes_the_services_room_and_length(self, world, yoga):
        self.add(world, yoga)
        assert world.sql("select capacity, starts_at, ends_at, occupied_from, occupied_to, status from sessions") == [
            (8, at(10, 15), at(10, 16), at(10, 14, 45), at(10, 16, 10), "scheduled")]

    def test_the_teacher_is_busy_with_buffers(self, world, yoga):
        self.add(world, yoga)
        assert refused("slot_taken", self.add, world, yoga, starts_at=at(10, 16, 15))
        self.add(world, yoga, starts_at=at(10, 16, 25))
        self.add(world, yoga, staff_id=world.tom)
        offered = shown(world, world.service, date(2027, 3, 10), date(2027, 3, 10), staff_id=world.elena)
        assert min(offered) == at(10, 17, 45)

    def test_over_a_booking_only_by_override(self, world, yoga):
        world.book(at(10, 15))
        refused("slot_taken", self.add, world, yoga)
        self.add(world, yoga, override=True)
        assert world.sql("select overlap_ok from sessions") == [(True,)]

    @pytest.mark.parametrize(("values", "field"), [
        ({"service_id": 1}, "service"), ({"staff_id": 1}, "staff"), ({"capacity": 0}, "capacity"), ({"capacity": 10_001}, "capacity"),
        ({"starts_at": at(10, 15) + timedelta(seconds=1)}, "starts_at")])
    def test_bad_input_is_named(self, world, yoga, values, field):
        assert [error["field"] for error in refused("invalid", self.add, world, yoga, **values).facts["errors"]] == [field]
        assert world.sql("select count(*) from sessions") == [(0,)]

    def test_a_service_for_one_has_no_dates(self, world):
        refused("invalid", self.add, world, world.service)

    def test_room_grows_and_shrinks_down_to_the_seats_taken(self, world, yoga):
        date_id = self.add(world, yoga, capacity=4)
        world.book(at(10, 15), service=yoga, seats=3)
        update_session(world.store_id, MERCHANT, date_id, capacity=3)
        refused("invalid", update_session, world.store_id, MERCHANT, date_id, capacity=2)
        refused("not_found", update_session, world.store_id, MERCHANT, 1, capacity=2)
        refused("slot_taken", world.book, at(10, 15), service=yoga)
        update_session(world.store_id, MERCHANT, date_id, capacity=4)
        world.book(at(10, 15), service=yoga)

    def test_a_date_nobody_booked_goes_without_a_trace_of_busy_time(self, world, yoga):
        date_id = self.add(world, yoga)
        delete_session(world.store_id, MERCHANT, date_id)
        assert world.sql("select count(*) from occupancies") == [(0,)]
        refused("not_found", delete_session, world.store_id, MERCHANT, date_id)

    def test_a_date_somebody_booked_stays_even_when_they_cancelled(self, world, yoga):
        date_id = self.add(world, yoga)
        b = world.book(at(10, 15), service=yoga)
        cancel_booking(world.store_id, MERCHANT, b.ref)
        refused("not_allowed", delete_session, world.store_id, MERCHANT, date_id)

    def test_another_shops_date_is_not_found(self, world, yoga, owner_url):
        date_id = self.add(world, yoga)
        other = World(owner_url)
        refused("not_found", update_session, other.store_id, MERCHANT, date_id, capacity=9)
        refused("not_found", delete_session, other.store_id, MERCHANT, date_id)


class TestFreeSeats:
    def test_the_horizon_is_counted_in_the_zone_of_the_teacher(self, world):
        """A school with a teacher in Berlin: page and commit take the same zone."""
        berlin = create_location(world.store_id, MERCHANT, name="Berlin", zone="Europe/Berlin").facts["id"]
        anna = world.staff("Zoe Berg", location_id=berlin)
        service = world.add_service("Yoga", staff=[world.elena, anna], capacity=5, horizon_days=2)
        # Midnight has passed in Berlin, not in New York: three days on is inside Berlin's horizon only.
        world.set_clock(at(2, 0, 30))
        for staff in (world.elena, anna):
            create_session(world.store_id, MERCHANT, service_id=service, staff_id=staff, starts_at=at(4, 15 if staff == anna else 16))
        late = at(4, 6)
        create_session(world.store_id, MERCHANT, service_id=service, staff_id=anna, starts_at=late)
        offered = set(shown(world, service, date(2027, 3, 1), date(2027, 3, 9)))
        assert late in offered
        assert accepted(world, service, [at(4, 15), at(4, 16), late]) == offered

    def test_full_dates_are_hidden_from_parties_that_do_not_fit(self, world):
        service = world.add_service("Yoga", capacity=5)
        world.session(service, at(10, 15), capacity=3)
        world.book(at(10, 15), service=service, staff=world.elena, seats=2)
        for seats, free in ((1, {at(10, 15)}), (2, set())):
            assert set(shown(world, service, date(2027, 3, 10), date(2027, 3, 10), seats=seats)) == free
            assert accepted(world, service, [at(10, 15)], seats=seats) == free


class TestParties:
    @pytest.fixture
    def yoga(self, world) -> int:
        service = world.add_service("Yoga", capacity=10, price=1500)
        world.session(service, at(10, 15), capacity=6)
        return service

    def seats(self, world) -> int:
        return world.sql("select seats_taken from sessions")[0].seats_taken

    def test_a_party_is_one_booking_with_its_seats_and_price(self, world, yoga):
        b = world.book(at(10, 15), service=yoga, seats=4, by=GUEST)
        assert (b.seats, b.price, b.session_id is not None, b.staff_id) == (4, 6000, True, world.elena)
        assert self.seats(world) == 4
        refused("slot_taken", world.book, at(10, 15), service=yoga, seats=3, by=GUEST)
        assert world.book(at(10, 15), service=yoga, seats=2, by=GUEST).session_id == b.session_id
        refused("slot_taken", world.book, at(10, 15), service=yoga, by=MERCHANT, override=True)

    def test_only_at_the_start_of_a_date(self, world, yoga):
        refused("outside_hours", world.book, at(10, 15, 15), service=yoga, by=GUEST)
        refused("outside_hours", world.book, at(10, 15, 15), service=yoga, by=MERCHANT, override=True)

    def test_the_teacher_is_busy_meanwhile(self, world, yoga):
        refused("slot_taken", world.book, at(10, 15, 30), by=GUEST)

    def test_seats_never_exceed_the_room(self, world, yoga):
        parties = [1, 2, 3, 1, 2, 3, 1, 2, 3, 2]
        outcomes = race(world, [lambda n=n, seats=seats: world.book(at(10, 15), service=yoga, seats=seats, by=GUEST, email=f"p{n}@example.com")
                                for n, seats in enumerate(parties)])
        taken = world.sql("select coalesce(sum(seats), 0) from bookings")[0][0]
        assert len(outcomes) == len(parties) and set(outcomes) == {"ok", "slot_taken"}
        assert self.seats(world) == taken <= 6
        # Whoever was refused did not fit any more.
        assert taken >= 4

    def test_checkouts_with_and_without_a_hold_never_deadlock(self, world, yoga, monkeypatch):
        """A hold gives its seats back inside the booking: locks taken in another order there would fail here, where nothing is retried."""
        monkeypatch.setattr(action, "TRIES", 1)
        for n in range(0, 6, 2):
            hold_slot(world.store_id, GUEST, service_id=yoga, starts_at=at(10, 15), owner=f"o{n}")
        outcomes = race(world, [lambda n=n: world.book(at(10, 15), service=yoga, by=GUEST, hold=f"o{n}" if n % 2 == 0 else None,
                                                       email=f"p{n}@example.com") for n in range(6)])
        assert (outcomes, self.seats(world)) == (["ok"] * 6, 6)

    def test_without_the_check_the_room_overflows(self, db, owner_url, world, yoga):
        """The control: the last word on seats is the database's."""
        world.book(at(10, 15), service=yoga, seats=6)
        with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as owner:
            owner.execute("alter table sessions drop constraint sessions_seats")
        try:
            with transaction(world.store_id, MERCHANT) as tx:
                tx.db.execute(text("update bookings set seats = 7"))
            assert self.seats(world) == 7
        finally:
            with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as owner:
                owner.execute("alter table sessions add constraint sessions_seats check (seats_taken between 0 and capacity) not valid")

"""Slots kept while someone types (I11, D33c): who they keep out, how long, how many."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import insert

from booking.actions.blocks import create_block
from booking.actions.hold_slot import hold_slot, release_hold, sweep_holds
from booking.actions.services import update_service
from booking.actions.stores import update_store
from booking.offers import find_offer
from booking.slots import free_days
from models.actor import SYSTEM, Actor
from models.base import new_id
from models.hold import Hold
from models.session import reading, transaction
from tests.actions.test_reschedule import race, refused
from tests.support.world import MERCHANT, World, at, hours

GUEST = Actor("customer", "account")


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def hold(world: World, starts_at, owner: str = "ann", **more):
    values = {"service_id": world.service, "staff_id": world.elena} | more
    return hold_slot(world.store_id, GUEST, starts_at=starts_at, owner=owner, **values).facts


def offered(world: World, service: int | None = None) -> set:
    with reading(world.store_id) as tx:
        offer = find_offer(tx, service or world.service)
        days = free_days(tx, offer, date(2027, 3, 1), date(2027, 3, 14), staff_id=world.elena)
    return {slot.starts_at for _, slots in days.days for slot in slots}


def owners(world: World) -> list[str]:
    return [row.owner for row in world.sql("select owner from holds order by owner")]


def test_a_hold_keeps_others_out_for_ten_minutes(world):
    facts = hold(world, at(10, 15))
    assert facts["expires_at"] == world.now + timedelta(minutes=10) and facts["staff_id"] == world.elena
    world.set_clock(world.now + timedelta(minutes=10) - timedelta(microseconds=1))
    assert at(10, 15) not in offered(world)
    refused("slot_taken", hold, world, at(10, 15), "bob")
    refused("slot_taken", world.book, at(10, 15, 30), by=GUEST)


def test_at_its_end_it_stops_blocking_though_nobody_has_swept(world):
    hold(world, at(10, 15))
    world.set_clock(world.now + timedelta(minutes=10))
    assert at(10, 15) in offered(world)
    world.book(at(10, 15), by=GUEST)
    assert owners(world) == []


@pytest.mark.parametrize("take", [
    lambda w: hold(w, at(10, 15), "bob"), lambda w: w.session(w.add_service("Yoga", capacity=4), at(10, 15)),
    lambda w: create_block(w.store_id, MERCHANT, staff_id=w.elena, starts_at=at(10, 15), ends_at=at(10, 16))])
def test_an_expired_hold_stands_in_nobodys_way(world, take):
    hold(world, at(10, 15))
    world.set_clock(world.now + timedelta(minutes=10))
    take(world)
    assert "ann" not in owners(world)


def test_the_holder_books_what_is_held(world):
    hold(world, at(10, 15))
    b = world.book(at(10, 15), by=GUEST, hold="ann")
    assert (b.status, owners(world)) == ("confirmed", [])
    assert world.sql("select kind from occupancies") == [("booking",)]


def test_a_refused_booking_leaves_the_hold(world):
    hold(world, at(10, 15))
    world.book(at(11, 15))
    refused("slot_taken", world.book, at(11, 15), by=GUEST, hold="ann")
    assert owners(world) == ["ann"]
    refused("slot_taken", hold, world, at(11, 15))
    assert at(10, 15) not in offered(world)


def test_without_its_hold_the_holder_is_somebody_else(world):
    hold(world, at(10, 15))
    refused("slot_taken", world.book, at(10, 15), by=GUEST)
    refused("slot_taken", world.book, at(10, 15), by=GUEST, hold="bob")


def test_a_late_holder_books_if_the_time_is_still_free(world):
    hold(world, at(10, 15))
    world.set_clock(world.now + hours(1))
    sweep_holds(world.store_id, SYSTEM)
    assert world.book(at(10, 15), by=GUEST, hold="ann").status == "confirmed"


def test_choosing_again_gives_the_first_up(world):
    hold(world, at(10, 15))
    hold(world, at(10, 15, 30))
    assert owners(world) == ["ann"]
    assert at(10, 14, 15) in offered(world) and at(10, 15) not in offered(world)


def test_buffers_are_held_too(world):
    service = world.add_service("With pauses", buffer_before_s=900, buffer_after_s=1800)
    hold(world, at(10, 15), service_id=service)
    assert min(start for start in offered(world) if start > at(10, 13)) == at(10, 16, 30)
    assert min(start for start in offered(world, service) if start > at(10, 13)) == at(10, 16, 45)
    refused("slot_taken", world.book, at(10, 16, 15), by=GUEST)
    assert world.book(at(10, 16, 30), by=MERCHANT).status == "confirmed"


def test_release_frees_the_time_and_may_be_repeated(world):
    hold(world, at(10, 15))
    hold(world, at(10, 17), "bob")
    for _ in range(2):
        release_hold(world.store_id, GUEST, "ann")
    assert owners(world) == ["bob"]
    assert at(10, 15) in offered(world)


def test_the_sweeper_removes_what_has_ended_and_nothing_else(world):
    hold(world, at(10, 15))
    world.set_clock(world.now + timedelta(minutes=5))
    hold(world, at(10, 17), "bob")
    world.set_clock(world.now + timedelta(minutes=5))
    assert sweep_holds(world.store_id, SYSTEM).facts == {"removed": 1}
    assert owners(world) == ["bob"]
    assert world.sql("select count(*) from occupancies") == [(1,)]


def test_only_what_is_open_for_booking_is_held(world):
    refused("outside_hours", hold, world, at(10, 3))
    refused("outside_hours", hold, world, at(10, 15, 7))
    update_service(world.store_id, MERCHANT, world.service, active=False)
    refused("not_allowed", hold, world, at(10, 15))
    update_service(world.store_id, MERCHANT, world.service, active=True)
    update_store(world.store_id, MERCHANT, open_for_booking=False)
    refused("not_allowed", hold, world, at(10, 15))
    refused("not_allowed", hold, world, at(10, 15), service_id=1)
    update_store(world.store_id, MERCHANT, open_for_booking=True)
    for seats in (0, 2):
        assert refused("invalid", hold, world, at(10, 15), seats=seats).facts["errors"][0]["field"] == "seats"
    assert owners(world) == []


class TestTheCap:
    def _offers(self, world: World, numbers: range, expires_at) -> None:
        with transaction(world.store_id, MERCHANT) as tx:
            for n in numbers:
                tx.db.execute(insert(Hold).values(
                    store_id=world.store_id, id=new_id(), kind="offer", service_id=world.service, staff_id=world.tom, seats=1, owner="ann",
                    starts_at=at(12, 14 + n), ends_at=at(12, 15 + n), expires_at=expires_at, created_at=tx.now))

    def test_three_live_holds_are_the_most(self, world):
        self._offers(world, range(2), world.now + hours(20))
        hold(world, at(10, 15))
        self._offers(world, range(2, 3), world.now + hours(20))
        assert refused("limit_reached", hold, world, at(10, 17)).facts == {"limit": 3}
        assert sorted(owners(world)) == ["ann"] * 4

    def test_ended_ones_do_not_count(self, world):
        self._offers(world, range(3), world.now + hours(1))
        refused("limit_reached", hold, world, at(10, 15))
        world.set_clock(world.now + hours(1))
        hold(world, at(10, 15))

    def test_one_owner_in_many_windows_at_once_keeps_one_slot(self, world):
        """Otherwise a script could empty the calendar with requests in parallel."""
        people = [world.staff(f"P{n}") for n in range(8)]
        service = world.add_service("Many", staff=people)
        outcomes = race(world, [lambda p=p: hold(world, at(10, 15), service_id=service, staff_id=p) for p in people])
        assert outcomes == ["ok"] * 8
        assert owners(world) == ["ann"]


class TestSeats:
    @pytest.fixture
    def yoga(self, world) -> int:
        service = world.add_service("Yoga", capacity=10)
        world.session(service, at(10, 15), capacity=3)
        return service

    def seats(self, world) -> int:
        return world.sql("select seats_taken from sessions")[0].seats_taken

    def test_holds_take_seats_and_give_them_back(self, world, yoga):
        hold(world, at(10, 15), service_id=yoga, seats=2)
        refused("slot_taken", hold, world, at(10, 15), "bob", service_id=yoga, seats=2)
        hold(world, at(10, 15), "bob", service_id=yoga)
        assert self.seats(world) == 3
        hold(world, at(10, 15), service_id=yoga, seats=1)
        assert self.seats(world) == 2
        world.book(at(10, 15), service=yoga, by=GUEST, hold="bob")
        assert self.seats(world) == 2
        world.set_clock(world.now + timedelta(minutes=10))
        sweep_holds(world.store_id, SYSTEM)
        assert self.seats(world) == 1

    def test_an_expired_hold_frees_its_seats_at_once(self, world, yoga):
        hold(world, at(10, 15), service_id=yoga, seats=3)
        refused("slot_taken", world.book, at(10, 15), service=yoga, by=GUEST)
        world.set_clock(world.now + timedelta(minutes=10))
        world.book(at(10, 15), service=yoga, by=GUEST, seats=3)
        assert self.seats(world) == 3

    def test_the_page_counts_expired_seats_as_free(self, world, yoga):
        """I13: what the commit would take is shown."""
        hold(world, at(10, 15), service_id=yoga, seats=3)
        assert at(10, 15) not in offered(world, yoga)
        world.set_clock(world.now + timedelta(minutes=10))
        assert at(10, 15) in offered(world, yoga)


def test_of_ten_holders_of_one_time_one_wins(world):
    outcomes = race(world, [lambda n=n: hold(world, at(10, 15), f"owner{n}") for n in range(10)])
    assert outcomes == ["ok"] + ["slot_taken"] * 9


def test_expiry_against_confirmation_has_one_winner(world):
    """The holder comes back at the very end while nine others want the time."""
    hold(world, at(10, 15))
    world.set_clock(world.now + timedelta(minutes=10))
    jobs = [lambda: world.book(at(10, 15), by=GUEST, hold="ann")]
    jobs += [lambda n=n: world.book(at(10, 15), by=GUEST, email=f"p{n}@example.com") for n in range(8)]
    jobs += [lambda: sweep_holds(world.store_id, SYSTEM)]
    assert race(world, jobs) == ["ok"] * 2 + ["slot_taken"] * 8
    assert world.sql("select count(*) from bookings") == [(1,)]

"""New rules of a time zone: the wall time stays, the instant is reckoned anew (R13, D14)."""

from __future__ import annotations

from datetime import timedelta
from importlib.metadata import version

import psycopg
import pytest
from icalendar import Calendar

from booking.actions.create_booking import create_booking
from booking.actions.people import Person
from booking.actions.services import update_service
from messages import render_mail, render_sms
from sync.keeping import keep_wall_times
from tests.support.world import MERCHANT, World, at, hours


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def new_rules(world: World, by: timedelta) -> None:
    """The instants written by the old rules stand `by` beside the wall time meant: it is that which is kept."""
    with psycopg.connect(world.owner_url.replace("+psycopg", "")) as connection:
        connection.execute("select set_config('app.store_id', %s, true)", (str(world.store_id),))
        for table in ("bookings", "sessions"):
            connection.execute(f"update {table} set local_start = local_start + %s where starts_at > %s", (by, world.now))
        connection.execute("update stores set zone_data = '2020a'")


@pytest.mark.parametrize("by", [hours(1), hours(-1)])
def test_a_day_back_to_back_keeps_its_wall_time(world, by):
    """All of a day move by an hour, each onto the place of its neighbour: none is in the way of the other."""
    past, *day = world.book(at(2, 15)), *(world.book(at(20, hour, month=6)) for hour in (14, 15, 16))
    assert keep_wall_times(world.store_id) == 0
    world.set_clock(at(3, 12))
    new_rules(world, by)
    assert keep_wall_times(world.store_id) == 3
    for before in day:
        b = world.read(before.ref)
        assert (b.starts_at, b.ends_at, b.local_start) == (before.starts_at + by, before.ends_at + by, before.local_start + by)
        assert (b.version, b.conflict, b.customer_moves) == (before.version + 1, False, 0)
        assert world.sql("select starts_at from occupancies where source_id = %s", b.id) == [(b.starts_at,)]
    assert world.read(past.ref).version == past.version, "what is over stays as it was"
    assert world.sql("select facts->>'reason', actor_kind from audit_entries where action = 'keep_wall_time'") == [("time zone rules", "system")] * 3
    assert world.sql("select zone_data from stores") == [(version("tzdata"),)] and keep_wall_times(world.store_id) == 0


def test_the_customer_gets_the_new_calendar_entry(world):
    b = world.book(at(20, 14, month=6))
    new_rules(world, hours(1))
    keep_wall_times(world.store_id)
    [told] = world.outbox("zone_rules")
    mail = render_mail("zone_rules", told.payload, "opencals.com")
    assert "Your booking stays on Sun, Jun 20, 2027, 11:00 AM EDT, local time there." in mail.text and mail.ics_method == "REQUEST"
    [event] = Calendar.from_ical(mail.ics).walk("VEVENT")
    assert event.decoded("dtstart") == b.starts_at + hours(1) and event.decoded("sequence") == 1
    assert "stays on Sun, Jun 20, 2027, 11:00 AM EDT" in render_sms("zone_rules", told.payload)


def test_what_is_in_the_way_by_then_is_flagged_and_told(world):
    b, other = world.book(at(20, 14, month=6)), world.book(at(20, 15, month=6), email="bea@example.com")
    with psycopg.connect(world.owner_url.replace("+psycopg", "")) as connection:
        connection.execute("select set_config('app.store_id', %s, true)", (str(world.store_id),))
        connection.execute("update bookings set local_start = local_start + interval '1 hour' where id = %s", (b.id,))
        connection.execute("update stores set zone_data = '2020a'")
    assert keep_wall_times(world.store_id) == 1
    assert (world.read(b.ref).starts_at, world.read(b.ref).conflict, world.read(other.ref).conflict) == (other.starts_at, True, False)
    assert len(world.outbox("merchant_booking_moved")) == 1


def test_a_class_date_moves_with_its_parties(world):
    yoga = world.add_service("Yoga", capacity=4, staff=[world.elena])
    date = world.session(yoga, at(21, 14, month=6))
    b = world.book(at(21, 14, month=6), service=yoga, staff=world.elena)
    new_rules(world, hours(1))
    assert keep_wall_times(world.store_id) == 2
    start = b.starts_at + hours(1)
    assert world.sql("select starts_at, occupied_from, seats_taken::int from sessions where id = %s", date) == [(start, start, 1)]
    assert world.read(b.ref).starts_at == start
    assert world.sql("select starts_at from occupancies where kind = 'session' and source_id = %s", date) == [(start,)]


def test_an_hour_that_comes_twice_is_no_new_rule(world):
    """November 7, 2027, 1:30 AM comes twice in New York: both bookings stay where they were meant (I57)."""
    update_service(world.store_id, MERCHANT, world.service, horizon_days=400)
    for hour in (5, 6):
        create_booking(world.store_id, MERCHANT, service_id=world.service, staff_id=world.elena, starts_at=at(7, hour, 30, month=11),
                       person=Person("Ada", "ada@example.com"), override=True)
    assert [fold for (fold,) in world.sql("select fold::int from bookings order by starts_at")] == [0, 1]
    new_rules(world, hours(0))
    assert keep_wall_times(world.store_id) == 0

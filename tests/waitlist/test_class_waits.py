"""Full classes somebody waits for, in their account: place in line, what is held, leaving; the same as JSON (R34)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app import create_app
from booking.actions.cancel_booking import cancel_booking
from booking.actions.cancel_session import cancel_session
from booking.actions.join_class_waitlist import join_class_waitlist
from booking.actions.people import Person
from models.actor import Actor
from models.session import database
from tests.storefront.visitor import Visitor, words
from tests.support.world import MERCHANT, World, at, hours
from tests.waitlist.line import later, serve

GUEST = Actor("customer", "account")


@pytest.fixture(scope="module")
def app(settings):  # noqa: ANN201
    yield create_app(settings)
    database().engine.dispose()


@pytest.fixture
def world(app, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def ada(app, world) -> Visitor:
    visitor = Visitor(app, world)
    visitor.sign_in()
    return visitor


@pytest.fixture
def full(world) -> int:
    """A full class date on March 10, with two people in line before anyone else."""
    yoga = world.add_service("Yoga", capacity=8, staff=[world.elena])
    session = world.session(yoga, at(10, 15), 1)
    world.book(at(10, 15), service=yoga, email="taken@example.com")
    for name in ("bea", "cy"):
        joins(world, session, name)
    return session


def joins(world: World, session: int, name: str, *, guest: bool = False) -> int:
    """Someone gets in line, a moment after whoever stands there: in their account where they have one."""
    later(world, hours(0.01))
    known = [] if guest else world.sql("select id from customers where email = %s and email_verified_at is not null", f"{name}@example.com")
    return join_class_waitlist(world.store_id, GUEST, session, seats=1, customer_id=known[0].id if known else None,
                               person=None if known else Person(name.title(), f"{name}@example.com", "", "en"), source="").facts["id"]


def leave_paths(visitor: Visitor) -> list[str]:
    return [part.split('"')[0] for part in visitor.page.split('action="/account/waitlist/')[1:]]


def test_the_list_shows_the_place_and_only_ones_own(world, full, ada, app):
    ada.get("/account")
    assert "Waiting for a place" not in words(ada.page)
    joins(world, full, "ada")
    ada.get("/account")
    assert "Waiting for a place" in words(ada.page) and "Number 3 in line" in words(ada.page) and "Yoga" in words(ada.page)
    bea = Visitor(app, world)
    bea.sign_in("bea@example.com")
    bea.get("/account")
    assert "Number 1 in line" in words(bea.page) and len(leave_paths(bea)) == 1


def test_the_place_moves_up_and_what_is_held_is_said(world, full, ada):
    entry = joins(world, full, "ada")
    taken = world.sql("select ref from bookings where session_id = %s", full)[0].ref
    for n, name in enumerate(("bea", "cy")):
        gone = world.sql("select e.id from waitlist_entries e join customers c on c.store_id = e.store_id and c.id = e.customer_id"
                         " where c.email = %s", f"{name}@example.com")[0].id
        from booking.actions.leave_waitlist import leave_entry

        leave_entry(world.store_id, GUEST, gone)
        ada.get("/account")
        assert f"Number {2 - n} in line" in words(ada.page)
    cancel_booking(world.store_id, MERCHANT, taken, override=True)
    serve(world)
    ada.get("/account")
    assert "Held for you" in words(ada.page) and "A place is held for you until Mon, Mar 1, 2027" in words(ada.page) and "in line" not in words(ada.page)
    url = ada.page.split(f'href="/waitlist/{entry}?')[1].split('"')[0].replace("&amp;", "&")
    assert "offer=" in url
    ada.get(f"/waitlist/{entry}?{url}")
    assert "Take the place" in words(ada.page)


@pytest.mark.parametrize("view", ["calendar", "week"])
def test_the_calendar_shows_it_on_its_day(world, full, ada, view):
    joins(world, full, "ada")
    ada.get(f"/account?view={view}&month=2027-03&day=2027-03-08")
    assert ada.page.count('class="entry waiting"') == 1 and "Number 3 in line" in words(ada.page)
    ada.get(f"/account?view={view}&month=2027-05&day=2027-05-03")
    assert "Number 3 in line" not in words(ada.page)


def test_leaving_by_the_button_twice_and_the_next_one_moves_up(world, full, ada, app):
    joins(world, full, "ada")
    ada.get("/account")
    path = f"/account/waitlist/{leave_paths(ada)[0]}"
    ada.send(path)
    ada.get("/account?left=1")
    assert "You are no longer on the waitlist." in words(ada.page) and "Waiting for a place" not in words(ada.page)
    ada.send(path)
    states = world.sql("select state from waitlist_entries where store_id = opencals_store() order by created_at")
    assert [row.state for row in states] == ["waiting", "waiting", "withdrawn"]


def test_nobody_leaves_for_another_and_looking_changes_nothing(world, full, ada):
    bea = world.sql("select id from waitlist_entries order by created_at limit 1")[0].id
    ada.get("/account")
    ada.send(f"/account/waitlist/{bea}/leave", 404)
    ada.send("/account/waitlist/7/leave", 404)
    ada.get(f"/account/waitlist/{bea}/leave", 405)
    ada.post(f"/account/waitlist/{bea}/leave", 400, token=False)
    assert {row.state for row in world.sql("select state from waitlist_entries where store_id = opencals_store()")} == {"waiting"}


def test_a_date_that_is_cancelled_or_too_near_is_no_longer_waited_for(world, full, ada):
    joins(world, full, "ada")
    world.set_clock(at(10, 14))
    ada.get("/account")
    near = "Number 3 in line" in words(ada.page)
    world.set_clock(at(10, 15))
    ada.get("/account")
    assert near and "in line" not in words(ada.page)
    world.set_clock(at(2, 12))
    cancel_session(world.store_id, MERCHANT, full, reason="Flu")
    ada.get("/account")
    assert "in line" not in words(ada.page)


def test_a_line_joined_as_a_guest_comes_into_the_account_with_the_next_sign_in(world, full, ada, app):
    """R8: only by the proven address; nobody's account gets a line by typing their address."""
    joins(world, full, "ada", guest=True)
    ada.get("/account")
    assert "in line" not in words(ada.page)
    again = Visitor(app, world)
    again.sign_in()
    again.get("/account")
    assert "Number 3 in line" in words(again.page)
    later(world, timedelta(minutes=15))  # an address gets three messages in that time, whatever form they come from
    joins(world, full, "ada", guest=True)
    once_more = Visitor(app, world)
    once_more.sign_in()
    once_more.get("/account")
    assert once_more.page.count("/leave") == 1, "who stands in line already does not stand there twice"

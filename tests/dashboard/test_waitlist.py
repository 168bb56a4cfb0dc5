"""The waitlist at the shop: who waits for what, how it stands and ended, and taking someone off it (R34)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.decline_booking import decline_booking
from booking.actions.join_class_waitlist import join_class_waitlist
from booking.actions.leave_waitlist import leave_entry
from booking.actions.people import Person
from booking.actions.stores import update_store
from booking.actions.wait_again import wait_again
from booking.waitlist import entry_path
from models.actor import Actor
from tests.storefront.visitor import words
from tests.support.world import MERCHANT, NOW, World, at
from tests.waitlist.line import later, serve, wait

GUEST = Actor("customer", "account")


@pytest.fixture
def line(world):
    """Ada waits for an earlier time on Mondays in the morning, Bea for two places, Cy for the time he was refused."""
    early = wait(world, email="ada@example.com", weekdays=[0], bands=["morning"])
    yoga = world.add_service("Yoga", capacity=8, staff=[world.elena])
    session = world.session(yoga, at(11, 15), 2)
    taken = world.book(at(11, 15), service=yoga, email="taken@example.com", seats=2)
    later(world, timedelta(seconds=1))
    seat = join_class_waitlist(world.store_id, GUEST, session, seats=2, person=Person("Bea Berg", "bea@example.com", "", "en")).facts["id"]
    update_store(world.store_id, MERCHANT, policy={"approval": "manual"})
    later(world, timedelta(seconds=1))
    asked = decline_booking(world.store_id, MERCHANT, world.book(at(12, 15), email="cy@example.com", by=GUEST).ref).booking
    later(world, timedelta(seconds=1))
    again = wait_again(world.store_id, world.holder(asked), asked.ref).facts["id"]
    yield early, seat, again, session, taken, asked
    world.set_clock(NOW)


def ids(page: str) -> list[str]:
    return re.findall(r"/admin/waitlist/(\d+)/remove", page)


def test_who_waits_for_what(world, line, manager):
    early, seat, again, session, taken, asked = line
    manager.get("/admin")
    assert 'href="/admin/waitlist"' in manager.page
    manager.get("/admin/waitlist")
    text = words(manager.page)
    assert ids(manager.page)[1:] == [str(seat), str(again)], "the oldest wish first"
    for part in ("An earlier time", "Booked: Mon, Mar 29, 2027, 11:00 AM EDT", "Mon · Morning · With Elena Marsh", "A place in a full class · Yoga", "2 places",
                 "The time asked for · Massage", "Fri, Mar 12, 2027, 10:00 AM EST", "Since Mon, Mar 1, 2027", "Bea Berg"):
        assert part in text, part
    for address in (f"/admin/bookings/{early.ref}", f"/admin/classes/{session}", f"/admin/bookings/{asked.ref}"):
        assert f'href="{address}"' in manager.page
    cancel_booking(world.store_id, MERCHANT, taken.ref, override=True)
    serve(world)
    manager.get("/admin/waitlist?show=offered")
    assert ids(manager.page) == [str(seat)] and "offered now" in words(manager.page)
    assert "Thu, Mar 11, 2027, 10:00 AM EST, with Elena Marsh: held until" in words(manager.page)
    manager.get("/admin/waitlist")
    assert len(ids(manager.page)) == 3
    leave_entry(world.store_id, GUEST, again)
    manager.get("/admin/waitlist?show=over")
    assert ids(manager.page) == [] and "has left" in words(manager.page) and "Fri, Mar 12, 2027, 10:00 AM EST" in words(manager.page)


def test_the_class_date_says_which_seats_are_taken_by_no_booking(world, line, manager):
    _, _, _, session, taken, _ = line
    manager.get(f"/admin/classes/{session}")
    assert "2 of 2 seats taken" in words(manager.page) and "kept" not in words(manager.page)
    cancel_booking(world.store_id, MERCHANT, taken.ref, override=True)
    serve(world)
    manager.get(f"/admin/classes/{session}")
    assert "2 of 2 seats taken" in words(manager.page) and "2 seats are kept: they are offered to someone who waits" in words(manager.page)


def test_the_booking_and_the_class_date_lead_there(world, line, manager):
    early, seat, again, session, _, asked = line
    for path, address, count in ((f"bookings/{early.ref}", f"booking={early.ref}", 1), (f"bookings/{asked.ref}", f"booking={asked.ref}", 1),
                                 (f"classes/{session}", f"session={session}", 1)):
        manager.get(f"/admin/{path}")
        assert f"/admin/waitlist?{address}" in manager.page
        manager.get(f"/admin/waitlist?{address}")
        assert len(ids(manager.page)) == count and "Show everyone" in words(manager.page)
    manager.get("/admin/waitlist?booking=0000", 404)
    manager.get("/admin/settings/waiting")
    assert "See who waits" in words(manager.page)


def test_a_manager_takes_someone_off_and_their_page_says_so(world, line, manager, staff, owner):
    _, seat, *_ , taken, _ = line
    cancel_booking(world.store_id, MERCHANT, taken.ref, override=True)
    serve(world)
    staff.get("/admin/waitlist")
    assert "Bea Berg" in words(staff.page) and ids(staff.page) == []
    staff.post(f"/admin/waitlist/{seat}/remove", 403)
    manager.get("/admin/waitlist")
    manager.get(manager.send(f"/admin/waitlist/{seat}/remove").headers["Location"])
    assert "Removed." in words(manager.page) and str(seat) not in ids(manager.page)
    assert [tuple(row) for row in world.sql("select state, end_reason from waitlist_entries where id = %s", seat)] == [("ended", "removed")]
    assert world.sql("select state from waitlist_offers") == [("void",)] and world.sql("select 1 from holds") == []
    [noted] = world.sql("select actor_role, subject_id, after from audit_entries where action = 'remove_waiter'")
    assert (noted.actor_role, noted.subject_id, noted.after["reason"]) == ("manager", seat, "removed")
    manager.get("/admin/waitlist?show=over")
    assert "Removed by the shop." in words(manager.page) and "1 time offered" in words(manager.page)
    manager.get("/admin/waitlist")
    manager.send(f"/admin/waitlist/{seat}/remove", 409)
    assert "This wait is over already." in words(manager.page)
    manager.send("/admin/waitlist/7/remove", 404)
    manager.get(entry_path(world.store_id, seat))
    assert "Harbor Massage has taken you off the waitlist." in words(manager.page)


def test_long_lists_have_pages_both_ways(world, line, manager, monkeypatch):
    monkeypatch.setattr("shopify_app.dashboard.waiting.PAGE", 1)
    seen = []
    path = "/admin/waitlist"
    while path:
        manager.get(path)
        seen += ids(manager.page)
        more = re.search(r'href="(/admin/waitlist\?[^"]*cursor=[^"]*)"', manager.page)
        path = more and more[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 3
    manager.get("/admin/waitlist", query_string={"cursor": "x.y", "show": "nonsense", "session": "x"})
    other = World(world.owner_url)
    assert other.store_id != world.store_id
    update_store(world.store_id, MERCHANT, waitlist=False)
    manager.get("/admin/waitlist")
    assert "It is switched off at the moment" in words(manager.page)

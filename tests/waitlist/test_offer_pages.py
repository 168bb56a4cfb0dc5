"""The pages of counter-offers: one button after the link, nothing by reading, what is gone is said (R5, R35, A63, A67, A69, A93)."""

from __future__ import annotations

import re

import pytest

from app import create_app
from booking.actions.make_offers import Proposal, make_offers
from models.session import database
from tests.storefront.visitor import Visitor, account, link, words
from tests.support.world import MERCHANT, World, at, hours
from tests.waitlist.test_counter_offers import ask

DOORS = pytest.mark.parametrize("door", [account, link])


@pytest.fixture(scope="module")
def app(settings):
    yield create_app(settings)
    database().engine.dispose()


@pytest.fixture
def world(app, owner_url) -> World:
    return World(owner_url, policy={"approval": "manual"})


@pytest.fixture
def ada(app, world) -> Visitor:
    visitor = Visitor(app, world)
    visitor.sign_in()
    return visitor


@pytest.fixture
def b(world, ada):
    request = ask(world)
    make_offers(world.store_id, MERCHANT, request.ref, [Proposal(at(11, 15)), Proposal(at(12, 15)), Proposal(at(11, 17), world.tom)])
    return world.read(request.ref) if request.customer_id else request


def checked(page: str) -> list[str]:
    return re.findall(r'name="offer" value="(\d)"[^>]* checked', page)


def of_ada(world, b, door):
    """Guests' requests come into the account with the first sign-in; the ones of these tests are made after it."""
    if door is account:
        from sqlalchemy import update

        from models.booking import Booking
        from models.session import transaction

        with transaction(world.store_id, MERCHANT) as tx:
            owner = tx.db.exec_driver_sql("select id from customers where email_verified_at is not null").scalar()
            tx.db.execute(update(Booking).where(Booking.store_id == world.store_id, Booking.id == b.id).values(customer_id=owner))
    return door


def test_the_link_of_each_mailed_offer_opens_the_page_with_it_chosen(world, ada, b, contents):
    urls = [offer["url"] for offer in world.outbox("counter_offer")[0].payload["offers"]]
    before = contents()
    for n, url in enumerate(urls, 1):
        ada.get(url.partition("localhost")[2])
        assert checked(ada.page) == [str(n)] and ada.page.count("<button class=\"button full\">") == 1
    assert contents() == before


@DOORS
def test_one_tap_on_the_page_confirms(world, ada, b, door):
    path = of_ada(world, b, door)(b, "offers/2")
    ada.get(path)
    assert checked(ada.page) == ["2"] and "Friday, March 12, 2027" in words(ada.page)
    ada.get(ada.send(door(b, "offers"), offer="2").headers["Location"])
    seen = words(ada.page)
    assert "Your booking is confirmed" in seen and "Your booking is now on Fri, Mar 12, 2027, 10:00 AM EST." in seen
    assert (world.read(b.ref).status, world.read(b.ref).starts_at) == ("confirmed", at(12, 15))


@DOORS
def test_the_booking_page_shows_them(world, ada, b, door):
    ada.get(of_ada(world, b, door)(b))
    assert "Harbor Massage offers you other times" in words(ada.page)
    assert [part for part in re.findall(r"/offers/(\d)", ada.page)] == ["1", "2", "3"]


@pytest.mark.parametrize("wanted", ["9", "0", "-1", "x", "²", "1 ", "00000000000000000001", "%00"])
def test_an_unknown_number_chooses_nothing_and_says_so(ada, b, wanted):
    ada.get(link(b) + f"&action=accept&offer={wanted}")
    assert checked(ada.page) == [] and "can no longer be accepted. These are still possible." in words(ada.page)


def test_without_a_number_nothing_is_chosen_and_nothing_said(ada, b):
    ada.get(link(b) + "&action=accept")
    assert checked(ada.page) == [] and "can no longer" not in words(ada.page)


def test_a_time_taken_meanwhile_is_said_and_the_others_remain(world, ada, b):
    world.book(at(11, 15), email="bea@example.com")
    ada.get(link(b, "offers/1"))
    ada.send(link(b, "offers"), 409, offer="1")
    seen = words(ada.page)
    assert "That time has just been taken. Nothing has changed" in seen and checked(ada.page) == []
    assert world.read(b.ref).status == "pending"
    ada.send(link(b, "offers"), offer="3")
    assert world.read(b.ref).staff_id == world.tom


def test_after_the_round_the_link_shows_how_it_stands(world, ada, b):
    world.set_clock(world.now + hours(24))
    ada.get(link(b) + "&action=accept&offer=1")
    assert "These offers can no longer be accepted." in words(ada.page) and 'name="offer"' not in ada.page
    ada.send(link(b, "offers"), 409, offer="1", csrf_token=token(ada, b))
    assert world.read(b.ref).status == "pending"


def token(ada, b) -> str:
    ada.get(link(b, "cancel"))
    return re.search(r'name="csrf_token" value="([^"]*)"', ada.page)[1]


def test_the_same_click_twice_is_one_acceptance(world, ada, b):
    ada.get(link(b, "offers/1"))
    page = ada.page
    ada.send(link(b, "offers"), offer="1")
    ada.page = page
    ada.send(link(b, "offers"), offer="1")
    assert world.read(b.ref).version == 3 and len(world.outbox("approval_given")) == 1


def test_declining_all_ends_the_request(world, ada, b):
    ada.get(link(b, "offers/1"))
    ada.get(ada.send(link(b, "offers/decline")).headers["Location"])
    assert "You have declined the offered times" in words(ada.page) and world.read(b.ref).status == "declined"


def test_a_click_without_a_choice_or_without_the_token_changes_nothing(world, ada, b):
    ada.get(link(b) + "&action=accept")
    ada.send(link(b, "offers"), 422)
    ada.post(link(b, "offers"), 400, token=False, offer="1")
    assert world.read(b.ref).status == "pending"


def test_strangers_see_nothing(app, world, ada, b):
    stranger = Visitor(app, world)
    stranger.get(link(b, "offers/1") + "x", 404)
    stranger.sign_in("eve@example.com")
    stranger.get(account(b, "offers/1"), 404)

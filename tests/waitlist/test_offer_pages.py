"""The pages of counter-offers: one button after the link, nothing by reading, what is gone is said (R5, R35, A63, A67, A69, A93)."""

from __future__ import annotations

import re

import pytest

from booking.actions.make_offers import Proposal, make_offers
from booking.actions.stores import update_store
from tests.storefront.visitor import Visitor, account, link, words
from tests.support.world import MERCHANT, at, hours
from tests.waitlist.test_counter_offers import ask

DOORS = pytest.mark.parametrize("door", [account, link])


@pytest.fixture
def policy() -> dict[str, str]:
    return {"approval": "manual"}


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
    urls = mailed(world)
    before = contents()
    for n, url in enumerate(urls, 1):
        ada.get(url.partition("localhost")[2])
        assert checked(ada.page) == [str(n)] and ada.page.count("<button class=\"button full\">") == 1
    assert contents() == before


def mailed(world) -> list[str]:
    return [offer["url"] for offer in world.outbox("counter_offer", channel="email")[-1].payload["offers"]]


def another_round(world, b) -> None:
    make_offers(world.store_id, MERCHANT, b.ref, [Proposal(at(15, 15)), Proposal(at(16, 15))])


def test_a_link_of_a_voided_round_chooses_nothing_and_says_so(world, ada, b):
    old = mailed(world)
    another_round(world, b)
    for url in old:
        ada.get(url.partition("localhost")[2])
        assert checked(ada.page) == [] and "The time in your link can no longer be accepted. These are still possible." in words(ada.page)
    ada.get(mailed(world)[1].partition("localhost")[2])
    assert checked(ada.page) == ["2"] and "can no longer" not in words(ada.page)


@pytest.mark.parametrize("named", ["", "&round=", "&round=1", "&round=3", "&round=x", "&round=02 "])
def test_without_the_round_in_force_nothing_is_chosen(world, ada, b, named):
    """Links from before rounds were named mean the first one."""
    another_round(world, b)
    ada.get(link(b) + f"&action=accept&offer=2{named}")
    assert checked(ada.page) == [] and "can no longer be accepted" in words(ada.page)


@DOORS
@pytest.mark.parametrize(("path", "form"), [("offers", {"offer": "2"}), ("offers/decline", {})], ids=["accept", "decline"])
def test_a_page_opened_before_another_round_decides_nothing(world, ada, b, door, path, form):
    """R27, I14: what the customer has never seen is neither taken nor declined; the new times are shown instead."""
    ada.get(of_ada(world, b, door)(b, "offers/2"))
    another_round(world, b)
    before = world.read(b.ref)
    ada.send(door(b, path), 409, **form)
    assert world.read(b.ref) == before and checked(ada.page) == []
    seen = words(ada.page)
    assert "The offered times have changed since you opened the page." in seen and "Tuesday, March 16, 2027" in seen
    ada.send(door(b, path), **form)
    assert world.read(b.ref).status == ("confirmed" if form else "declined")


@pytest.mark.parametrize("path", ["offers", "offers/decline"])
def test_an_answer_that_names_no_round_decides_nothing(world, ada, b, path):
    ada.get(link(b, "offers/2"))
    ada.post(link(b, path), 409, offer="2")
    assert world.read(b.ref).status == "pending"


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
    assert world.read(b.ref).status == "pending" and choosable(ada.page) == ["2", "3"]
    ada.send(link(b, "offers"), offer="3")
    assert world.read(b.ref).staff_id == world.tom


def choosable(page: str) -> list[str]:
    return re.findall(r'name="offer" value="(\d)"(?![^>]* disabled)', page)


def test_what_somebody_else_has_taken_cannot_be_chosen(world, ada, b):
    ada.get(link(b, "offers/1", round=1))
    assert choosable(ada.page) == ["1", "2", "3"]
    world.book(at(11, 15), email="bea@example.com")
    ada.get(link(b) + "&action=accept&offer=1")
    seen = words(ada.page)
    assert choosable(ada.page) == ["2", "3"] and checked(ada.page) == []
    assert "The time in your link can no longer be accepted." in seen and "taken meanwhile" in seen
    ada.get(link(b))
    assert re.findall(r"/offers/(\d)", ada.page) == ["2", "3"]


def test_when_all_are_taken_the_page_says_so_and_still_lets_one_decline(world, ada, b):
    for start, staff in ((at(11, 15), None), (at(12, 15), None), (at(11, 17), world.tom)):
        world.book(start, email="bea@example.com", **({"staff": staff} if staff else {}))
    ada.get(link(b))
    assert "All of these times have been taken meanwhile." in words(ada.page)
    ada.get(re.search(r'href="(/manage/[^"]*/offers/1[^"]*)"', ada.page)[1].replace("&amp;", "&"))
    assert choosable(ada.page) == [] and "Accept this time" not in words(ada.page)
    assert "All of these times have been taken meanwhile. Harbor Massage can offer you others." in words(ada.page)
    ada.send(link(b, "offers/decline"))
    assert world.read(b.ref).status == "declined"


@pytest.mark.parametrize("hold", [True, False])
def test_what_is_held_for_the_customer_can_be_chosen(world, ada, hold):
    """Also the last seats of a class date, which are taken by nobody but the offer itself."""
    update_store(world.store_id, MERCHANT, offer_hold=hold)
    yoga = world.add_service("Yoga", capacity=2, staff=[world.elena])
    for day in (10, 11, 12):
        world.session(yoga, at(day, 15), 2)
    one, two = ask(world, at(10, 18)), ask(world, at(10, 15), service=yoga, seats=2, email="cleo@example.com")
    make_offers(world.store_id, MERCHANT, one.ref, [Proposal(at(10, 19))])
    make_offers(world.store_id, MERCHANT, two.ref, [Proposal(at(11, 15)), Proposal(at(12, 15))])
    for request, numbers in ((one, ["1"]), (two, ["1", "2"])):
        ada.get(link(request) + "&action=accept")
        assert choosable(ada.page) == numbers


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

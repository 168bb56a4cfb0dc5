"""A time at which less comes back than now, or nothing can be changed any more, says so before the move is confirmed (R10, R19, R33)."""

from __future__ import annotations

import pytest

from booking.actions.create_series import create_series
from booking.actions.create_visit import VisitPart, create_visit
from booking.actions.people import Person
from booking.actions.record_payment import record_payment
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from models.actor import Actor
from tests.storefront.visitor import account, link, words
from tests.support.world import MERCHANT, at

ADA = Person("Ada Archer", "ada@example.com", "+12125550101")
DOORS = pytest.mark.parametrize("door", [account, link])
CANCEL = {"notice": "PT2H", "tiers": [{"at_least": "P7D", "outcome": "full"}, {"at_least": "P2D", "outcome": "partial", "percent": 50},
                                      {"at_least": "P1D", "outcome": "credit"}, {"outcome": "forfeit"}]}
POLICY = {"reschedule": {"notice": "PT0S"}, "cancel": CANCEL}
SOON = "If you cancel after this move"


@pytest.fixture(autouse=True)
def afternoon(world):
    world.set_clock(at(1, 18))


def offering(world, name="S", **more) -> int:
    return world.add_service(name, price=8000, policy=POLICY | more)


def summary(ada, b, door, day: int, hour: int = 15) -> str:
    path = door(b, "reschedule")
    ada.get(path + ("&" if "?" in path else "?") + f"at=2027-03-{day:02}T{hour}:00:00%2B00:00")
    return words(ada.page)


@DOORS
@pytest.mark.parametrize(("day", "said"), [
    (2, "If you cancel after this move, nothing comes back. Your $80 deposit can't be refunded per our policy. Confirm Booking"),
    (3, "If you cancel after this move, you get credit instead of money. You'll get $80 as credit for your next visit at Harbor Massage. "
        "It is valid until Feb 29, 2028. This holds until Tue, Mar 2, 2027, 10:00 AM EST. Confirm Booking"),
    (5, "If you cancel after this move, you get less money back than now. You'll be refunded $40 to the card you paid with. "
        "$40 is kept per our policy. This holds until Wed, Mar 3, 2027, 10:00 AM EST. Confirm Booking"),
    (9, None), (29, None)])
def test_what_cancelling_gives_back_at_the_new_time_and_until_when(world, ada, door, day, said):
    b = world.book(at(18, 15), service=offering(world), staff=world.elena, paid=8000)
    world.take_cards()
    seen = summary(ada, b, door, day)
    assert (said or "nothing is charged again. Confirm Booking") in seen and (SOON in seen) == (said is not None)
    if said:
        ada.send(door(b, "reschedule"))
        ada.get(door(b, "cancel"))
        outcome = said.split(". ", 1)[1].removesuffix(" Confirm Booking")
        assert all(part in words(ada.page) for part in outcome.split(" This holds"))


def test_a_time_no_worse_than_the_present_one_says_nothing(world, ada):
    service = offering(world)
    b = world.book(at(5, 15), service=service, staff=world.elena, paid=8000)
    world.take_cards()
    assert SOON not in summary(ada, b, account, 4) and SOON not in summary(ada, b, account, 25)
    assert "you get credit instead of money" in summary(ada, b, account, 3)
    free = world.book(at(18, 17), service=service, staff=world.elena)
    assert SOON not in summary(ada, free, account, 2)


def test_what_earlier_moves_have_left_is_reckoned_with(world, ada):
    """R33: half is kept by a mark; the new time is worse only where it gives less than that half."""
    b = world.book(at(5, 15), service=offering(world), staff=world.elena, paid=8000)
    world.take_cards()
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(18, 15))
    assert SOON not in summary(ada, b, account, 5)
    assert "nothing comes back. Your $80 deposit can't be refunded" in summary(ada, b, account, 2)


def test_credit_can_become_less_credit(world, ada):
    policy = POLICY | {"cancel": {"tiers": [{"at_least": "P7D", "outcome": "credit"}, {"outcome": "credit", "percent": 25}]}}
    service = world.add_service("S", price=8000, policy=policy)
    b = world.book(at(18, 15), service=service, staff=world.elena, paid=8000)
    assert "you get less credit than now. You'll get $20 as credit" in summary(ada, b, account, 5)


def test_where_cancelling_ends_before_the_outcome_does(world, ada):
    policy = {"reschedule": {"notice": "PT0S"}, "cancel": {"notice": "P1D", "tiers": [{"at_least": "P7D", "outcome": "full"}, {"outcome": "partial", "percent": 50}]}}
    service = world.add_service("S", price=8000, policy=policy)
    b = world.book(at(18, 15), service=service, staff=world.elena, paid=8000)
    assert "$40 is kept per our policy. Cancelling online ends Thu, Mar 4, 2027, 10:00 AM EST." in summary(ada, b, account, 5)
    seen = summary(ada, b, account, 2)
    assert "can't be cancelled online afterwards" in seen and SOON not in seen


def test_a_cheaper_time_gives_back_by_itself(world, ada):
    """R26: what comes back at once is no loss, and no part of what comes back later."""
    service = offering(world, reschedule={"notice": "PT0S", "price_difference": "difference"})
    b = world.book(at(18, 15), service=service, staff=world.elena, paid=8000)
    world.take_cards()
    update_service(world.store_id, MERCHANT, service, price=6000)
    assert SOON not in summary(ada, b, account, 10)
    assert "You'll be refunded $30 to the card you paid with. $30 is kept per our policy." in summary(ada, b, account, 5)


def test_a_request_ends_without_terms(world, ada):
    """R29."""
    service = offering(world, approval="manual")
    b = world.book(at(18, 15), service=service, staff=world.elena, by=Actor("customer", "account"))
    record_payment(world.store_id, MERCHANT, b.ref, {"amount": 8000, "method": "cash"})
    assert SOON not in summary(ada, b, link, 3)


@DOORS
def test_a_visit_is_told_whole(world, ada, door):
    made = create_visit(world.store_id, MERCHANT, person=ADA, starts_at=at(18, 15), parts=[
        VisitPart(offering(world, name), world.elena) for name in ("Colour", "Cut")]).bookings
    for b in made:
        record_payment(world.store_id, MERCHANT, b.ref, {"amount": 8000, "method": "cash"})
    seen = summary(ada, made[0], door, 2)
    assert seen.count(SOON) == 1 and "nothing comes back. Your $160 deposit can't be refunded per our policy." in seen
    assert SOON not in summary(ada, made[0], door, 17)


def test_a_visit_is_cancelled_by_the_window_of_its_start(world, ada):
    """R32: the second part would be late enough alone."""
    made = create_visit(world.store_id, MERCHANT, person=ADA, starts_at=at(18, 15), parts=[
        VisitPart(offering(world, name, cancel={"notice": "PT24H"}), world.elena) for name in ("Colour", "Cut")]).bookings
    world.set_clock(at(1, 15, 30))
    assert "so soon that it can't be cancelled online afterwards" in summary(ada, made[0], account, 2)


def test_the_dates_of_a_series_are_told_each(world, ada):
    made = create_series(world.store_id, MERCHANT, service_id=offering(world), staff_id=world.elena, person=ADA, starts_at=at(10, 15), dates=2).bookings
    for b in made:
        record_payment(world.store_id, MERCHANT, b.ref, {"amount": 8000, "method": "cash"})
    path = account(made[0], "reschedule")
    ada.get(path + "?scope=all&at=2027-03-05T15:00:00%2B00:00")
    seen = words(ada.page)
    assert seen.count(SOON) == 1 and seen.index(SOON) < seen.index("Wed, Mar 17") and "Harbor Massage will refund you $40 directly." in seen

"""A place of a class that is held for someone who waited: its price and policy are shown, its deposit is agreed to and paid first
(R34, A156, I11)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.claim_earlier_slot import claim_earlier_slot
from booking.actions.decline_booking import decline_booking
from booking.actions.services import update_service
from booking.actions.wait_again import wait_again
from booking.waitlist import entry_path
from sync.payments import settle
from tests.actions.test_reschedule import refused
from tests.storefront.visitor import words
from tests.stripe.test_cards import visitor  # noqa: F401  (fixtures)
from tests.stripe.till_pages import type_card
from tests.support.world import MERCHANT, at
from tests.waitlist.line import later, serve
from tests.waitlist.test_class_waits import GUEST, joins


@pytest.fixture
def yoga(world) -> int:
    return world.add_service("Yoga", capacity=2, price=4000, deposit=3000, staff=[world.elena])


@pytest.fixture
def path(world, yoga) -> str:
    """The page of the first in line, a place held for them; another one waits behind."""
    session = world.session(yoga, at(10, 15), 1)
    taken = world.book(at(10, 15), service=yoga, staff=world.elena, email="taken@example.com")
    entry = joins(world, session, "bea")
    joins(world, session, "cy")
    cancel_booking(world.store_id, MERCHANT, taken.ref)
    serve(world)
    return entry_path(world.store_id, entry)


def held(world):
    return world.sql("select o.state, o.expires_at, h.expires_at from waitlist_offers o left join holds h on h.owner = 'waitlist:' || o.id order by o.created_at")


def take(visitor, path: str, status: int = 303, **form) -> str:  # noqa: F811
    """The click on the page at `path`; where it leads."""
    visitor.get(path)
    base, _, query = path.partition("?")
    return visitor.send(f"{base}/take?{query}", status, **form).headers.get("Location", "")


def seats(world):
    return world.sql("select status, paid, price, contact_email from bookings where closed_at is null")


def test_price_policy_agreement_and_payment_come_first(world, till, visitor, path):  # noqa: F811
    visitor.get(path)
    said = words(visitor.page)
    assert "$40" in said and "You pay a deposit of $30 by card in the next step." in said and "Cancelling and moving" in said and "Continue to payment" in said
    take(visitor, path, 422)
    assert "Please accept what cancelling and moving mean before you pay." in words(visitor.page) and seats(world) == []
    to = take(visitor, path, agree="on")
    visitor.get(to)
    assert "Deposit: $30" in words(visitor.page) and "Back to this time" in words(visitor.page) and seats(world) == []
    type_card(till, visitor.page)
    visitor.get(visitor.get(visitor.send(f"{to}/done").headers["Location"], 303).headers["Location"])
    assert "It is yours" in words(visitor.page) and "/manage/" not in visitor.page
    assert seats(world) == [("confirmed", 3000, 4000, "bea@example.com")]
    assert world.sql("select state from waitlist_offers") == [("accepted",)] and world.sql("select 1 from holds") == []
    assert world.sql("select state from intents") == [("succeeded",)] and len(world.outbox("booking_confirmed")) == 2
    assert [row.actor_kind for row in world.sql("select actor_kind from audit_entries where action = 'claim_seat'")] == ["link"]


def test_the_time_of_a_declined_request_too(world, till, visitor):  # noqa: F811
    """D29e: it is a booking like any other, with its deposit and its approval."""
    service = world.add_service("Consultation", price=4000, deposit=3000, staff=[world.elena], policy={"approval": "manual"})
    asked = decline_booking(world.store_id, MERCHANT, world.book(at(10, 15), service=service, staff=world.elena, email="bea@example.com", by=GUEST).ref).booking
    later(world, timedelta(minutes=1))
    entry = wait_again(world.store_id, world.holder(asked), asked.ref).facts["id"]
    cancel_booking(world.store_id, MERCHANT, world.book(at(10, 15), service=service, staff=world.elena, email="taken@example.com").ref)
    serve(world)
    offer = world.sql("select id from waitlist_offers")[0][0]
    assert refused("not_allowed", claim_earlier_slot, world.store_id, GUEST, entry, offer).facts["kind"] == "deposit"
    path = entry_path(world.store_id, entry)
    take(visitor, path, 422)
    assert "You pay a deposit of $30 by card in the next step." in words(visitor.page) and seats(world) == []
    to = take(visitor, path, agree="on")
    visitor.get(to)
    type_card(till, visitor.page)
    visitor.get(visitor.get(visitor.send(f"{to}/done").headers["Location"], 303).headers["Location"])
    assert "It is yours" in words(visitor.page) and "is with Harbor Massage" in words(visitor.page)
    assert seats(world) == [("pending", 3000, 4000, "bea@example.com")] and world.sql("select state from waitlist_offers") == [("accepted",)]


def test_no_way_around_it(world, till, visitor, path):  # noqa: F811
    entry, offer = world.sql("select entry_id, id from waitlist_offers")[0]
    assert refused("not_allowed", claim_earlier_slot, world.store_id, GUEST, entry, offer).facts["kind"] == "deposit"
    assert seats(world) == [] and held(world)[0][0] == "open"


def test_it_stays_held_while_it_is_paid_but_not_for_ever(world, till, visitor, path):  # noqa: F811
    until = held(world)[0][1]
    later(world, timedelta(minutes=59))
    take(visitor, path, agree="on")
    assert held(world)[0][1:] == (world.now + timedelta(minutes=20),) * 2
    later(world, timedelta(minutes=10))
    take(visitor, path, agree="on")
    later(world, timedelta(minutes=10))
    serve(world)
    assert held(world)[0] == ("open", until + timedelta(minutes=20), until + timedelta(minutes=20)), "once, however often it is begun"
    later(world, timedelta(minutes=2))
    settle(world.store_id)
    serve(world)
    assert [row[0] for row in held(world)] == ["expired", "open"], "the next in line is asked"
    assert set(world.sql("select state from intents")) == {("cancelled",)}


def test_money_that_comes_after_the_place_is_gone_goes_back(world, till, visitor, path):  # noqa: F811
    to = take(visitor, path, agree="on")
    visitor.get(to)
    type_card(till, visitor.page)
    visitor.get(path)
    base, _, query = path.partition("?")
    visitor.send(f"{base}/refuse?{query}", offer=str(world.sql("select id from waitlist_offers")[0][0]))
    visitor.get(to)
    visitor.send(f"{to}/done")
    visitor.get(to)
    assert "nothing was booked. The whole amount goes back to your card." in words(visitor.page)
    settle(world.store_id)
    assert seats(world) == [] and [made["amount"] for made in till.refunds()] == [3000]
    assert [row.recipient for row in world.outbox("deposit_returned")] == ["bea@example.com"]


def test_while_stripe_is_down_the_place_stays_held(world, till, visitor, bank, path):  # noqa: F811
    visitor.get(path)
    bank.faults.order("stripe", "down", 1)
    take(visitor, path, 503, agree="on")
    assert "Nothing has been booked or paid" in words(visitor.page) and "Continue to payment" in visitor.page and held(world)[0][0] == "open"


def test_without_a_deposit_one_click_is_enough(world, till, visitor, path, yoga):  # noqa: F811
    update_service(world.store_id, MERCHANT, yoga, deposit=0)
    visitor.get(path)
    assert "$40" in words(visitor.page) and "You pay at Harbor Massage; nothing is charged now." in words(visitor.page)
    assert "done=taken" in take(visitor, path)
    assert seats(world) == [("confirmed", 0, 4000, "bea@example.com")]


def test_where_no_card_is_taken_online_it_is_as_for_any_booking(world, visitor, path):  # noqa: F811
    assert "done=taken" in take(visitor, path)
    assert seats(world) == [("confirmed", 0, 4000, "bea@example.com")]

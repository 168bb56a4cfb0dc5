"""A move to another price: agreed first, then due or given back; waiting moves settle when they stand (R26, R17)."""

from __future__ import annotations

import pytest

from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.decline_booking import decline_booking
from booking.actions.record_payment import record_payment
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from booking.wording import words_for
from messages import render_mail
from models.session import reading
from storefront.move_notes import price_notes
from tests.actions.test_cancel import refunds, with_policy
from tests.actions.test_reschedule import refused
from tests.support.world import MERCHANT, World, at

DIFFERENCE = {"reschedule": {"price_difference": "difference"}}


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def priced(world, price, *, paid=8000, policy=DIFFERENCE, method="card"):
    """A booking at $80 of a service that costs `price` by now."""
    b = with_policy(world, policy, at(10, 15), paid=paid, method=method)
    update_service(world.store_id, MERCHANT, b.service_id, price=price)
    return b


def move(world, b, price=None, when=at(12, 15), **more):
    return reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=when, price=price, **more)


def said(world, topic="booking_moved"):
    return render_mail(topic, world.outbox(topic)[-1].payload, "opencals.com").text


def test_a_dearer_time_is_due_once_the_customer_has_agreed_to_the_price(world):
    b = priced(world, 9500)
    no = refused("quote_changed", move, world, b)
    assert (no.facts["price"], no.facts["difference"], world.read(b.ref).starts_at) == (9500, 1500, at(10, 15))
    refused("quote_changed", move, world, b, 9000)
    done = move(world, b, 9500)
    assert (done.booking.price, done.booking.due, done.refund) == (9500, 1500, None)
    assert "The new time costs more. Still to pay at Harbor Massage: $15." in said(world)


def test_what_was_due_before_stays_due(world):
    done = move(world, priced(world, 9500, paid=2500), 9500)
    assert done.booking.due == 7000


def test_a_cheaper_time_is_taken_off_what_is_due_then_given_back(world):
    b = priced(world, 6000, paid=7000)
    world.take_cards()
    done = move(world, b)
    assert (done.booking.price, done.booking.due, done.refund.amount, done.refund.kept) == (6000, 0, 1000, 0)
    assert [row[:5] for row in refunds(world, done.booking)] == [("difference", "partial", "owed", "automatic", 1000)]
    assert len(world.outbox("execute_refund", channel="stripe")) == 1
    assert "The new time costs less. You'll be refunded $10 to the card you paid with" in said(world)


def test_keep_keeps_the_price_and_equal_only_refuses_another(world):
    kept = move(world, priced(world, 9500, policy={}))
    assert (kept.booking.price, kept.booking.due, kept.refund) == (8000, 0, None)
    reschedule_booking(world.store_id, MERCHANT, kept.booking.ref, starts_at=at(20, 15))
    refused("not_allowed", move, world, priced(world, 9500, policy={"reschedule": {"price_difference": "equal_only"}}, paid=0), 9500)


def test_the_shops_moves_keep_the_price(world):
    b = priced(world, 9500)
    assert reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(12, 15)).booking.price == 8000


class TestWaiting:
    """R17: while a move waits for the shop nothing is given back, and a no restores what was due."""

    POLICY = DIFFERENCE | {"approval": "reschedule_only"}

    def test_approved(self, world):
        b = move(world, priced(world, 6000, policy=self.POLICY)).booking
        assert (b.status, refunds(world, b)) == ("pending", [])
        world.take_cards()
        done = approve_booking(world.store_id, MERCHANT, b.ref)
        assert (done.refund.amount, done.booking.owed, done.booking.due) == (2000, 2000, 0)
        assert "The new time costs less. You'll be refunded $20" in said(world, "approval_given")

    def test_declined(self, world):
        b = move(world, priced(world, 6000, policy=self.POLICY)).booking
        done = decline_booking(world.store_id, MERCHANT, b.ref)
        assert (done.booking.price, done.booking.due, refunds(world, b)) == (8000, 0, [])

    def test_declined_after_a_payment(self, world):
        b = move(world, priced(world, 9500, paid=2500, policy=self.POLICY), 9500).booking
        assert b.due == 7000
        record_payment(world.store_id, MERCHANT, b.ref, {"amount": 5000, "method": "cash"})
        assert decline_booking(world.store_id, MERCHANT, b.ref).booking.due == 500

    @pytest.mark.parametrize(("paid", "meanwhile", "back", "due"), [(8000, 1500, 1500, 0), (2500, 6000, 500, 0), (2500, 5500, 0, 0)])
    def test_declined_after_the_dearer_time_was_paid(self, world, paid, meanwhile, back, due):
        b = move(world, priced(world, 9500, paid=paid, policy=self.POLICY), 9500).booking
        record_payment(world.store_id, MERCHANT, b.ref, {"amount": meanwhile, "method": "card"})
        done = decline_booking(world.store_id, MERCHANT, b.ref)
        assert (done.booking.status, done.booking.price, done.booking.due, done.booking.owed) == ("confirmed", 8000, due, back)
        assert (f"${back // 100}" in said(world, "approval_refused")) is (back > 0)

    def test_seats_that_left_after_the_dearer_time_was_paid_took_their_part_of_it(self, world):
        """$30 more were paid for two seats; one left with its half. The other gets the half that is too much."""
        course = world.add_service("Yoga", capacity=4, staff=[world.elena], price=5000, policy=self.POLICY | {"cancel": {"notice": "PT0S"}})
        for day in (10, 12):
            world.session(course, at(day, 15), capacity=4)
        b = world.book(at(10, 15), service=course, seats=2, paid=10_000, method="cash")
        update_service(world.store_id, MERCHANT, course, price=6500)
        move(world, b, 13_000)
        record_payment(world.store_id, MERCHANT, b.ref, {"amount": 3000, "method": "cash"})
        assert cancel_booking(world.store_id, MERCHANT, b.ref, seats=1, refund="full").refund.amount == 6500
        done = decline_booking(world.store_id, MERCHANT, b.ref)
        assert (done.booking.price, done.booking.due, done.refund.amount, done.booking.owed) == (5000, 0, 1500, 8000)

    @pytest.mark.parametrize(("again", "due", "back"), [(10_000, 0, 3000), (12_000, 0, 1000), (14_000, 1000, 0), (7000, 0, 6000)])
    def test_asked_again_at_another_price_what_was_paid_meanwhile_counts(self, world, again, due, back):
        """$80 paid before, $50 more while it waits."""
        b = move(world, priced(world, 13_000, policy=self.POLICY), 13_000).booking
        record_payment(world.store_id, MERCHANT, b.ref, {"amount": 5000, "method": "cash"})
        for price in (9000, again):
            update_service(world.store_id, MERCHANT, b.service_id, price=price)
            now = world.read(b.ref)
            with reading(world.store_id) as tx:
                note = " ".join(price_notes(tx, now, words_for("en"), price))
            move(world, now, price, at(13 if price == 9000 else 14, 15))
        told = f"Still to pay at Harbor Massage: ${due // 100}." if due else "It is paid already."
        assert world.read(b.ref).due == due and (told in note) is (again > 9000)
        done = approve_booking(world.store_id, MERCHANT, b.ref)
        assert (done.booking.price, done.booking.due, done.booking.owed) == (again, due, back)
        assert ("The new time costs less." in said(world, "approval_given")) is (again < 8000)

    def test_the_shop_moves_it_meanwhile(self, world):
        b = move(world, priced(world, 6000, policy=self.POLICY)).booking
        done = reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(13, 15))
        assert (done.booking.status, done.refund.amount) == ("confirmed", 2000)


class TestDue:
    def test_it_follows_payments_seats_and_the_end(self, world):
        course = world.add_service("Yoga", capacity=4, staff=[world.elena], price=1001)
        world.session(course, at(12, 15), capacity=4)
        b = world.book(at(12, 15), service=course, seats=3, paid=1000)
        assert (b.price, b.due) == (3003, 2003)
        left = cancel_booking(world.store_id, MERCHANT, b.ref, seats=1).booking
        assert (left.price, left.due) == (2002, 1335)
        assert cancel_booking(world.store_id, MERCHANT, b.ref).booking.due == 0

    def test_more_than_is_due_is_refused(self, world):
        b = world.book(at(12, 15), paid=2500)
        for amount in (5501, 0):
            refused("invalid", record_payment, world.store_id, MERCHANT, b.ref, {"amount": amount, "method": "cash"})
        refused("invalid", record_payment, world.store_id, MERCHANT, b.ref, {"amount": 1, "method": "shells"})
        assert record_payment(world.store_id, MERCHANT, b.ref, {"amount": 5500, "method": "cash"}).booking.due == 0
        refused("invalid", record_payment, world.store_id, MERCHANT, b.ref, {"amount": 1, "method": "cash"})

"""While a move waits, the booking is at its old time for everyone but the request: what staff and customers read of it (R14, R17, D18, D22b)."""

from __future__ import annotations

import pytest

from booking import facts, quotes
from booking.actions.accept_offer import accept_offer
from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.decline_booking import decline_booking, expire_approvals
from booking.actions.make_offers import Proposal, make_offers
from booking.actions.reschedule_booking import reschedule_booking
from messages import render_mail
from models.actor import SYSTEM, Actor
from models.booking_summary import BookingSummary
from models.session import reading
from tests.support.world import MERCHANT, World, at

GUEST = Actor("customer", "account")
APPROVED = {"approval": "manual", "reschedule": {"change_staff": True}}
ELENA, TOM = "elena@example.com", "tom@example.com"
OLD, ASKED, OTHER = "Wed, Mar 10, 2027, 10:00 AM EST", "Fri, Mar 12, 2027, 11:00 AM EST", "Thu, Mar 11, 2027, 12:00 PM EST"


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url, policy=APPROVED)


@pytest.fixture
def moving(world) -> BookingSummary:
    """Elena's booking on the 10th; its customer asks for Tom on the 12th."""
    return ask(world, world.book(at(10, 15), paid=2500))


def ask(world: World, b: BookingSummary, starts_at=at(12, 16), staff: int | None = None) -> BookingSummary:
    return reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=starts_at, staff_id=staff or world.tom).booking


def told(world: World, since: int, *people: str) -> list[tuple[str, str, str]]:
    """(who, topic, text) of the mails to people of the shop after the first `since`."""
    return [(row.recipient, row.topic, render_mail(row.topic, row.payload, "x.example").text) for row in world.outbox()[since:]
            if row.recipient in (people or (ELENA, TOM))]


def test_approved_both_read_the_right_times_and_people(world, moving):
    before = len(world.outbox())
    approve_booking(world.store_id, MERCHANT, moving.ref)
    mails = told(world, before)
    assert sorted(mail[:2] for mail in mails) == [(ELENA, "merchant_booking_moved"), (TOM, "merchant_booking_moved")]
    for _, _, text in mails:
        assert f"Massage is now {ASKED}, with Tom Okonkwo." in text and f"Before it was {OLD}, with Elena Marsh." in text


def test_an_accepted_offer_is_a_move_from_the_old_time(world, moving):
    make_offers(world.store_id, MERCHANT, moving.ref, [Proposal(at(11, 17), world.tom)])
    before = len(world.outbox())
    accept_offer(world.store_id, world.holder(moving), moving.ref, 1)
    mails = told(world, before)
    assert sorted(mail[:2] for mail in mails) == [(ELENA, "merchant_booking_moved"), (TOM, "merchant_booking_moved")]
    for _, _, text in mails:
        assert f"is now {OTHER}, with Tom Okonkwo." in text and f"Before it was {OLD}, with Elena Marsh." in text


def test_cancelled_while_it_waits_whoever_had_it_is_told_of_their_time(world, moving):
    with reading(world.store_id) as tx:
        quote = quotes.sign(facts.quote_cancellation(tx, moving), moving, moving.seats)
    before = len(world.outbox())
    cancel_booking(world.store_id, world.customer(moving), moving.ref, quote=quote)
    for _, topic, text in (mails := told(world, before, ELENA, TOM, "shop@example.com")):
        assert topic == "merchant_booking_cancelled" and f"Massage, {OLD} is cancelled." in text and ASKED not in text
    assert sorted(mail[0] for mail in mails) == [ELENA, "shop@example.com"]


@pytest.mark.parametrize("end", [lambda w, b: decline_booking(w.store_id, MERCHANT, b.ref), lambda w, b: (
    w.set_clock(b.approval_deadline), expire_approvals(w.store_id, SYSTEM))], ids=["declined", "expired"])
def test_where_the_old_time_stays_staff_hear_nothing(world, moving, end):
    """They were told of no other time."""
    before = len(world.outbox())
    end(world, moving)
    assert world.read(moving.ref).staff_id == world.elena and told(world, before) == []


def test_the_second_choice_leaves_the_old_time_standing(world, moving):
    """Not the one asked for in between."""
    ask(world, moving, at(11, 17))
    mail = world.outbox("approval_asked")[-1]
    text = render_mail(mail.topic, mail.payload, "x.example").text
    assert f"You asked for {OTHER}. Until Harbor Massage has answered, your booking for {OLD} stays yours." in text and ASKED not in text
    [*_, shop] = world.outbox("merchant_approval_needed")
    assert f"from {OLD} to {OTHER}. Both times are kept until you answer." in render_mail(shop.topic, shop.payload, "x.example").text


def test_moved_by_the_shop_instead_everyone_reads_the_old_time(world, moving):
    before = len(world.outbox())
    reschedule_booking(world.store_id, MERCHANT, moving.ref, starts_at=at(11, 17))
    mails = told(world, before, ELENA, TOM, "ada@example.com")
    assert sorted(mail[:2] for mail in mails) == [("ada@example.com", "booking_moved"), (ELENA, "merchant_booking_moved"), (TOM, "merchant_booking_moved")]
    assert all(OLD in text and ASKED not in text for _, _, text in mails)


class TestGivenUpAtOnce:
    """`release_old_slot_at_once`: nothing promises what is gone (R17)."""

    @pytest.fixture
    def world(self, db, owner_url) -> World:
        return World(owner_url, policy=APPROVED | {"release_old_slot_at_once": True})

    def test_asking_says_what_is_given_up(self, world, moving):
        assert world.book(at(10, 15), email="bea@example.com").status == "confirmed"
        mail, shop = world.outbox("approval_asked")[-1], world.outbox("merchant_approval_needed")[0]
        text = render_mail(mail.topic, mail.payload, "x.example").text
        assert f"Your old time, {OLD}, is given up: if Harbor Massage says no, your booking ends" in text
        assert "your booking ends as well." in text and "stays yours" not in text and "you keep" not in text
        text = render_mail(shop.topic, shop.payload, "x.example").text
        assert "The old time is free again; the new one is kept until you answer." in text and "Both times" not in text

    def test_a_no_says_that_the_booking_has_ended_and_staff_that_theirs_is_gone(self, world, moving):
        before = len(world.outbox())
        decline_booking(world.store_id, MERCHANT, moving.ref)
        mail = world.outbox("approval_refused")[-1]
        text = render_mail(mail.topic, mail.payload, "x.example").text
        assert f"could not accept your request for {ASKED}. Your old time can't come back, so your booking has ended." in text
        assert "$25" in text
        [(who, topic, text)] = told(world, before)
        assert (who, topic) == (ELENA, "merchant_booking_cancelled") and f"{OLD} is cancelled" in text

    def test_offers_do_not_promise_it_either(self, world, moving):
        make_offers(world.store_id, MERCHANT, moving.ref, [Proposal(at(11, 17))])
        mail = world.outbox("counter_offer")[-1]
        assert "whatever you have paid comes back in full" in render_mail(mail.topic, mail.payload, "x.example").text


def test_offers_for_a_move_say_that_declining_leaves_the_old_time(world, moving):
    make_offers(world.store_id, MERCHANT, moving.ref, [Proposal(at(11, 17))])
    mail = world.outbox("counter_offer")[-1]
    text = render_mail(mail.topic, mail.payload, "x.example").text
    assert f"the page lets you decline; your booking then stays on {OLD}." in text and "comes back in full" not in text


class TestARequest:
    """Never approved: there is no old time to go back to (R29)."""

    @pytest.fixture
    def request_(self, world) -> BookingSummary:
        return world.book(at(10, 15), by=GUEST)

    def test_moved_by_the_shop_the_customer_reads_who_did_it(self, world, request_):
        before = len(world.outbox())
        moved = reschedule_booking(world.store_id, MERCHANT, request_.ref, starts_at=at(11, 17)).booking
        [mail] = world.outbox()[before:]
        assert (mail.topic, mail.recipient) == ("request_received", "ada@example.com")
        said = render_mail(mail.topic, mail.payload, "x.example")
        assert said.subject == f"New time for your request: Massage, {OTHER}" and moved.status == "pending"
        assert f"Harbor Massage has moved your request from {OLD} to {OTHER}. It still waits for approval." in said.text
        assert "We have your request" not in said.text

    def test_changed_by_the_customer_the_shop_reads_that_only_the_new_time_is_kept(self, world, request_):
        reschedule_booking(world.store_id, world.holder(request_), request_.ref, starts_at=at(11, 17))
        shop = world.outbox("merchant_approval_needed")[-1]
        text = render_mail(shop.topic, shop.payload, "x.example").text
        assert f"now asks for Massage on {OTHER} instead of {OLD}. The time is kept until you answer." in text
        assert "We have your request" in render_mail("request_received", world.outbox("request_received")[-1].payload, "x.example").text

    def test_declined_its_staff_hear_of_the_time_asked_for(self, world, request_):
        decline_booking(world.store_id, MERCHANT, request_.ref)
        [(_, topic, text)] = told(world, 0)
        assert topic == "merchant_booking_cancelled" and OLD in text


def test_the_shops_own_wording_is_not_used_for_a_request_the_shop_moved(world):
    """It was written for requests that arrive."""
    own = {"subject": "Thanks", "heading": "Thanks", "body": "Thanks for asking.", "sms": None}
    b = world.book(at(10, 15), by=GUEST)
    arrived = world.outbox("request_received")[0].payload | {"template": own}
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(11, 17))
    moved = world.outbox("request_received")[1].payload | {"template": own}
    assert [render_mail("request_received", one, "x.example").subject for one in (arrived, moved)] == [
        "Thanks", f"New time for your request: Massage, {OTHER}"]

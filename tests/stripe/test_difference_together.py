"""Bookings that move together to dearer times are paid for at once: the parts of a visit, the dates of a series. All of them move, each
with its own part of the money, or none does and the payment goes back whole (R26, R31, R32, I2, I8, I16)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.pay_difference import move_paid
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from booking.actions.visits import reschedule_visit
from gateways.stripe import pages
from models.actor import SYSTEM
from sync.payments import settle
from tests.actions.test_reschedule import race, refused
from tests.storefront.visitor import account, fields, link, words
from tests.stripe.test_cards import visitor  # noqa: F401  (fixtures)
from tests.stripe.test_difference import LATE, begin, choose, pay, payments, refunds, said
from tests.stripe.test_webhooks import deliver
from tests.stripe.till_pages import DECLINED, type_card
from tests.stripe.together import MOVED, NEW, intent_of, intents, priced, state, unmoved
from tests.support.world import MERCHANT, at


@pytest.mark.parametrize("path", [link, account])
def test_a_visit_moves_when_the_payment_is_there(world, till, visitor, path):  # noqa: F811
    colour, cut = parts = priced(world, till)
    if path is account:
        visitor.sign_in()
    choose(visitor, cut, NEW, path)
    shown = words(visitor.page)
    assert "The new time costs $45, $5 more." in shown and "The new time costs $45, $15 more." in shown and "at Harbor Massage" not in shown
    assert shown.count("by card") == 1 and "You pay $20 by card first; the new times are kept for you meanwhile, and your bookings move together" in shown
    assert "Continue to payment" in visitor.page and fields(visitor.page)["pays"] == "2000"
    to = begin(visitor, cut, NEW, path)
    shown = words(visitor.page)
    assert "Pay the difference" in shown and "Difference: $20" in shown and "The new times are kept for you for 20 more minutes. Your bookings move together" in shown
    assert "Colour + Cut Colour: Thu, Mar 11, 2027, 10:00 AM EST (before: Wed, Mar 10, 2027, 10:00 AM EST) Cut: Thu, Mar 11, 2027, 11:00 AM EST" in shown
    unmoved(world, parts)
    assert world.outbox("booking_moved") == []
    shown = pay(visitor, till, to)
    assert "Your new time" in shown and "$45 paid" in shown
    assert state(world, parts) == MOVED and [world.read(b.ref).customer_moves for b in parts] == [1, 1]
    assert (payments(world, colour), payments(world, cut)) == ([("card", 4000, 0), ("card", 500, 0)], [("card", 3000, 0), ("card", 1500, 0)])
    assert [made["amount"] for made in till.bank.all("payment_intent", till.account)][-1] == 2000 and till.refunds() == []
    assert len(set(world.sql("select provider_ref from payments where shared"))) == 1
    assert intents(world) == [("succeeded",)] and world.sql("select 1 from holds") == []
    assert "The new times cost more. $20 has been paid by card for them." in said(world, "booking_moved") and len(world.outbox("booking_moved")) == 1
    who = "customer" if path is account else "link"
    assert world.sql("select actor_kind, facts->>'paid' from audit_entries where action = 'reschedule_booking' order by 2") == [(who, "1500"), (who, "500")]
    assert sorted(world.sql("select amount from documents where kind = 'receipt' and booking_id = any(%s)", [b.id for b in parts]))[-2:] == [(4500,), (4500,)]


def test_of_webhook_and_return_the_first_moves_it_and_the_others_change_nothing(world, till, visitor, app, bank):  # noqa: F811
    parts = priced(world, till)
    to = begin(visitor, parts[0], NEW)
    page = visitor.page
    type_card(till, page)
    for event in bank.events("payment_intent.succeeded") * 2:
        deliver(app.test_client(), event)
    settle(world.store_id)
    assert state(world, parts) == MOVED
    for _ in range(2):
        visitor.page = page
        visitor.send(f"{to}/done")
    settle(world.store_id)
    assert state(world, parts) == MOVED and len(world.outbox("booking_moved")) == 1 and till.refunds() == []


def test_eight_at_once_move_it_once(world, till, visitor):  # noqa: F811
    parts = priced(world, till)
    begin(visitor, parts[0], NEW)
    type_card(till, visitor.page)
    intent = intent_of(world)
    assert race(world, [lambda: pages.finish(world.store_id, intent)] * 8) == ["ok"] * 8
    assert state(world, parts) == MOVED and till.refunds() == []


def test_a_declined_card_moves_nothing_and_may_be_tried_again(world, till, visitor):  # noqa: F811
    parts = priced(world, till)
    to = begin(visitor, parts[0], NEW)
    type_card(till, visitor.page, DECLINED)
    visitor.send(f"{to}/done", 409)
    unmoved(world, parts)
    type_card(till, visitor.page)
    visitor.send(f"{to}/done")
    assert state(world, parts) == MOVED


class TestKept:
    """All new times are kept while it is paid, and for nobody else."""

    def test_nobody_else_gets_one_of_them_but_its_customer_still_sees_them(self, world, till, visitor):  # noqa: F811
        parts, other = priced(world, till), world.book(at(10, 18), staff=world.elena, email="bea@example.com")
        begin(visitor, parts[0], NEW)
        world.set_clock(world.now + timedelta(minutes=19))
        for taken in (NEW, at(11, 16)):
            refused("slot_taken", reschedule_booking, world.store_id, world.customer(other), other.ref, starts_at=taken)
        to = begin(visitor, parts[1], NEW)  # the same again, in another tab: each time is kept once
        assert world.sql("select starts_at, ends_at from holds order by 1") == [(NEW, at(11, 16)), (at(11, 16), at(11, 17))]
        pay(visitor, till, to)
        assert state(world, parts) == MOVED

    @pytest.mark.parametrize(("new", "kept"), [(at(10, 15, 30), (at(10, 17), at(10, 17, 30))), (at(10, 14, 30), (at(10, 14, 30), at(10, 15)))])
    def test_times_that_overlap_the_old_ones_can_be_kept(self, world, till, visitor, new, kept):  # noqa: F811
        """I8: what the visit holds by itself, be it for another part, need not be kept for it."""
        parts = priced(world, till, step_s=1800)
        to = begin(visitor, parts[0], new)
        assert world.sql("select starts_at, ends_at from holds") == [kept]
        pay(visitor, till, to)
        assert [starts_at for starts_at, *_ in state(world, parts)] == [new, new + timedelta(hours=1)]

    def test_another_time_is_chosen_where_the_first_one_was_kept(self, world, till, visitor):  # noqa: F811
        parts = priced(world, till, step_s=1800)
        begin(visitor, parts[0], NEW)
        pay(visitor, till, begin(visitor, parts[0], at(11, 15, 30)))
        assert state(world, parts)[0][0] == at(11, 15, 30) and world.sql("select 1 from holds") == []
        settle(world.store_id)

    def test_what_is_kept_for_one_part_is_no_obstacle_to_another(self, world, till, visitor):  # noqa: F811
        """The price is the old one again, and the visit moves to an hour later than the one that is still kept for it."""
        parts = priced(world, till)
        reschedule_visit(world.store_id, MERCHANT, parts[0].ref, starts_at=at(13, 15))
        begin(visitor, parts[0], NEW)
        for b in parts:
            update_service(world.store_id, MERCHANT, b.service_id, price=b.price)
        choose(visitor, parts[0], at(11, 16))
        visitor.send(link(parts[0], "reschedule"))
        assert [row[0] for row in state(world, parts)] == [at(11, 16), at(11, 17)] and world.sql("select 1 from holds") == []

    def test_once_a_part_is_elsewhere_nothing_is_kept_for_the_others(self, world, till, visitor):  # noqa: F811
        parts = priced(world, till)
        begin(visitor, parts[0], NEW)
        reschedule_booking(world.store_id, MERCHANT, parts[1].ref, starts_at=at(10, 18))
        assert world.sql("select 1 from holds") == []
        world.book(NEW, staff=world.elena, email="bea@example.com")

    def test_abandoned_they_are_free_again_and_cannot_be_paid(self, world, till, visitor, bank):  # noqa: F811
        parts = priced(world, till)
        to = begin(visitor, parts[0], NEW)
        page = visitor.page
        world.set_clock(world.now + LATE)
        settle(world.store_id)
        assert bank.all("payment_intent")[-1]["status"] == "canceled" and "error" in type_card(till, page)
        assert intents(world) == [("cancelled",)] and world.sql("select 1 from holds") == []
        unmoved(world, parts)
        visitor.get(to)
        assert "Nothing was paid and your bookings have not moved." in words(visitor.page)

    def test_paid_late_while_they_are_still_free_it_moves(self, world, till, visitor):  # noqa: F811
        parts = priced(world, till)
        to = begin(visitor, parts[0], NEW)
        world.set_clock(world.now + LATE)
        pay(visitor, till, to)
        assert state(world, parts) == MOVED

    def test_it_can_be_paid_only_until_the_strictest_notice(self, world, till, visitor):  # noqa: F811
        parts = priced(world, till, policy={"reschedule": {"price_difference": "difference", "notice": "PT2H"}})
        world.set_clock(at(10, 12, 50))
        begin(visitor, parts[1], NEW)
        assert "for 10 more minutes" in words(visitor.page)
        assert set(world.sql("select expires_at from holds")) == {(at(10, 13),)}

    def test_lead_time_is_looked_at_when_they_are_kept(self, world, till, visitor):  # noqa: F811
        parts = priced(world, till, lead_time_s=3600)
        world.set_clock(at(9, 13, 59))
        to = begin(visitor, parts[0], at(9, 15))
        world.set_clock(at(9, 14, 10))
        pay(visitor, till, to)
        assert state(world, parts)[0][0] == at(9, 15)

    def test_while_stripe_is_down_nothing_moves_and_they_are_free(self, world, till, visitor, bank):  # noqa: F811
        parts = priced(world, till)
        choose(visitor, parts[0], NEW)
        bank.faults.order("stripe", "down", 1)
        visitor.send(link(parts[0], "reschedule"), 503)
        assert "Nothing has been moved or paid" in words(visitor.page) and "Continue to payment" in visitor.page
        assert world.sql("select 1 from holds") == []
        unmoved(world, parts)


def taken(world, colour, cut):
    world.set_clock(world.now + LATE)
    world.book(at(11, 16), staff=world.elena, email="bea@example.com")


def other_part_cancelled(world, colour, cut):
    cancel_booking(world.store_id, MERCHANT, cut.ref, refund="full")


def this_part_cancelled(world, colour, cut):
    cancel_booking(world.store_id, MERCHANT, colour.ref, refund="full")


def other_part_moved(world, colour, cut):
    reschedule_booking(world.store_id, MERCHANT, cut.ref, starts_at=at(10, 18))


def not_allowed_now(world, colour, cut):
    update_service(world.store_id, MERCHANT, cut.service_id, policy={"reschedule": {"allowed": False}})


def dearer_now(world, colour, cut):
    update_service(world.store_id, MERCHANT, cut.service_id, price=4600)


def dearer_and_cheaper_now(world, colour, cut):
    """The sum is what it was; whose it is, is not."""
    update_service(world.store_id, MERCHANT, colour.service_id, price=4600)
    update_service(world.store_id, MERCHANT, cut.service_id, price=4400)


def shop_moved_all(world, colour, cut):
    reschedule_visit(world.store_id, MERCHANT, colour.ref, starts_at=at(12, 15))


@pytest.mark.parametrize("spoil", [taken, other_part_cancelled, this_part_cancelled, other_part_moved, not_allowed_now, dearer_now, dearer_and_cheaper_now, shop_moved_all])
def test_what_cannot_be_made_any_more_moves_nothing_and_the_payment_goes_back_whole(world, till, visitor, bank, spoil):  # noqa: F811
    colour, cut = parts = priced(world, till)
    to = begin(visitor, colour, NEW)
    page = visitor.page
    spoil(world, colour, cut)
    before = state(world, parts)
    visitor.get(to)
    assert ("This page has ended" in words(visitor.page)) is (spoil not in (not_allowed_now, dearer_now, dearer_and_cheaper_now))
    type_card(till, page)
    visitor.page = page
    visitor.get(visitor.send(f"{to}/done").headers["Location"])
    shown = words(visitor.page)
    assert "Your bookings were not moved" in shown and "Your payment of $20 arrived when the move was no longer possible." in shown
    after = state(world, parts)
    assert [row[:2] + row[3:] for row in after] == [row[:2] + row[3:] for row in before]
    assert ("difference", "full", "automatic", "owed", 2000) in refunds(world, colour)
    bank.faults.order("stripe", "timeout_after_effect", 2)
    for _ in range(5):
        settle(world.store_id)
        world.set_clock(world.now + timedelta(minutes=6))
    assert [made["amount"] for made in till.refunds()].count(2000) == 1
    assert ("card", 2000, 2000) in payments(world, colour) and world.read(colour.ref).owed == world.read(cut.ref).owed == 0
    assert intents(world) == [("returned",)] and world.sql("select 1 from holds where kind = 'checkout'") == []
    assert "arrived when the move was no longer possible, so your bookings were not moved" in said(world, "payment_returned")
    assert "paid $20 by card to move several bookings to Thu, Mar 11, 2027" in said(world, "merchant_payment_returned")
    assert [len(world.outbox(topic)) for topic in ("payment_returned", "merchant_payment_returned")] == [1, 1]


def test_another_amount_than_was_asked_for_moves_nothing(world, till, visitor):  # noqa: F811
    parts = priced(world, till)
    begin(visitor, parts[0], NEW)
    refused("quote_changed", move_paid, world.store_id, SYSTEM, intent_of(world), "pi_other", 1900)
    unmoved(world, parts)


def test_a_move_and_a_cancellation_of_a_part_at_once_have_one_winner(world, till, visitor):  # noqa: F811
    colour, cut = priced(world, till)
    begin(visitor, colour, NEW)
    type_card(till, visitor.page)
    intent = intent_of(world)
    race(world, [lambda: pages.finish(world.store_id, intent), lambda: cancel_booking(world.store_id, MERCHANT, cut.ref, refund="full")])
    settle(world.store_id)
    gone, stays = world.read(cut.ref), world.read(colour.ref)
    assert gone.status == "cancelled" and stays.status == "confirmed"
    if stays.starts_at == NEW:
        assert sorted(made["amount"] for made in till.refunds()) == [1500, 3000] and (gone.refunded, stays.paid, stays.refunded) == (4500, 4500, 0)
    else:
        assert sorted(made["amount"] for made in till.refunds()) == [2000, 3000] and (gone.refunded, stays.paid, stays.refunded) == (3000, 6000, 2000)

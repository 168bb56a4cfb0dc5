"""Bookings that move together to dearer times are paid for at once: the parts of a visit, the dates of a series. All of them move, each
with its own part of the money, or none does and the payment goes back whole (R26, R31, R32, I2, I8, I16)."""

from __future__ import annotations

from datetime import timedelta

import httpx
import psycopg
import pytest

from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.create_series import create_series
from booking.actions.create_visit import VisitPart, create_visit
from booking.actions.decline_booking import decline_booking
from booking.actions.intents import name_intent
from booking.actions.outside_refund import note_outside_refund
from booking.actions.pay_difference import move_paid
from booking.actions.pay_together import begin_difference_together
from booking.actions.payment_accounts import disconnect_account
from booking.actions.planned_together import MoveTogether
from booking.actions.refund_booking import execute_refund
from booking.actions.reschedule_booking import ANYONE, reschedule_booking
from booking.actions.reschedule_series import reschedule_series
from booking.actions.services import update_service
from booking.actions.visits import reschedule_visit
from gateways.stripe import pages
from gateways.stripe.refunds import carry_out
from models.actor import SYSTEM
from models.dispute import closed_disputes, open_disputes, waiting_disputes
from models.session import database, reading
from sync.payments import Payments, settle, waits
from tests.actions.test_reschedule import race, refused
from tests.storefront.test_together import ADA
from tests.storefront.visitor import account, fields, link, words
from tests.stripe.test_cards import visitor  # noqa: F401  (fixtures)
from tests.stripe.test_difference import DIFFERENCE, LATE, begin, choose, pay, payments, refunds, said
from tests.stripe.test_disputes import court  # noqa: F401  (fixtures)
from tests.stripe.test_webhooks import deliver
from tests.stripe.till_pages import DECLINED, type_card
from tests.support.world import MERCHANT, at

NEW = at(11, 15)


def priced(world, till, colour=4500, cut=4500, *, paid=True, policy=None, **service):
    """Colour for $40 and a cut for $30, one after the other, paid by card; by now they cost something else."""
    made = [world.add_service(name, price=price, staff=[world.elena], policy=DIFFERENCE | (policy or {}), **service)
            for name, price in (("Colour", 4000), ("Cut", 3000))]
    parts = create_visit(world.store_id, MERCHANT, person=ADA, starts_at=at(10, 15), parts=[VisitPart(one, world.elena) for one in made]).bookings
    if paid:
        for b in parts:
            till.take(b, b.price)
    for one, price in zip(made, (colour, cut), strict=True):
        update_service(world.store_id, MERCHANT, one, price=price)
    return [world.read(b.ref) for b in parts]


def state(world, parts):
    return [(now.starts_at, now.price, now.paid, now.due) for now in (world.read(b.ref) for b in parts)]


def unmoved(world, parts):
    assert [(starts_at, price, due) for starts_at, price, _, due in state(world, parts)] == [(b.starts_at, b.price, b.due) for b in parts]


def intents(world):
    return world.sql("select state from intents where kind = 'difference' order by created_at, id")


def intent_of(world):
    return world.sql("select id from intents where kind = 'difference'")[0][0]


MOVED = [(NEW, 4500, 4500, 0), (at(11, 16), 4500, 4500, 0)]


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


class TestWhatIsCollected:
    """Of every part that is paid in full what it costs more, where all of them together cost more."""

    def test_a_cheaper_part_has_its_own_money_back(self, world, till, visitor):  # noqa: F811
        colour, cut = parts = priced(world, till, 3500, 4500)
        choose(visitor, colour, NEW)
        shown = words(visitor.page)
        assert "The new time costs $35, $5 less. You'll be refunded $5 to the card you paid with" in shown and "You pay $15 by card first" in shown
        pay(visitor, till, begin(visitor, colour, NEW))
        assert state(world, parts) == [(NEW, 3500, 4000, 0), (at(11, 16), 4500, 4500, 0)]
        settle(world.store_id)
        assert [made["amount"] for made in till.refunds()] == [500] and [world.read(b.ref).refunded for b in parts] == [500, 0]

    @pytest.mark.parametrize(("colour_price", "cut_price"), [(3500, 3500), (3000, 3500)])
    def test_where_all_together_costs_no_more_nothing_is_collected(self, world, till, visitor, colour_price, cut_price):  # noqa: F811
        colour, cut = parts = priced(world, till, colour_price, cut_price)
        choose(visitor, colour, NEW)
        shown = words(visitor.page)
        assert "pays" not in fields(visitor.page) and "by card first" not in shown and "The new time costs $35, $5 more. Still to pay at Harbor Massage: $5." in shown
        visitor.send(link(colour, "reschedule"))
        assert state(world, parts) == [(NEW, colour_price, 4000, 0), (at(11, 16), 3500, 3000, 500)]
        settle(world.store_id)
        assert [made["amount"] for made in till.refunds()] == [4000 - colour_price]

    def test_what_was_not_paid_before_is_paid_there(self, world, till, visitor):  # noqa: F811
        colour, cut = parts = priced(world, till, paid=False)
        choose(visitor, colour, NEW)
        assert "pays" not in fields(visitor.page) and "Still to pay at Harbor Massage: $45." in words(visitor.page)
        visitor.send(link(colour, "reschedule"))
        assert [row[3] for row in state(world, parts)] == [4500, 4500]

    def test_of_a_part_with_something_due_all_of_it_is_paid_there(self, world, till, visitor):  # noqa: F811
        colour, cut = parts = priced(world, till, paid=False)
        till.take(colour, 4000)
        choose(visitor, cut, NEW)
        shown = words(visitor.page)
        assert "You pay $5 by card first" in shown and "The new time costs $45, $15 more. Still to pay at Harbor Massage: $45." in shown
        pay(visitor, till, begin(visitor, cut, NEW))
        assert state(world, parts) == [(NEW, 4500, 4500, 0), (at(11, 16), 4500, 0, 4500)]
        assert "$5 has been paid by card for them. Still to pay at Harbor Massage: $45." in " ".join(said(world, "booking_moved").split())

    @pytest.mark.parametrize(("more", "collected"), [(30, "60"), (20, None)])
    def test_too_little_for_a_card_is_what_all_of_it_is(self, world, till, visitor, more, collected):  # noqa: F811
        parts = priced(world, till, 4000 + more, 3000 + more)
        choose(visitor, parts[0], NEW)
        assert fields(visitor.page).get("pays") == collected

    def test_without_a_card_service_it_is_paid_there(self, world, till, visitor):  # noqa: F811
        parts = priced(world, till)
        disconnect_account(world.store_id, SYSTEM)
        choose(visitor, parts[0], NEW)
        assert "Still to pay at Harbor Massage: $5." in words(visitor.page) and "by card first" not in words(visitor.page)
        visitor.send(link(parts[0], "reschedule"))
        assert [row[3] for row in state(world, parts)] == [500, 1500]

    def test_the_shop_is_never_asked(self, world, till):
        parts = priced(world, till)
        assert [b.price for b in reschedule_visit(world.store_id, MERCHANT, parts[0].ref, starts_at=NEW).bookings] == [4000, 3000]

    def test_no_door_moves_it_unpaid(self, world, till):
        parts = priced(world, till)
        for by in (world.customer(parts[0]), world.holder(parts[0])):
            no = refused("not_allowed", reschedule_visit, world.store_id, by, parts[0].ref, starts_at=NEW, price=9000)
            assert no.facts["pay"] == 2000
        unmoved(world, parts)

    def test_another_sum_than_the_one_shown_is_shown_again(self, world, till, visitor):  # noqa: F811
        parts = priced(world, till)
        for change in ({"pays": "1"}, {"price": "8999"}):
            choose(visitor, parts[0], NEW)
            visitor.send(link(parts[0], "reschedule"), 409, **change)
            assert "The price of that time is $90." in words(visitor.page) and world.sql("select 1 from holds") == []
        choose(visitor, parts[0], NEW)
        disconnect_account(world.store_id, SYSTEM)
        visitor.send(link(parts[0], "reschedule"), 409)
        unmoved(world, parts)

    def test_a_page_from_before_is_shown_what_is_to_pay(self, world, till, visitor):  # noqa: F811
        parts = priced(world, till)
        choose(visitor, parts[0], NEW)
        visitor.page = visitor.page.replace('name="pays"', 'name="other"')
        visitor.send(link(parts[0], "reschedule"), 409)
        assert "The new time costs $20 more, which is paid by card first." in words(visitor.page)
        unmoved(world, parts)

    def test_the_reason_for_moving_goes_along(self, world, till, visitor):  # noqa: F811
        parts = priced(world, till, policy={"reschedule": {"price_difference": "difference", "reason": "required"}})
        choose(visitor, parts[0], NEW)
        visitor.send(link(parts[0], "reschedule"), 422)
        assert world.sql("select 1 from holds") == []
        to = visitor.send(link(parts[0], "reschedule"), reason="My train is late").headers["Location"]
        visitor.get(to)
        pay(visitor, till, to)
        assert world.sql("select distinct move_reason from bookings") == [("My train is late",)]
        assert world.sql("select facts ? 'move_reason' from intents where kind = 'difference'") == [(False,)]


class TestWaiting:
    """R17: a visit that waits for the shop is paid before it is asked for."""

    def asked(self, world, till, visitor):  # noqa: F811
        parts = priced(world, till, policy={"approval": "reschedule_only"})
        pay(visitor, till, begin(visitor, parts[0], NEW))
        assert [world.read(b.ref).status for b in parts] == ["pending", "pending"] and state(world, parts) == MOVED
        return parts

    def test_declined_each_part_has_its_own_surplus_back(self, world, till, visitor):  # noqa: F811
        parts = self.asked(world, till, visitor)
        assert "$20 has been paid by card for them. If Harbor Massage says no, this amount comes back to you." in " ".join(said(world, "approval_asked").split())
        assert "$20 has been paid by card" in said(world, "merchant_approval_needed")
        decline_booking(world.store_id, MERCHANT, parts[0].ref)
        assert [(starts_at, price, due) for starts_at, price, _, due in state(world, parts)] == [(at(10, 15), 4000, 0), (at(10, 16), 3000, 0)]
        assert [world.read(b.ref).owed for b in parts] == [500, 1500]
        settle(world.store_id)
        assert sum(made["amount"] for made in till.refunds()) == 2000 and [world.read(b.ref).refunded for b in parts] == [500, 1500]

    def test_approved_it_stays(self, world, till, visitor):  # noqa: F811
        parts = self.asked(world, till, visitor)
        approve_booking(world.store_id, MERCHANT, parts[0].ref)
        assert state(world, parts) == MOVED and refunds(world, parts[0]) == refunds(world, parts[1]) == []

    def test_taking_the_request_back_costs_nothing(self, world, till, visitor):  # noqa: F811
        parts = self.asked(world, till, visitor)
        update_service(world.store_id, MERCHANT, parts[1].service_id, price=11000)
        choose(visitor, parts[0], at(10, 15))
        assert "takes back your request" in words(visitor.page) and "pays" not in fields(visitor.page)
        visitor.send(link(parts[0], "reschedule"))
        assert [(world.read(b.ref).status, world.read(b.ref).price, world.read(b.ref).owed) for b in parts] == [("confirmed", 4000, 500), ("confirmed", 3000, 1500)]

    def test_a_payment_that_went_back_counts_for_nothing_when_the_shop_says_no(self, world, till, visitor):  # noqa: F811
        parts = self.asked(world, till, visitor)
        update_service(world.store_id, MERCHANT, parts[1].service_id, price=5000)
        to = begin(visitor, parts[0], at(12, 15))
        page = visitor.page
        assert "Difference: $5" in words(page)
        world.set_clock(world.now + LATE)
        world.book(at(12, 16), staff=world.elena, email="bea@example.com")
        type_card(till, page)
        visitor.send(f"{to}/done")
        assert [world.read(b.ref).owed for b in parts] == [500, 0] and [world.read(b.ref).status for b in parts] == ["pending", "pending"]
        decline_booking(world.store_id, MERCHANT, parts[0].ref)
        assert [(world.read(b.ref).owed, world.read(b.ref).due) for b in parts] == [(1000, 0), (1500, 0)]


class TestOnePaymentOfTwo:
    """Money that goes back finds its part, whoever gives it back."""

    @pytest.fixture
    def moved(self, world, till, visitor):  # noqa: F811
        parts = priced(world, till)
        pay(visitor, till, begin(visitor, parts[0], NEW))
        return parts

    @pytest.fixture
    def reference(self, world, moved):
        return world.sql("select distinct provider_ref from payments where shared")[0][0]

    def by_hand(self, till, reference, amount):
        """Someone at Stripe's dashboard, and Stripe's word of it, twice."""
        made = till.client.v1.refunds.create({"payment_intent": reference, "amount": amount})
        http = self.http
        for event in till.bank.events("refund.created", "charge.refunded") * 2:
            deliver(http, event)
        settle(till.world.store_id)
        return made

    @pytest.fixture(autouse=True)
    def client(self, http):
        self.http = http

    def money(self, world, parts):
        return [(now.paid, now.refunded, now.owed) for now in (world.read(b.ref) for b in parts)]

    def test_a_part_that_is_cancelled_has_its_own_back(self, world, till, moved, reference, bank):
        for n, (b, back) in enumerate(((moved[1], [1500, 3000]), (moved[0], [500, 1500, 3000, 4000]))):
            cancel_booking(world.store_id, MERCHANT, b.ref, refund="full")
            bank.faults.order("stripe", "timeout_after_effect", 1)
            for _ in range(3):
                settle(world.store_id)
                world.set_clock(world.now + timedelta(minutes=6))
            assert sorted(made["amount"] for made in till.refunds()) == back
        assert self.money(world, moved) == [(4500, 4500, 0)] * 2
        assert sum(made["amount"] for made in till.refunds() if made["payment_intent"] == reference) == 2000

    def test_another_account_since_does_not_matter(self, world, till, moved, reference):
        """I20: it goes back where it was taken."""
        disconnect_account(world.store_id, SYSTEM)
        cancel_booking(world.store_id, MERCHANT, moved[1].ref, refund="full")
        settle(world.store_id)
        assert sorted(made["amount"] for made in till.refunds()) == [1500, 3000]

    @pytest.mark.parametrize(("amount", "back"), [(2000, [500, 1500]), (700, [500, 200]), (300, [300, 0])])
    def test_given_back_at_stripe_it_is_taken_off_the_parts_once(self, world, till, moved, reference, amount, back):
        self.by_hand(till, reference, amount)
        assert [refunded for _, refunded, _ in self.money(world, moved)] == back
        for b in moved:
            cancel_booking(world.store_id, MERCHANT, b.ref, refund="full")
        settle(world.store_id)
        assert self.money(world, moved) == [(4500, 4500, 0)] * 2
        assert sum(made["amount"] for made in till.refunds() if made["payment_intent"] == reference) == 2000

    def test_what_was_given_back_at_stripe_for_one_part_does_not_count_for_another(self, world, till, visitor):  # noqa: F811
        """R24: the refund of $5 is the first part's in our books, so the second one's $5 are sent all the same."""
        parts = priced(world, till, 5500, 3500)
        pay(visitor, till, begin(visitor, parts[0], NEW))
        reference = world.sql("select distinct provider_ref from payments where shared")[0][0]
        self.by_hand(till, reference, 500)
        assert self.money(world, parts) == [(5500, 500, 0), (3500, 0, 0)]
        cancel_booking(world.store_id, MERCHANT, parts[1].ref, refund="full")
        settle(world.store_id)
        assert sorted(made["amount"] for made in till.refunds()) == [500, 500, 3000]

    def test_given_back_at_stripe_all_at_once_it_pays_what_is_owed_of_both(self, world, till, moved, reference):
        for b in moved:
            update_service(world.store_id, MERCHANT, b.service_id, policy={"cancel": {"notice": "PT0S", "refund_mode": "manual"}})
            cancel_booking(world.store_id, MERCHANT, b.ref, refund="full")
        assert [owed for *_, owed in self.money(world, moved)] == [4500, 4500]
        self.by_hand(till, reference, 2000)
        assert self.money(world, moved) == [(4500, 500, 4000), (4500, 1500, 3000)]
        assert world.sql("select amount, spread from refund_intents order by amount") == [(500, True), (1500, True)]

    def test_one_at_stripe_that_fails_later_fails_for_both(self, world, till, moved, reference):
        made = self.by_hand(till, reference, 2000)
        till.bank.state.save(till.account, till.bank.state.get(till.account, "refund", made.id) | {"status": "failed", "failure_reason": "lost_or_stolen_card"})
        for event in till.bank.events("refund.created"):
            deliver(self.http, event | {"id": event["id"] + "x", "type": "refund.failed"})
        settle(world.store_id)
        assert world.sql("select distinct state from refund_intents") == [("failed",)] and [back for _, back, _ in self.money(world, moved)] == [0, 0]

    @pytest.mark.parametrize("end", ["lost", "won"])
    def test_a_dispute_is_one_of_each_part(self, world, till, moved, reference, court, end):  # noqa: F811
        dispute = court.dispute(reference)
        assert world.sql("select amount, status from disputes order by amount") == [(500, "needs_response"), (1500, "needs_response")]
        cancel_booking(world.store_id, MERCHANT, moved[1].ref, refund="full")
        court.decide(dispute, end)
        assert self.money(world, moved) == ([(4500, 500, 0), (4500, 1500, 3000)] if end == "lost" else [(4500, 0, 0), (4500, 0, 4500)])
        assert [row[0] for row in world.sql("select status from disputes")] == [end] * 2

    def test_what_one_part_had_back_is_not_disputed_a_second_time(self, world, till, moved, reference, court):  # noqa: F811
        """R24: the bank takes what is left of the payment, and that is the other part's alone, however often it is told."""
        cancel_booking(world.store_id, MERCHANT, moved[1].ref, refund="full")
        settle(world.store_id)
        dispute = court.dispute(reference, amount=500)
        assert world.sql("select amount, refundable from disputes order by amount") == [(0, False), (500, False)]
        assert [row.booking_id for row in world.outbox("merchant_dispute_opened")] == [moved[0].id]
        with reading(world.store_id) as tx:
            assert [one.ref for one in open_disputes(tx)] == [moved[0].ref] and waiting_disputes(tx) == 1
        court.decide(dispute, "lost")
        with reading(world.store_id) as tx:
            assert [one.ref for one in closed_disputes(tx)] == [moved[0].ref]
        assert self.money(world, moved) == [(4500, 500, 0), (4500, 4500, 0)]
        for event in till.bank.events("charge.dispute.closed"):
            deliver(self.http, event | {"id": event["id"] + "x"})
        settle(world.store_id)
        assert world.sql("select amount, given from disputes order by amount") == [(0, 0), (500, 500)]
        cancel_booking(world.store_id, MERCHANT, moved[0].ref, refund="full")
        settle(world.store_id)
        assert self.money(world, moved) == [(4500, 4500, 0)] * 2 and len(world.outbox("merchant_dispute_closed")) == 1

    def test_an_older_worker_leaves_its_refund_to_one_that_knows_of_parts(self, world, till, moved, monkeypatch):
        """I71: that one would take the part for the whole payment, and send too little of it."""
        cancel_booking(world.store_id, MERCHANT, moved[1].ref, refund="full")
        with monkeypatch.context() as older:
            older.setattr(Payments, "channels", ("stripe",))
            settle(world.store_id)
            assert till.refunds() == [] and not waits(world.store_id)
        assert waits(world.store_id) and world.store_id in database().due_payments()
        settle(world.store_id)
        assert sorted(made["amount"] for made in till.refunds()) == [1500, 3000] and self.money(world, moved)[1] == (4500, 4500, 0)

    def test_a_refund_of_one_booking_alone_is_any_workers(self, world, till, moved):
        other = world.book(at(10, 19), staff=world.elena, email="bea@example.com")
        till.take(other, 2500)
        cancel_booking(world.store_id, MERCHANT, other.ref, refund="full")
        cancel_booking(world.store_id, MERCHANT, moved[0].ref, refund="full")
        assert [[row.booking_id for row in world.outbox("execute_refund", channel=channel)] for channel in ("stripe", "stripe_shared")] == [
            [other.id], [moved[0].id]]

    def test_one_that_failed_goes_the_same_way_again(self, world, till, moved):
        """One command for each refund, ever."""
        cancel_booking(world.store_id, MERCHANT, moved[1].ref, refund="full")
        settle(world.store_id)
        for made in till.refunds():
            httpx.post(f"{till.bank.url}/stripe/refunds/{made['id']}", json={"status": "failed"})
        for event in till.bank.events("refund.failed"):
            deliver(self.http, event)
        settle(world.store_id)
        [(refund,)] = world.sql("select id from refunds where state in ('owed', 'failed')")
        execute_refund(world.store_id, MERCHANT, refund)
        assert [row.state for row in world.outbox("execute_refund", channel="stripe_shared")] == ["due"]
        settle(world.store_id)
        assert sorted(made["amount"] for made in till.refunds()) == [1500, 3000] and self.money(world, moved)[1] == (4500, 4500, 0)

    def test_what_was_noted_for_two_parts_meanwhile_pays_no_third(self, world, till, visitor):  # noqa: F811
        """R24: as this part's refund is sent, one made at Stripe in just its amount is spread over the two others."""
        made = [world.add_service(name, price=3000, staff=[world.elena], policy=DIFFERENCE) for name in ("Colour", "Cut", "Care")]
        parts = create_visit(world.store_id, MERCHANT, person=ADA, starts_at=at(10, 15), parts=[VisitPart(one, world.elena) for one in made]).bookings
        for b, price in zip(parts, (3500, 4000, 4500), strict=True):
            till.take(b, 3000)
            update_service(world.store_id, MERCHANT, b.service_id, price=price)
        pay(visitor, till, begin(visitor, parts[0], NEW))
        reference = world.sql("select distinct provider_ref from payments where shared")[0][0]
        cancel_booking(world.store_id, MERCHANT, parts[2].ref, refund="full")
        outside = till.client.v1.refunds.create({"payment_intent": reference, "amount": 1500})

        def meanwhile(label):
            if label == "intended":
                note_outside_refund(world.store_id, SYSTEM, reference, outside.id, 1500, "succeeded")

        [(refund,)] = world.sql("select id from refunds")
        carry_out(world.store_id, refund, at=meanwhile)
        assert self.money(world, parts)[:2] == [(3500, 500, 0), (4000, 1000, 0)] and world.read(parts[2].ref).owed == 1500
        world.set_clock(world.now + timedelta(minutes=6))
        settle(world.store_id)
        assert self.money(world, parts) == [(3500, 500, 0), (4000, 1000, 0), (4500, 4500, 0)]
        assert sum(made["amount"] for made in till.refunds() if made["payment_intent"] == reference) == 3000

    def test_the_database_notes_no_more_than_was_taken(self, world, till, moved, reference, owner_url):
        with psycopg.connect(owner_url.replace("+psycopg", "")) as owner:
            owner.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
            owner.commit()
            other = world.book(at(10, 19), staff=world.elena, email="bea@example.com")
            row = "insert into payments (store_id, id, booking_id, amount, currency, method, provider_ref, captured_at, shared) values (%s, 77, %s, 1, 'USD', 'card', %s, now(), %s)"
            with pytest.raises(psycopg.errors.CheckViolation, match="more than was taken"):
                owner.execute(row, (world.store_id, other.id, reference, True))
            owner.rollback()
            with pytest.raises(psycopg.errors.UniqueViolation, match="noted in parts"):
                owner.execute(row, (world.store_id, other.id, reference, False))
            owner.rollback()
            with pytest.raises(psycopg.errors.CheckViolation, match="more than was taken"):
                owner.execute(row, (world.store_id, other.id, "pi_unknown", True))
            owner.rollback()


def dates(world, till, n=3, *, price=9500, **more):
    """Fridays from March 5 at $80, each paid by card; by now they cost `price`."""
    made = world.add_service("Facial", staff=[world.elena], policy=DIFFERENCE | more.pop("policy", {}), **more)
    series = create_series(world.store_id, MERCHANT, service_id=made, staff_id=world.elena, person=ADA, starts_at=at(5, 15), dates=n).bookings
    for b in series:
        till.take(b, 8000)
    update_service(world.store_id, MERCHANT, made, price=price)
    return [world.read(b.ref) for b in series]


class TestSeries:
    """R31: the dates of a scope, paid for at once."""

    def choose(self, visitor, b, to, scope="following"):  # noqa: F811
        visitor.get(account(b, "reschedule") + f"?scope={scope}&at={to.isoformat().replace('+', '%2B')}")

    def begin(self, visitor, b, to, scope="following"):  # noqa: F811
        self.choose(visitor, b, to, scope)
        onward = visitor.send(account(b, "reschedule")).headers["Location"]
        assert onward.startswith("/pay/"), onward
        visitor.get(onward)
        return onward

    def test_the_dates_of_the_scope_move_when_the_payment_is_there(self, world, till, visitor):  # noqa: F811
        series = dates(world, till)
        visitor.sign_in()
        self.choose(visitor, series[1], at(13, 16))
        shown = words(visitor.page)
        assert "2 bookings move" in shown and "The new time costs $95, $15 more." in shown and "You pay $30 by card first; the new times" in shown
        to = self.begin(visitor, series[1], at(13, 16))
        assert "Difference: $30" in words(visitor.page) and words(visitor.page).count("before:") == 2 and "Facial: " not in words(visitor.page)
        unmoved(world, series)
        assert "Your bookings have moved" in pay(visitor, till, to)
        assert state(world, series) == [(at(5, 15), 8000, 8000, 0), (at(13, 16), 9500, 9500, 0), (at(20, 15), 9500, 9500, 0)]
        assert [row for b in series for row in payments(world, b)] == [("card", 8000, 0), ("card", 8000, 0), ("card", 1500, 0), ("card", 8000, 0), ("card", 1500, 0)]
        assert "The new times cost more. $30 has been paid by card for them." in said(world, "booking_moved") and len(world.outbox("booking_moved")) == 1

    def test_a_date_that_does_not_fit_stays_and_is_not_paid_for(self, world, till, visitor):  # noqa: F811
        series = dates(world, till)
        world.book(at(13, 16), staff=world.elena, email="bea@example.com")
        visitor.sign_in()
        to = self.begin(visitor, series[0], at(6, 16), "all")
        assert "Difference: $30" in words(visitor.page)
        pay(visitor, till, to)
        assert [(row[0], row[1]) for row in state(world, series)] == [(at(6, 16), 9500), (at(12, 15), 8000), (at(20, 15), 9500)]

    def test_each_may_come_to_where_the_next_one_is_now(self, world, till, visitor):  # noqa: F811
        series = dates(world, till)
        visitor.sign_in()
        to = self.begin(visitor, series[0], series[1].starts_at, "all")
        assert len(world.sql("select 1 from holds")) == 1
        pay(visitor, till, to)
        assert [row[0] for row in state(world, series)] == [series[1].starts_at, series[2].starts_at, at(26, 14)]

    @pytest.mark.parametrize("spoil", [
        lambda world, series: world.book(at(20, 15), staff=world.elena, email="bea@example.com"),
        lambda world, series: cancel_booking(world.store_id, MERCHANT, series[2].ref, refund="full"),
        lambda world, series: reschedule_booking(world.store_id, MERCHANT, series[1].ref, starts_at=at(12, 17)),
        lambda world, series: update_service(world.store_id, MERCHANT, series[0].service_id, price=9600)])
    def test_one_that_cannot_move_any_more_holds_back_all_of_them(self, world, till, visitor, spoil):  # noqa: F811
        series = dates(world, till)
        visitor.sign_in()
        to = self.begin(visitor, series[1], at(13, 16))
        page = visitor.page
        world.set_clock(world.now + LATE)
        spoil(world, series)
        before = state(world, series)
        type_card(till, page)
        visitor.page = page
        visitor.get(visitor.send(f"{to}/done").headers["Location"])
        assert "Your bookings were not moved" in words(visitor.page)
        assert [(row[0], row[1]) for row in state(world, series)] == [(row[0], row[1]) for row in before]
        settle(world.store_id)
        assert [made["amount"] for made in till.refunds()].count(3000) == 1 and intents(world) == [("returned",)]

    def test_its_class_dates_are_kept(self, world, till, visitor):  # noqa: F811
        yoga = world.add_service("Yoga", policy=DIFFERENCE, capacity=2, staff=[world.elena])
        for day, hour in ((5, 15), (12, 15), (6, 16), (13, 16)):
            world.session(yoga, at(day, hour), capacity=1)
        series = create_series(world.store_id, MERCHANT, service_id=yoga, staff_id=world.elena, person=ADA, starts_at=at(5, 15), dates=2).bookings
        for b in series:
            till.take(b, 8000)
        update_service(world.store_id, MERCHANT, yoga, price=9500)
        visitor.sign_in()
        to = self.begin(visitor, series[0], at(6, 16), "all")
        assert world.sql("select seats_taken from sessions") == [(1,)] * 4
        pay(visitor, till, to)
        assert [row[0] for row in state(world, series)] == [at(6, 16), at(13, 16)]
        assert world.sql("select sum(seats_taken)::int from sessions") == [(2,)] and world.sql("select 1 from holds") == []

    def test_of_one_that_waits_the_time_it_had_costs_nothing(self, world, till, visitor):  # noqa: F811
        """R17: a date that goes back to the time that was kept for it is not paid for anew; the other one is."""
        series = dates(world, till, 2, policy={"approval": "reschedule_only"})
        visitor.sign_in()
        self.choose(visitor, series[0], at(6, 15), "this")
        to = visitor.send(account(series[0], "reschedule")).headers["Location"]
        visitor.get(to)
        pay(visitor, till, to)
        assert world.read(series[0].ref).status == "pending"
        to = self.begin(visitor, series[0], at(5, 15), "all")
        assert "Difference: $15" in words(visitor.page)
        pay(visitor, till, to)
        first, second = (world.read(b.ref) for b in series)
        assert (first.status, first.starts_at, first.price, first.owed) == ("confirmed", at(5, 15), 8000, 1500)
        assert (second.status, second.starts_at, second.price, second.paid, second.due) == ("pending", at(11, 15), 9500, 9500, 0)
        [*_, asked] = world.outbox("approval_asked")
        assert ([line["ref"] for line in asked.payload["bookings"]], asked.payload["collected"]) == ([second.ref], 1500)
        assert world.outbox("booking_moved", "merchant_booking_moved") == []

    def test_the_shop_reads_beside_what_has_moved_what_was_paid_for_that(self, world, till, visitor):  # noqa: F811
        series = dates(world, till, 3, policy={"approval": "by_notice", "approval_notice": "P8D"})
        visitor.sign_in()
        pay(visitor, till, self.begin(visitor, series[0], at(5, 16), "all"))
        assert [world.read(b.ref).status for b in series] == ["pending", "confirmed", "confirmed"]
        assert {row.payload["collected"] for row in world.outbox("merchant_booking_moved") if row.recipient == "shop@example.com"} == {3000}
        assert [row.payload["collected"] for row in world.outbox("merchant_approval_needed")] == [1500]
        assert "$45 has been paid by card for them." in said(world, "booking_moved")

    @pytest.mark.parametrize(("staff", "pays"), [("", 2300), ("&staff=anyone", 1900)])
    def test_whether_one_goes_back_is_asked_with_its_person(self, world, till, visitor, staff, pays):  # noqa: F811
        """R14, R17: the old hour with another person than before is a move like any other, and paid for."""
        series = dates(world, till, 2, policy={"approval": "reschedule_only"} | {"reschedule": DIFFERENCE["reschedule"] | {"change_staff": True}})
        update_service(world.store_id, MERCHANT, series[0].service_id, staff=[world.elena, world.tom])
        visitor.sign_in()
        visitor.get(account(series[0], "reschedule") + f"?scope=this&at={at(5, 16).isoformat().replace('+', '%2B')}&staff={world.tom}")
        to = visitor.send(account(series[0], "reschedule")).headers["Location"]
        visitor.get(to)
        pay(visitor, till, to)
        first = world.read(series[0].ref)
        assert (first.status, first.staff_id, first.price) == ("pending", world.tom, 9500)
        update_service(world.store_id, MERCHANT, first.service_id, price=9900)
        at_once = {} if not staff else {"staff_id": ANYONE}
        no = refused("not_allowed", reschedule_series, world.store_id, world.customer(first), first.ref, scope="all", starts_at=at(5, 15), price=19800, **at_once)
        assert no.facts["pay"] == pays
        visitor.get(account(first, "reschedule") + f"?scope=all&at={at(5, 15).isoformat().replace('+', '%2B')}{staff}")
        assert fields(visitor.page)["pays"] == str(pays) and ("This takes back your request" in words(visitor.page)) is bool(staff)
        to = visitor.send(account(first, "reschedule")).headers["Location"]
        visitor.get(to)
        pay(visitor, till, to)
        assert [(now.starts_at, now.price, now.due) for now in map(world.read, (b.ref for b in series))] == (
            [(at(5, 15), 8000, 0), (at(12, 14), 9900, 0)] if staff else [(at(5, 15), 9900, 0), (at(12, 14), 9900, 0)])

    def test_no_door_moves_them_unpaid(self, world, till):
        series = dates(world, till)
        no = refused("not_allowed", reschedule_series, world.store_id, world.customer(series[0]), series[0].ref, scope="all", starts_at=at(6, 16), price=28500)
        assert no.facts["pay"] == 4500
        unmoved(world, series)

    def test_the_one_it_is_asked_at_may_stay_itself(self, world, till):
        """No page asks for that; it is no failure."""
        series = dates(world, till)
        begun = begin_difference_together(
            world.store_id, world.customer(series[0]), series[0].ref, MoveTogether("all", at(6, 16), None, {b.ref for b in series[1:]}, {series[0].ref}),
            version=series[0].version, price=19000, pays=3000, browser="x").facts
        name_intent(world.store_id, SYSTEM, begun["intent_id"], "pi_x", None)
        move_paid(world.store_id, SYSTEM, begun["intent_id"], "pi_x", 3000)
        assert [row[0] for row in state(world, series)] == [at(5, 15), at(13, 16), at(20, 15)]

    def test_a_link_pays_for_no_other_dates(self, world, till, visitor):  # noqa: F811
        """R6: it opens its own booking only."""
        series = dates(world, till)
        visitor.sign_in()
        self.choose(visitor, series[0], at(6, 16), "all")
        form = fields(visitor.page)
        visitor.get(link(series[0], "reschedule"))
        visitor.post(link(series[0], "reschedule"), 422, **(form | {"scope": "all"}))
        assert world.sql("select 1 from intents where kind = 'difference'") == []

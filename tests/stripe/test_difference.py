"""A dearer time is paid before the booking moves there: kept meanwhile, moved once, given back when it comes too late (R26, I2, I8, I16)."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.decline_booking import decline_booking
from booking.actions.pay_difference import move_paid
from booking.actions.payment_accounts import disconnect_account
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from gateways.stripe import pages
from messages import render_mail
from models.actor import SYSTEM
from models.session import transaction
from sync.payments import settle
from tests.actions.test_reschedule import race, refused
from tests.storefront.visitor import account, fields, link, words
from tests.stripe.test_cards import visitor  # noqa: F401  (fixtures)
from tests.stripe.test_webhooks import deliver
from tests.stripe.till_pages import CHALLENGE, DECLINED, answer_bank, type_card
from tests.support.world import MERCHANT, at

DIFFERENCE = {"reschedule": {"price_difference": "difference"}}
NEW = at(12, 15)
LATE = timedelta(minutes=21)


def priced(world, till, price=9500, *, paid=8000, policy=None, **service):
    """A booking at $80, paid by card, of a service that costs `price` by now."""
    made = world.add_service("Priced", policy=DIFFERENCE | (policy or {}), staff=[world.elena], **service)
    b = world.book(at(10, 15), service=made, staff=world.elena)
    if paid:
        till.take(b, paid)
    update_service(world.store_id, MERCHANT, made, price=price)
    return world.read(b.ref)


def choose(visitor, b, to=NEW, path=link):  # noqa: F811
    """The summary of the move."""
    sign = "&" if "?" in path(b, "reschedule") else "?"
    visitor.get(path(b, "reschedule") + f"{sign}at={to.isoformat().replace('+', '%2B')}")


def begin(visitor, b, to=NEW, path=link) -> str:  # noqa: F811
    """As far as the page with the card form; its address."""
    choose(visitor, b, to, path)
    onward = visitor.send(path(b, "reschedule")).headers["Location"]
    assert onward.startswith("/pay/"), onward
    visitor.get(onward)
    return onward


def pay(visitor, till, to) -> str:  # noqa: F811
    """Type the card and come back; the words of the page at the end."""
    assert type_card(till, visitor.page)["status"] == "succeeded"
    back = visitor.send(f"{to}/done").headers["Location"]
    visitor.get(visitor.get(back, 303).headers["Location"])
    return words(visitor.page)


def payments(world, b):
    return world.sql("select method, amount, refunded from payments where booking_id = %s order by amount desc", b.id)


def refunds(world, b):
    return world.sql("select cause, outcome, mode, state, amount from refunds where booking_id = %s order by amount desc", b.id)


def said(world, topic):
    """The last mail of this kind to the customer or the shop's people."""
    return render_mail(topic, [row for row in world.outbox(topic) if row.payload["recipient"]["kind"] != "staff"][-1].payload, "opencals.com").text


def unmoved(world, b):
    now = world.read(b.ref)
    assert (now.starts_at, now.price, now.due) == (b.starts_at, 8000, 0)
    return now


@pytest.mark.parametrize("path", [link, account])
def test_it_moves_when_the_payment_is_there(world, till, visitor, path):  # noqa: F811
    b = priced(world, till)
    if path is account:
        visitor.sign_in()
    choose(visitor, b, path=path)
    assert "The new time costs $95, $15 more. You pay $15 by card first" in words(visitor.page) and "at Harbor Massage" not in words(visitor.page)
    assert "Continue to payment" in visitor.page
    to = begin(visitor, b, path=path)
    shown = words(visitor.page)
    assert "Pay the difference" in shown and "Difference: $15" in shown and "for 20 more minutes" in shown
    assert "Fri, Mar 12, 2027" in shown and "before: Wed, Mar 10, 2027" in shown
    assert "The card form needs JavaScript" in shown  # without it the old time stays
    unmoved(world, b)
    assert world.outbox("booking_moved") == []
    shown = pay(visitor, till, to)
    assert "Your new time" in shown and "Payment received" in shown.partition("What happened so far")[2] and "$95 paid" in shown
    now = world.read(b.ref)
    assert (now.status, now.starts_at, now.price, now.paid, now.due, now.customer_moves) == ("confirmed", NEW, 9500, 9500, 0, 1)
    assert payments(world, b) == [("card", 8000, 0), ("card", 1500, 0)] and refunds(world, b) == [] and till.refunds() == []
    assert world.sql("select state, payment_id is not null from intents where kind = 'difference'") == [("succeeded", True)]
    assert world.sql("select 1 from holds") == []
    assert "The new time costs more. $15 has been paid by card for it." in said(world, "booking_moved")
    assert "$15 has been paid by card for it." in said(world, "merchant_booking_moved")
    who = "customer" if path is account else "link"
    assert world.sql("select actor_kind, facts->>'paid' from audit_entries where action = 'reschedule_booking'") == [(who, "1500")]
    assert world.sql("select kind, amount from documents where booking_id = %s order by number desc limit 1", b.id) == [("receipt", 9500)]


def test_of_webhook_and_return_the_first_moves_it_and_the_others_change_nothing(world, till, visitor, app, bank):  # noqa: F811
    b = priced(world, till)
    to = begin(visitor, b)
    type_card(till, visitor.page)
    for event in bank.events("payment_intent.succeeded") * 2:
        deliver(app.test_client(), event)
    settle(world.store_id)
    assert world.read(b.ref).starts_at == NEW
    page = visitor.page
    for _ in range(2):
        visitor.page = page
        visitor.send(f"{to}/done")
    settle(world.store_id)
    assert (world.read(b.ref).customer_moves, len(payments(world, b)), len(world.outbox("booking_moved"))) == (1, 2, 1)


def test_eight_at_once_move_it_once(world, till, visitor):  # noqa: F811
    b = priced(world, till)
    begin(visitor, b)
    type_card(till, visitor.page)
    intent = world.sql("select id from intents where kind = 'difference'")[0][0]
    assert race(world, [lambda: pages.finish(world.store_id, intent)] * 8) == ["ok"] * 8
    assert (world.read(b.ref).customer_moves, len(payments(world, b))) == (1, 2) and till.refunds() == []


def test_while_it_is_paid_nobody_else_gets_the_time_but_its_customer_still_sees_it(world, till, visitor, app):  # noqa: F811
    b, other = priced(world, till), world.book(at(10, 18), staff=world.elena, email="bea@example.com")
    begin(visitor, b)
    world.set_clock(world.now + timedelta(minutes=19))
    refused("slot_taken", reschedule_booking, world.store_id, world.customer(other), other.ref, starts_at=NEW)
    to = begin(visitor, b)  # the same again, in another tab: one time is kept, not two
    assert world.sql("select count(*) from holds") == [(1,)]
    pay(visitor, till, to)
    assert world.read(b.ref).starts_at == NEW


def test_a_time_that_overlaps_the_old_one_can_be_kept(world, till, visitor):  # noqa: F811
    """I8: what the booking holds by itself need not be kept for it."""
    b = priced(world, till, step_s=1800)
    to = begin(visitor, b, at(10, 15, 30))
    assert world.sql("select starts_at, ends_at from holds") == [(at(10, 16), at(10, 16, 30))]
    pay(visitor, till, to)
    assert world.read(b.ref).starts_at == at(10, 15, 30)


def test_the_last_place_of_a_class_is_kept(world, till, visitor):  # noqa: F811
    yoga = world.add_service("Yoga", policy=DIFFERENCE, capacity=2, staff=[world.elena])
    for day in (10, 12):
        world.session(yoga, at(day, 15), capacity=1)
    b = world.book(at(10, 15), service=yoga, staff=world.elena)
    till.take(b, 8000)
    update_service(world.store_id, MERCHANT, yoga, price=9500)
    begin(visitor, b)
    assert world.sql("select seats_taken from sessions order by starts_at") == [(1,), (1,)]
    pay(visitor, till, begin(visitor, b))
    assert world.sql("select seats_taken from sessions order by starts_at") == [(0,), (1,)] and world.read(b.ref).starts_at == NEW


def test_with_somebody_else_the_page_names_both(world, till, visitor):  # noqa: F811
    made = world.add_service("Priced", policy={"reschedule": {"price_difference": "difference", "change_staff": True}})
    b = world.book(at(10, 15), service=made, staff=world.elena)
    till.take(b, 8000)
    world.book(NEW, staff=world.elena, email="bea@example.com")
    update_service(world.store_id, MERCHANT, made, price=9500)
    visitor.get(link(b, "reschedule", staff="anyone", at=NEW.isoformat()))
    to = visitor.send(link(b, "reschedule", staff="anyone")).headers["Location"]
    visitor.get(to)
    assert "10:00 AM EST, with Tom Okonkwo (before: Wed, Mar 10, 2027, 10:00 AM EST, with Elena Marsh)" in words(visitor.page)
    pay(visitor, till, to)
    assert world.read(b.ref).staff_id == world.tom


def test_the_page_to_pay_speaks_as_the_page_before(world, till, visitor):  # noqa: F811
    """R46: behind a link in its customer's language, whatever the browser's."""
    b = priced(world, till)
    with transaction(world.store_id, MERCHANT) as tx:
        tx.db.exec_driver_sql("update customers set locale = 'de'")
        tx.audit("change_profile", subject="customer")
    begin(visitor, b)
    assert 'lang="de"' in visitor.page and "Differenz" in words(visitor.page)


def test_the_reason_for_moving_goes_along(world, till, visitor):  # noqa: F811
    """D20b: it is asked for before the payment, and leaves the payment when the booking has it."""
    b = priced(world, till, policy={"reschedule": {"price_difference": "difference", "reason": "required"}})
    choose(visitor, b)
    visitor.send(link(b, "reschedule"), 422)
    assert "Please say why you are moving it." in words(visitor.page) and world.sql("select 1 from holds") == []
    to = visitor.send(link(b, "reschedule"), reason="My train is late").headers["Location"]
    visitor.get(to)
    pay(visitor, till, to)
    assert (world.read(b.ref).starts_at, world.sql("select move_reason from bookings where id = %s", b.id)) == (NEW, [("My train is late",)])
    assert "My train is late" in said(world, "merchant_booking_moved")
    assert world.sql("select facts ? 'move_reason' from intents where kind = 'difference'") == [(False,)]


def test_before_paying_it_says_what_a_cancellation_would_give_back_then(world, till, visitor):  # noqa: F811
    """R33: of what will have been paid by then, the difference too."""
    b = priced(world, till, policy={"cancel": {"notice": "PT0S", "tiers": [{"at_least": "P3D", "outcome": "full"}, {"outcome": "partial", "percent": 50}]}})
    world.set_clock(at(6, 15))
    choose(visitor, b, at(8, 15))
    assert "you get less money back than now." in words(visitor.page) and "$47.50" in words(visitor.page)


def test_a_declined_card_moves_nothing_and_may_be_tried_again(world, till, visitor):  # noqa: F811
    b = priced(world, till)
    to = begin(visitor, b)
    type_card(till, visitor.page, DECLINED)
    visitor.send(f"{to}/done", 409)
    assert "Your card was declined." in words(visitor.page)
    unmoved(world, b)
    assert type_card(till, visitor.page, CHALLENGE)["status"] == "requires_action"
    answer_bank(till, visitor.page)
    visitor.send(f"{to}/done")
    assert world.read(b.ref).starts_at == NEW


def test_abandoned_it_is_free_again_and_cannot_be_paid(world, till, visitor, bank):  # noqa: F811
    b = priced(world, till)
    to = begin(visitor, b)
    page = visitor.page
    world.set_clock(world.now + LATE)
    settle(world.store_id)
    assert bank.all("payment_intent")[-1]["status"] == "canceled" and "error" in type_card(till, page)
    assert world.sql("select state from intents where kind = 'difference'") == [("cancelled",)] and world.sql("select 1 from holds") == []
    unmoved(world, b)
    visitor.get(to)
    assert "Nothing was paid and your booking has not moved." in words(visitor.page)
    world.book(NEW, staff=world.elena, email="bea@example.com")


def test_paid_late_while_the_time_is_still_free_moves_it(world, till, visitor):  # noqa: F811
    b = priced(world, till)
    to = begin(visitor, b)
    world.set_clock(world.now + LATE)
    pay(visitor, till, to)
    assert world.read(b.ref).starts_at == NEW


def lost(world, till, visitor, b, spoil, *, wait=None):  # noqa: F811
    """Pay after `spoil` has made the move impossible; the words of the pay page."""
    to = begin(visitor, b)
    if wait:
        world.set_clock(world.now + wait)
    page = visitor.page
    spoil()
    type_card(till, page)
    visitor.page = page
    visitor.get(visitor.send(f"{to}/done").headers["Location"])
    return words(visitor.page)


def came_back(world, till, b, bank):
    """All of the payment is on its way back, once, whatever happens meanwhile; the customer and the shop know."""
    assert refunds(world, b)[-1] == ("difference", "full", "automatic", "owed", 1500)
    bank.faults.order("stripe", "timeout_after_effect", 2)
    for _ in range(5):
        settle(world.store_id)
        world.set_clock(world.now + timedelta(minutes=6))
    assert [made["amount"] for made in till.refunds()].count(1500) == 1
    assert refunds(world, b)[-1] == ("difference", "full", "automatic", "succeeded", 1500) and payments(world, b)[-1] == ("card", 1500, 1500)
    assert world.sql("select state from intents where kind = 'difference'") == [("returned",)] and world.sql("select 1 from holds where kind = 'checkout'") == []
    assert "Your payment of $15 for moving to Fri, Mar 12, 2027, 10:00 AM EST arrived when the move was no longer possible" in said(world, "payment_returned")
    assert "paid $15 by card to move Priced to Fri, Mar 12, 2027" in said(world, "merchant_payment_returned")
    assert [len(world.outbox(topic)) for topic in ("payment_returned", "merchant_payment_returned")] == [1, 1]


def test_the_time_is_taken_when_the_payment_arrives(world, till, visitor, bank):  # noqa: F811
    b = priced(world, till)
    shown = lost(world, till, visitor, b, lambda: world.book(NEW, staff=world.elena, email="bea@example.com"), wait=LATE)
    assert "Your booking was not moved" in shown and "Your payment of $15 arrived when the move was no longer possible." in shown
    unmoved(world, b)
    came_back(world, till, b, bank)


def test_the_booking_is_cancelled_meanwhile(world, till, visitor, bank):  # noqa: F811
    b = priced(world, till)
    lost(world, till, visitor, b, lambda: cancel_booking(world.store_id, MERCHANT, b.ref, refund="full"))
    assert world.read(b.ref).status == "cancelled"
    came_back(world, till, b, bank)
    assert sorted(made["amount"] for made in till.refunds()) == [1500, 8000]


def test_the_booking_is_elsewhere_by_then(world, till, visitor, bank):  # noqa: F811
    """I9: what was agreed to was a move of the booking as it was."""
    b = priced(world, till)
    to = begin(visitor, b)
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(11, 15))
    page = visitor.page
    visitor.get(to)
    assert "This page has ended" in words(visitor.page)  # nobody is led to pay for it now
    visitor.page = page
    type_card(till, page)
    visitor.send(f"{to}/done")
    assert (world.read(b.ref).starts_at, world.read(b.ref).price) == (at(11, 15), 8000)
    came_back(world, till, b, bank)


@pytest.mark.parametrize("values", [{"policy": {"reschedule": {"allowed": False}}}, {"price": 9900}])
def test_the_rules_have_changed_meanwhile(world, till, visitor, bank, values):  # noqa: F811
    b = priced(world, till)
    lost(world, till, visitor, b, lambda: update_service(world.store_id, MERCHANT, b.service_id, **values))
    unmoved(world, b)
    came_back(world, till, b, bank)


def test_another_amount_than_was_asked_for_moves_nothing(world, till, visitor):  # noqa: F811
    b = priced(world, till)
    begin(visitor, b)
    intent = world.sql("select id from intents where kind = 'difference'")[0][0]
    refused("quote_changed", move_paid, world.store_id, SYSTEM, intent, "pi_other", 1400)
    unmoved(world, b)


def test_it_can_be_paid_only_until_the_notice(world, till, visitor, bank):  # noqa: F811
    b = priced(world, till, policy={"reschedule": {"price_difference": "difference", "notice": "PT2H"}})
    world.set_clock(at(10, 12, 50))
    begin(visitor, b)
    assert "for 10 more minutes" in words(visitor.page)
    assert world.sql("select expires_at from holds") == [(at(10, 13),)]


def test_lead_time_is_looked_at_when_the_time_is_kept(world, till, visitor):  # noqa: F811
    b = priced(world, till, lead_time_s=3600)
    world.set_clock(at(9, 13, 59))
    to = begin(visitor, b, at(9, 15))
    world.set_clock(at(9, 14, 10))
    pay(visitor, till, to)
    assert world.read(b.ref).starts_at == at(9, 15)


class TestWhatIsCollected:
    """Only what a booking that has been paid in full costs more."""

    @pytest.mark.parametrize(("paid", "due"), [(0, 9500), (2500, 7000)])
    def test_with_something_due_all_of_it_is_paid_there(self, world, till, visitor, paid, due):  # noqa: F811
        b = priced(world, till, paid=paid)
        choose(visitor, b)
        assert f"Still to pay at Harbor Massage: ${due // 100}." in words(visitor.page) and "pays" not in fields(visitor.page)
        assert visitor.send(link(b, "reschedule")).headers["Location"].startswith("/manage/")
        assert world.read(b.ref).due == due

    @pytest.mark.parametrize("price", [8000, 6000])
    def test_an_equal_or_cheaper_time_asks_for_nothing(self, world, till, visitor, price):  # noqa: F811
        b = priced(world, till, price)
        choose(visitor, b)
        visitor.send(link(b, "reschedule"))
        assert world.read(b.ref).starts_at == NEW and world.read(b.ref).owed == 8000 - price

    def test_too_little_for_a_card_is_paid_there(self, world, till, visitor):  # noqa: F811
        b = priced(world, till, 8049)
        choose(visitor, b)
        visitor.send(link(b, "reschedule"))
        assert (world.read(b.ref).starts_at, world.read(b.ref).due) == (NEW, 49)

    def test_without_a_card_service_it_is_paid_there(self, world, till, visitor):  # noqa: F811
        b = priced(world, till)
        disconnect_account(world.store_id, SYSTEM)
        choose(visitor, b)
        assert "Still to pay at Harbor Massage: $15." in words(visitor.page)
        visitor.send(link(b, "reschedule"))
        assert (world.read(b.ref).starts_at, world.read(b.ref).due) == (NEW, 1500)

    def test_the_shop_is_never_asked(self, world, till):
        b = priced(world, till)
        assert reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=NEW).booking.price == 8000

    def test_no_door_moves_it_unpaid(self, world, till):
        b = priced(world, till)
        for by in (world.customer(b), world.holder(b)):
            no = refused("not_allowed", reschedule_booking, world.store_id, by, b.ref, starts_at=NEW, price=9500)
            assert no.facts["pay"] == 1500
        unmoved(world, b)

    def test_another_sum_than_the_one_shown_is_shown_again(self, world, till, visitor, bank):  # noqa: F811
        b = priced(world, till)
        choose(visitor, b)
        visitor.send(link(b, "reschedule"), 409, pays="1")
        assert "The price of that time is $95." in words(visitor.page) and world.sql("select 1 from holds") == []
        choose(visitor, b)
        disconnect_account(world.store_id, SYSTEM)
        visitor.send(link(b, "reschedule"), 409)
        unmoved(world, b)

    def test_a_page_from_before_is_shown_what_is_to_pay(self, world, till, visitor):  # noqa: F811
        b = priced(world, till)
        choose(visitor, b)
        visitor.page = visitor.page.replace('name="pays"', 'name="other"')
        visitor.send(link(b, "reschedule"), 409)
        assert "The new time costs $15 more, which is paid by card first." in words(visitor.page)
        unmoved(world, b)


def test_while_stripe_is_down_nothing_moves_and_the_time_is_free(world, till, visitor, bank):  # noqa: F811
    b = priced(world, till)
    choose(visitor, b)
    bank.faults.order("stripe", "down", 1)
    visitor.send(link(b, "reschedule"), 503)
    assert "Nothing has been moved or paid" in words(visitor.page) and "Continue to payment" in visitor.page
    assert world.sql("select 1 from holds") == []
    unmoved(world, b)


class TestWaiting:
    """R17: a move that waits for the shop is paid before it is asked for."""

    POLICY = {"approval": "reschedule_only"}

    def asked(self, world, till, visitor, price=9500):  # noqa: F811
        b = priced(world, till, price, policy=self.POLICY)
        assert "Your request for Fri, Mar 12, 2027" in pay(visitor, till, begin(visitor, b))
        now = world.read(b.ref)
        assert (now.status, now.starts_at, now.price, now.paid, now.due) == ("pending", NEW, 9500, 9500, 0)
        return now

    def test_declined_the_surplus_comes_back(self, world, till, visitor):  # noqa: F811
        b = self.asked(world, till, visitor)
        mail = said(world, "approval_asked")
        assert "$15 has been paid by card for it." in mail and "If Harbor Massage says no, this amount comes back to you." in mail
        done = decline_booking(world.store_id, MERCHANT, b.ref)
        assert (done.booking.status, done.booking.starts_at, done.booking.price, done.booking.due, done.refund.amount) == ("confirmed", at(10, 15), 8000, 0, 1500)
        settle(world.store_id)
        assert sum(made["amount"] for made in till.refunds()) == 1500 and "$15" in said(world, "approval_refused")

    def test_approved_it_stays(self, world, till, visitor):  # noqa: F811
        b = self.asked(world, till, visitor)
        done = approve_booking(world.store_id, MERCHANT, b.ref)
        assert (done.booking.starts_at, done.booking.paid, done.booking.due, done.refund) == (NEW, 9500, 0, None)

    def test_asked_for_a_cheaper_time_after_all_what_is_left_over_comes_back(self, world, till, visitor):  # noqa: F811
        b = self.asked(world, till, visitor)
        update_service(world.store_id, MERCHANT, b.service_id, price=9000)
        choose(visitor, b, at(12, 17))
        visitor.send(link(b, "reschedule"))
        assert (world.read(b.ref).price, world.read(b.ref).due, refunds(world, b)) == (9000, 0, [])
        assert approve_booking(world.store_id, MERCHANT, b.ref).refund.amount == 500

    def test_asked_for_a_dearer_one_still_only_what_is_missing_is_paid(self, world, till, visitor):  # noqa: F811
        b = self.asked(world, till, visitor)
        for price, hour in ((9000, 17), (9800, 18)):
            update_service(world.store_id, MERCHANT, b.service_id, price=price)
            choose(visitor, b, at(12, hour))
            if price == 9000:
                visitor.send(link(b, "reschedule"))
        assert fields(visitor.page)["pays"] == "300"
        pay(visitor, till, begin(visitor, b, at(12, 18)))
        assert (world.read(b.ref).paid, world.read(b.ref).due) == (9800, 0)
        assert decline_booking(world.store_id, MERCHANT, b.ref).refund.amount == 1800

    def test_taking_the_request_back_costs_nothing(self, world, till, visitor):  # noqa: F811
        b = self.asked(world, till, visitor)
        update_service(world.store_id, MERCHANT, b.service_id, price=11000)
        choose(visitor, b, at(10, 15))
        assert "takes back your request" in words(visitor.page) and "pays" not in fields(visitor.page)
        visitor.send(link(b, "reschedule"))
        assert (world.read(b.ref).status, world.read(b.ref).price, world.read(b.ref).owed) == ("confirmed", 8000, 1500)

    def test_answered_while_it_is_paid_the_payment_goes_back(self, world, till, visitor, bank):  # noqa: F811
        b = self.asked(world, till, visitor)
        update_service(world.store_id, MERCHANT, b.service_id, price=11000)
        lost_to = begin(visitor, b, at(12, 17))
        approve_booking(world.store_id, MERCHANT, b.ref)
        type_card(till, visitor.page)
        visitor.send(f"{lost_to}/done")
        now = world.read(b.ref)
        assert (now.status, now.starts_at, now.price, now.due, now.owed) == ("confirmed", NEW, 9500, 0, 1500)

    def test_a_payment_that_went_back_counts_for_nothing_when_the_shop_says_no(self, world, till, visitor):  # noqa: F811
        b = self.asked(world, till, visitor)
        update_service(world.store_id, MERCHANT, b.service_id, price=11000)
        to = begin(visitor, b, at(12, 17))
        page = visitor.page
        world.set_clock(world.now + LATE)
        world.book(at(12, 17), staff=world.elena, email="bea@example.com")
        type_card(till, page)
        visitor.send(f"{to}/done")
        assert (world.read(b.ref).status, world.read(b.ref).owed) == ("pending", 1500)
        assert decline_booking(world.store_id, MERCHANT, b.ref).refund.amount == 1500
        assert (world.read(b.ref).owed, world.read(b.ref).due) == (3000, 0)


def test_one_seat_of_a_party_gone_while_it_waits_takes_its_part_of_the_difference_along(world, till, visitor):  # noqa: F811
    yoga = world.add_service("Yoga", policy=DIFFERENCE | {"approval": "reschedule_only", "cancel": {"part_cancel": True}}, capacity=4, staff=[world.elena])
    for day in (10, 12):
        world.session(yoga, at(day, 15), capacity=4)
    b = world.book(at(10, 15), service=yoga, staff=world.elena, seats=2)
    till.take(b, 16000)
    update_service(world.store_id, MERCHANT, yoga, price=9500)
    pay(visitor, till, begin(visitor, b))
    cancel_booking(world.store_id, MERCHANT, b.ref, seats=1, refund="full")
    assert world.read(b.ref).owed == 9500
    assert decline_booking(world.store_id, MERCHANT, b.ref).refund.amount == 1500
    assert (world.read(b.ref).owed, world.read(b.ref).price) == (11000, 8000)


def test_a_move_and_a_cancellation_at_once_have_one_winner(world, till, visitor):  # noqa: F811
    b = priced(world, till)
    begin(visitor, b)
    type_card(till, visitor.page)
    intent = world.sql("select id from intents where kind = 'difference'")[0][0]
    race(world, [lambda: pages.finish(world.store_id, intent), lambda: cancel_booking(world.store_id, MERCHANT, b.ref, refund="full")])
    settle(world.store_id)
    now = world.read(b.ref)
    assert now.status == "cancelled" and sum(made["amount"] for made in till.refunds()) == 9500 == now.paid


def test_the_database_keeps_such_a_payment_with_its_booking(world, till, visitor, owner_url):  # noqa: F811
    b = priced(world, till)
    begin(visitor, b)
    with psycopg.connect(owner_url.replace("+psycopg", "")) as owner, pytest.raises(psycopg.errors.CheckViolation, match="intents_difference"):
        owner.execute("select set_config('app.store_id', %s, true)", (str(world.store_id),))
        owner.execute("update intents set booking_id = null where kind = 'difference'")

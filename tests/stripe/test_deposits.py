"""Paying when booking: the time is held, the booking is made when the money is there, what comes too late goes back (I11, I16)."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import httpx
import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.decline_booking import decline_booking
from booking.actions.deposit import deposit_returned
from booking.actions.services import update_service
from booking.actions.stores import update_store
from gateways.stripe import pages
from gateways.stripe.deposits import hear
from messages import render_mail
from models.actor import SYSTEM
from sync.payments import settle
from tests.actions.test_reschedule import race
from tests.storefront.visitor import Visitor, words
from tests.stripe.test_cards import visitor  # noqa: F401  (fixtures)
from tests.stripe.test_webhooks import deliver
from tests.stripe.till_pages import CHALLENGE, DECLINED, answer_bank, type_card
from tests.support.world import MERCHANT, at

TIME = "2027-03-11T16:00:00+00:00"


@pytest.fixture
def service(world) -> int:
    return world.add_service("Deposit", deposit=2500, staff=[world.elena])


def details(visitor: Visitor, service: int) -> None:  # noqa: F811
    visitor.get(f"/book/{service}?day=2027-03-11&month=2027-03")
    visitor.get(visitor.send(f"/book/{service}", at=TIME).headers["Location"])


def begin(visitor: Visitor, service: int, email="bea@example.com") -> str:  # noqa: F811
    """As far as the page with the card form; its address."""
    details(visitor, service)
    to = visitor.send(f"/book/{service}/details", name="Bea", email=email, phone="", agree="on").headers["Location"]
    assert to.startswith("/pay/")
    visitor.get(to)
    return to


def booked(world):
    return world.sql("select status, paid, contact_email from bookings order by created_at, id")


def test_the_booking_is_made_when_the_payment_is_there(world, till, visitor, service):  # noqa: F811
    details(visitor, service)
    assert "You pay a deposit of $25 by card in the next step." in words(visitor.page) and "Continue to payment" in visitor.page
    to = begin(visitor, service)
    said = words(visitor.page)
    assert "Deposit: $25" in said and "Thursday, March 11, 2027 11:00 AM to 12:00 PM EST Elena Marsh, Harbor Street" in said
    assert booked(world) == [] and world.outbox() == []
    type_card(till, visitor.page)
    assert booked(world) == []
    back = visitor.send(f"{to}/done").headers["Location"]
    visitor.get(visitor.get(back, 303).headers["Location"])
    assert "You are booked" in words(visitor.page) and "$25 paid" in words(visitor.page)
    assert booked(world) == [("confirmed", 2500, "bea@example.com")] and len(world.outbox("booking_confirmed")) == 1
    assert world.sql("select method, amount, provider_ref like 'pi_%%' from payments") == [("card", 2500, True)]
    assert world.sql("select state, facts ? 'person' from intents") == [("succeeded", False)] and world.sql("select 1 from holds") == []


def test_return_and_webhook_in_any_order_make_one_booking(world, till, visitor, app, bank, service):  # noqa: F811
    to = begin(visitor, service)
    type_card(till, visitor.page)
    for event in bank.events("payment_intent.succeeded") * 2:
        deliver(app.test_client(), event)
    settle(world.store_id)
    assert len(booked(world)) == 1
    visitor.send(f"{to}/done")
    assert len(booked(world)) == 1 and len(world.sql("select 1 from payments")) == 1


def test_eight_at_once_make_one_booking(world, till, visitor):  # noqa: F811
    """Of a class with room for all of them."""
    yoga = world.add_service("Yoga", deposit=2500, capacity=9, staff=[world.elena])
    world.session(yoga, at(11, 16), capacity=9)
    begin(visitor, yoga)
    type_card(till, visitor.page)
    intent = world.sql("select id from intents")[0][0]
    assert race(world, [lambda: pages.finish(world.store_id, intent)] * 8) == ["ok"] * 8
    assert len(booked(world)) == 1 and till.refunds() == []


def test_a_declined_card_books_nothing_and_may_be_tried_again(world, till, visitor, service):  # noqa: F811
    to = begin(visitor, service)
    type_card(till, visitor.page, DECLINED)
    visitor.send(f"{to}/done", 409)
    assert "Your card was declined. Please try another one." in words(visitor.page) and booked(world) == []
    type_card(till, visitor.page)
    visitor.send(f"{to}/done")
    assert len(booked(world)) == 1


def test_the_bank_may_ask_first(world, till, visitor, service):  # noqa: F811
    to = begin(visitor, service)
    assert type_card(till, visitor.page, CHALLENGE)["status"] == "requires_action"
    answer_bank(till, visitor.page)
    visitor.send(f"{to}/done")
    assert len(booked(world)) == 1


def test_while_it_is_paid_nobody_else_gets_the_time(world, till, visitor, app, service):  # noqa: F811
    begin(visitor, service)
    world.set_clock(world.now + timedelta(minutes=19))
    late = Visitor(app, world)
    late.get(f"/book/{service}")
    late.send(f"/book/{service}", 409, at=TIME)


def test_abandoned_it_is_released_and_cannot_be_paid(world, till, visitor, bank, service):  # noqa: F811
    to = begin(visitor, service)
    world.set_clock(world.now + timedelta(minutes=21))
    settle(world.store_id)
    assert bank.all("payment_intent")[0]["status"] == "canceled" and world.sql("select state, facts ? 'person' from intents") == [("cancelled", False)]
    assert type_card_refused(till, visitor)
    world.book(at(11, 16), service=service, staff=world.elena)
    visitor.get(to)
    assert "Nothing was paid and nothing was saved." in words(visitor.page)


def type_card_refused(till, visitor) -> bool:  # noqa: F811
    return "error" in type_card(till, visitor.page)


def test_paid_after_the_time_was_given_away_goes_back(world, till, visitor, bank, service):  # noqa: F811
    to = begin(visitor, service)
    page = visitor.page
    world.set_clock(world.now + timedelta(minutes=20))
    other = world.book(at(11, 16), service=service, staff=world.elena)
    type_card(till, page)
    back = visitor.send(f"{to}/done").headers["Location"]
    visitor.get(back)
    assert "Your payment of $25 arrived after the time was gone" in words(visitor.page)
    bank.faults.order("stripe", "timeout_after_effect", 3)
    for _ in range(6):
        settle(world.store_id)
        world.set_clock(world.now + timedelta(minutes=6))
    assert [made["amount"] for made in till.refunds()] == [2500]
    assert world.sql("select state, facts ? 'person' from intents") == [("returned", False)]
    assert [row.recipient for row in world.outbox("deposit_returned")] == ["bea@example.com"]
    assert booked(world) == [("confirmed", 0, "ada@example.com")] and world.read(other.ref).status == "confirmed"


def test_paid_late_while_the_time_is_still_free_is_booked(world, till, visitor, service):  # noqa: F811
    to = begin(visitor, service)
    page = visitor.page
    world.set_clock(world.now + timedelta(minutes=25))
    type_card(till, page)
    visitor.send(f"{to}/done")
    assert booked(world) == [("confirmed", 2500, "bea@example.com")]


def test_lead_time_is_looked_at_when_the_time_is_taken(world, till, visitor):  # noqa: F811
    service = world.add_service("Soon", deposit=2500, staff=[world.elena], lead_time_s=3600)
    world.set_clock(at(11, 14, 59))
    to = begin(visitor, service)
    world.set_clock(at(11, 15, 10))
    type_card(till, visitor.page)
    visitor.send(f"{to}/done")
    assert len(booked(world)) == 1


def test_a_request_that_is_declined_gives_the_deposit_back(world, till, visitor, service):  # noqa: F811
    update_service(world.store_id, MERCHANT, service, policy={"approval": "manual"})
    to = begin(visitor, service)
    type_card(till, visitor.page)
    visitor.send(f"{to}/done")
    assert booked(world)[0][0] == "pending"
    decline_booking(world.store_id, MERCHANT, world.sql("select ref from bookings")[0][0])
    settle(world.store_id)
    assert [made["amount"] for made in till.refunds()] == [2500]


def test_cancelling_gives_it_back_to_the_card(world, till, visitor, service):  # noqa: F811
    to = begin(visitor, service)
    type_card(till, visitor.page)
    visitor.send(f"{to}/done")
    ref = world.sql("select ref from bookings")[0][0]
    cancel_booking(world.store_id, MERCHANT, ref, refund="full")
    settle(world.store_id)
    assert world.read(ref).refunded == 2500 and len(till.refunds()) == 1


def test_someone_signed_in_lands_in_the_account(world, till, visitor, service):  # noqa: F811
    visitor.sign_in()
    details(visitor, service)
    to = visitor.send(f"/book/{service}/details", agree="on").headers["Location"]
    visitor.get(to)
    type_card(till, visitor.page)
    assert visitor.get(visitor.send(f"{to}/done").headers["Location"], 303).headers["Location"].startswith("/account/bookings/")


def test_without_stripe_nothing_is_asked(world, visitor, service):  # noqa: F811
    details(visitor, service)
    assert "nothing is charged now" in words(visitor.page)
    assert visitor.send(f"/book/{service}/details", name="Bea", email="bea@example.com").headers["Location"].startswith("/manage/")


def test_while_stripe_is_down_nothing_is_booked_and_the_time_is_free(world, till, visitor, bank, service):  # noqa: F811
    details(visitor, service)
    bank.faults.order("stripe", "down", 1)
    visitor.send(f"/book/{service}/details", 503, name="Bea", email="bea@example.com", agree="on")
    assert "Nothing has been booked or paid" in words(visitor.page) and 'value="Bea"' in visitor.page
    assert world.sql("select 1 from holds") == [] and booked(world) == []


def test_the_terms_are_accepted_before_anyone_pays(world, till, visitor, bank, service):  # noqa: F811
    """A156, R20: what cancelling means stands open on the page, and nothing begins without the tick."""
    update_store(world.store_id, MERCHANT, terms="Please come ten minutes early.")
    details(visitor, service)
    assert "<details class=\"small\" open>" in visitor.page and "and the terms of Harbor Massage, and I accept them." in words(visitor.page)
    visitor.send(f"/book/{service}/details", 422, name="Bea", email="bea@example.com")
    assert "Please accept what cancelling and moving mean before you pay." in words(visitor.page) and 'href="#agree"' in visitor.page
    assert bank.all("payment_intent") == [] and world.sql("select 1 from intents") == []
    visitor.send(f"/book/{service}/details", name="Bea", email="bea@example.com", agree="on")
    assert world.sql("select facts->>'agreed' from audit_entries where action = 'begin_deposit'") == [("true",)]


def test_without_a_deposit_there_is_nothing_to_accept(world, visitor):  # noqa: F811
    visitor.get(f"/book/{world.service}?day=2027-03-11&month=2027-03")
    visitor.get(visitor.send(f"/book/{world.service}", at=TIME).headers["Location"])
    assert 'name="agree"' not in visitor.page


@pytest.mark.parametrize(("field", "value"), [("email", "nope"), ("email", "")])
def test_what_is_typed_is_checked_before_anyone_pays(world, till, visitor, bank, service, field, value):  # noqa: F811
    details(visitor, service)
    visitor.send(f"/book/{service}/details", 422, **({"name": "Bea", "email": "bea@example.com", "agree": "on"} | {field: value}))
    assert bank.all("payment_intent") == [] and world.sql("select 1 from intents") == []


def test_amounts_come_from_the_server(world, till, visitor, bank, service):  # noqa: F811
    details(visitor, service)
    visitor.send(f"/book/{service}/details", name="Bea", email="bea@example.com", agree="on", amount="1", deposit="1", price="1")
    assert bank.all("payment_intent")[0]["amount"] == 2500


@pytest.mark.parametrize(("credit", "offered"), [(2500, True), (2499, False)])
def test_credit_that_covers_the_deposit_stands_for_it(world, till, visitor, service, credit, offered):  # noqa: F811
    given = world.add_service("Credited", policy={"cancel": {"notice": "PT0S", "tiers": [{"outcome": "credit"}]}})
    cancel_booking(world.store_id, MERCHANT, world.book(at(9, 15), service=given, staff=world.elena, paid=credit, method="cash").ref)
    visitor.sign_in()
    details(visitor, service)
    assert ("Pay $25 with my credit; $55 is left to pay." in words(visitor.page)) == offered
    to = visitor.send(f"/book/{service}/details", credit="on", agree="on").headers["Location"]
    assert to.startswith("/account/bookings/" if offered else "/pay/")
    made = world.sql("select paid, due from bookings where starts_at = %s", TIME)
    assert made == ([(2500, 5500)] if offered else [])


def test_who_would_rather_keep_their_credit_need_not_say_so_twice(world, till, visitor, service):  # noqa: F811
    """Without the acceptance that is missing: the box is shown as it was left."""
    given = world.add_service("Credited", policy={"cancel": {"notice": "PT0S", "tiers": [{"outcome": "credit"}]}})
    cancel_booking(world.store_id, MERCHANT, world.book(at(9, 15), service=given, staff=world.elena, paid=2500, method="cash").ref)
    visitor.sign_in()
    details(visitor, service)
    assert 'name="credit" checked' in visitor.page
    visitor.send(f"/book/{service}/details", 422)
    assert 'name="credit">' in visitor.page and 'name="credit" checked' not in visitor.page
    visitor.send(f"/book/{service}/details", 422, credit="on")
    assert 'name="credit" checked' in visitor.page


class TestSentBackByTheBank:
    """I17: Stripe takes the refund of a payment that came too late, and the bank refuses it days later."""

    @pytest.fixture
    def returned(self, world, till, visitor, bank, service):  # noqa: F811
        """The refund of a payment whose time was gone."""
        to = begin(visitor, service)
        page = visitor.page
        world.set_clock(world.now + timedelta(minutes=20))
        world.book(at(11, 16), service=service, staff=world.elena)
        type_card(till, page)
        visitor.send(f"{to}/done")
        settle(world.store_id)
        assert self.state(world) == "returned"
        return till.refunds()[0]

    def state(self, world):
        return world.sql("select state from intents")[0][0]

    def hears(self, world, app, bank, *kinds):
        for event in bank.events(*kinds):
            deliver(app.test_client(), event)
        settle(world.store_id)

    def test_the_shop_is_told_once_and_where_to_find_it(self, world, app, till, bank, returned):
        httpx.post(f"{bank.url}/stripe/refunds/{returned['id']}", json={"status": "failed"})
        for _ in range(2):
            self.hears(world, app, bank, "refund.failed", "charge.refund.updated", "refund.updated")
        assert self.state(world) == "attention"
        [told] = world.outbox("merchant_deposit_stuck")
        assert told.due_at - told.created_at == timedelta(minutes=30), "no worker of the release before is left to take it"
        assert told.recipient == "shop@example.com" and returned["payment_intent"] in render_mail(told.topic, told.payload, "x.example").text

    def test_an_answer_that_comes_after_it_changes_nothing(self, world, app, till, bank, returned):
        httpx.post(f"{bank.url}/stripe/refunds/{returned['id']}", json={"status": "failed"})
        self.hears(world, app, bank, "refund.failed")
        deposit_returned(world.store_id, SYSTEM, world.sql("select id from intents")[0][0], returned["id"])
        assert self.state(world) == "attention"

    @pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
    def test_the_last_refund_counts_in_whatever_order_word_of_them_comes(self, world, till, bank, returned, order):
        """I23: two are sent back, the third is not."""
        for _ in range(2):
            httpx.post(f"{bank.url}/stripe/refunds/{bank.all('refund', till.account)[-1]['id']}", json={"status": "failed"})
            till.client.v1.refunds.create({"payment_intent": returned["payment_intent"]})
        made = bank.all("refund", till.account)
        assert [one["status"] for one in made] == ["failed", "failed", "succeeded"]
        for n in (*order, *order):
            hear(world.store_id, made[n])
        assert self.state(world) == "returned"
        httpx.post(f"{bank.url}/stripe/refunds/{made[2]['id']}", json={"status": "failed"})
        for one in reversed(bank.all("refund", till.account)):
            hear(world.store_id, one)
        assert self.state(world) == "attention"

    def test_what_the_shop_refunds_at_stripe_ends_it(self, world, app, till, bank, returned):
        httpx.post(f"{bank.url}/stripe/refunds/{returned['id']}", json={"status": "failed"})
        self.hears(world, app, bank, "refund.failed")
        assert self.state(world) == "attention"
        till.client.v1.refunds.create({"payment_intent": returned["payment_intent"]})
        self.hears(world, app, bank, "refund.created")
        assert self.state(world) == "returned"

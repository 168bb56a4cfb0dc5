"""Disputed payments: heard, shown, no refund meanwhile, and in the ledger as they end (I2, I17, R24)."""

from __future__ import annotations

import json
import random
import re

import httpx
import pytest

from booking import facts
from booking.actions.cancel_booking import cancel_booking
from booking.actions.disputes import record_dispute
from booking.actions.refund_booking import execute_refund, refund_booking
from booking.actions.tokens import create_token
from gateways.stripe.client import account_of
from gateways.stripe.disputes import take
from gateways.stripe.disputes import told as dispute_told
from messages import render_mail
from models.actor import SYSTEM
from models.session import reading
from sandbox.stripe.state import shown
from sync.payments import settle
from tests.actions.test_cancel import cancel
from tests.actions.test_reschedule import race, refused
from tests.dashboard.colleague import Colleague
from tests.storefront.visitor import link, words
from tests.stripe.conftest import Till
from tests.stripe.test_refunds import state
from tests.stripe.test_webhooks import deliver
from tests.support.world import MERCHANT, World, at


class Court:
    """The bank of whoever paid, and Stripe's word of it reaching the shop."""

    def __init__(self, till: Till, http) -> None:
        self.till, self.http, self.bank, self.world, self.heard = till, http, till.bank, till.world, 0

    def dispute(self, payment: str, **more) -> str:
        made = httpx.post(f"{self.bank.url}/stripe/disputes", json={"payment_intent": payment, **more}).json()
        self.hear()
        return made["id"]

    def decide(self, dispute: str, status: str) -> None:
        assert httpx.post(f"{self.bank.url}/stripe/disputes/{dispute}", json={"status": status}).status_code == 200
        self.hear()

    def hear(self) -> None:
        found = [event for event in self.bank.all("event", self.till.account) if "dispute" in event["type"]]
        for event in found[self.heard:]:
            assert deliver(self.http, event).status_code == 200
        self.heard = len(found)
        settle(self.world.store_id)


@pytest.fixture
def court(till, http) -> Court:
    return Court(till, http)


def money(world, b):
    now = world.read(b.ref)
    return now.paid, now.refunded, now.owed


def rows(world):
    return world.sql("select status, refundable, amount, closed_at is not null, refund_id is not null from disputes")


def test_a_new_dispute_is_told_and_shown_with_its_day(app, world, till, court):
    b = world.book(at(10, 15))
    payment = till.take(b, 5000)
    dispute = court.dispute(payment, reason="product_not_received")
    assert rows(world) == [("needs_response", False, 5000, False, False)] and money(world, b) == (5000, 0, 0)
    mail = world.outbox("merchant_dispute_opened")
    assert [row.recipient for row in mail] == ["shop@example.com"]
    text = render_mail("merchant_dispute_opened", mail[0].payload, "opencals.com").text
    assert "taken back $50" in text and "the service was not given" in text and "Please answer at Stripe by" in text
    owner = Colleague(app, world).sign_in("owner")
    for path in (f"/admin/bookings/{b.ref}", "/admin/disputes"):
        owner.get(path)
        said = words(owner.page)
        assert "$50" in said and "Please answer" in said and "Answer by" in said and "the service was not given" in said
        assert f"/stripe/disputes/{dispute}" in owner.page
    owner.get("/admin")
    assert "1 disputed payment to answer" in words(owner.page)
    court.decide(dispute, "answered")
    owner.get("/admin/disputes")
    assert "The bank is deciding" in words(owner.page) and "Answer by" not in words(owner.page)
    assert len(world.outbox("merchant_dispute_opened")) == 1


def test_meanwhile_nothing_is_refunded_and_everyone_is_told_why(app, world, till, court):
    b = world.book(at(10, 15), service=world.add_service("Facial", policy={"cancel": {"notice": "PT0S"}}), staff=world.elena)
    payment = till.take(b, 5000)
    court.dispute(payment)
    assert refused("not_allowed", refund_booking, world.store_id, MERCHANT, b.ref, amount=100).facts["disputed"]
    visitor = Colleague(app, world)
    visitor.get(link(b, "cancel"))
    assert "You're owed $50. Harbor Massage will refund it." in words(visitor.page)
    cancel(world, world.read(b.ref))
    settle(world.store_id)
    refund = world.sql("select id from refunds")[0][0]
    assert state(world, refund) == ("owed", "manual") and till.refunds() == []
    assert refused("not_allowed", execute_refund, world.store_id, MERCHANT, refund).facts["disputed"]
    owner = Colleague(app, world).sign_in("owner")
    owner.get("/admin/refunds")
    owner.send(f"/admin/refunds/{refund}/execute", 409)
    assert "Stripe refuses refunds of it until that is decided" in words(owner.page)
    owner.get(f"/admin/bookings/{b.ref}")
    owner.send(f"/admin/bookings/{b.ref}/refunds/{refund}/execute", 409)
    assert "Stripe refuses refunds of it until that is decided" in words(owner.page)
    token = create_token(world.store_id, SYSTEM, "t").facts["token"]
    answer = app.test_client().post(f"/api/merchant/v1/refunds/{refund}/execute", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json["code"]) == (409, "not_allowed") and "bank is looking" in answer.json["detail"]


def test_a_refund_already_on_its_way_is_refused_by_stripe_and_owed_again(world, till, court):
    b = world.book(at(10, 15))
    payment = till.take(b, 5000)
    refund_booking(world.store_id, MERCHANT, b.ref, amount=2000)
    httpx.post(f"{till.bank.url}/stripe/disputes", json={"payment_intent": payment})
    settle(world.store_id)
    assert world.sql("select state from refunds") == [("owed",)] and till.refunds() == []
    assert world.sql("select state, error from refund_intents") == [("failed", "charge_disputed")]
    court.hear()
    assert rows(world)[0][0] == "needs_response"


def test_a_queued_refund_of_a_disputed_payment_is_not_even_tried(world, till, bank):
    b = world.book(at(10, 15))
    payment = till.take(b, 5000)
    refund_booking(world.store_id, MERCHANT, b.ref, amount=2000)
    dispute = httpx.post(f"{bank.url}/stripe/disputes", json={"payment_intent": payment}).json()["id"]
    with reading(world.store_id) as tx:
        account = account_of(tx)
    take(world.store_id, account, dispute)
    settle(world.store_id)
    assert world.sql("select state, mode from refunds") == [("owed", "manual")] and world.sql("select 1 from refund_intents") == []
    assert world.outbox("merchant_refund_failed") == []


def test_lost_the_ledger_says_the_money_is_with_the_customer(app, world, till, court):
    b = world.book(at(10, 15))
    dispute = court.dispute(till.take(b, 5000))
    court.decide(dispute, "lost")
    assert rows(world) == [("lost", False, 5000, True, True)] and money(world, b) == (5000, 5000, 0)
    assert world.sql("select cause, state, amount, outcome from refunds") == [("dispute", "succeeded", 5000, "full")]
    assert world.sql("select amount, refunded from payments") == [(5000, 5000)]
    assert refused("invalid", refund_booking, world.store_id, MERCHANT, b.ref, amount=1)
    text = render_mail("merchant_dispute_closed", world.outbox("merchant_dispute_closed")[0].payload, "opencals.com").text
    assert "A dispute is lost" in text and "$50 stays with them" in text
    owner = Colleague(app, world).sign_in("owner")
    owner.get(f"/admin/bookings/{b.ref}")
    assert "Dispute lost" in words(owner.page) and "Payment disputed by the bank" in words(owner.page)
    owner.get("/admin/disputes?show=done")
    assert "Lost" in words(owner.page)
    assert world.sql("select kind from documents where kind = 'credit_note'") == [], "what a bank took is no document of the shop"


@pytest.mark.parametrize(("owed", "disputed", "left_owed", "ledger"), [
    (5000, 5000, 0, []), (2000, 5000, 0, [3000]), (2000, 1500, 2000, [1500]), (2000, 4000, 0, [2000])])
def test_lost_it_first_settles_what_was_owed(world, till, court, owed, disputed, left_owed, ledger):
    """The customer never gets the same money twice (I2)."""
    b = world.book(at(10, 15))
    dispute = court.dispute(till.take(b, 5000), amount=disputed)
    cancel_booking(world.store_id, MERCHANT, b.ref, refund=owed)
    court.decide(dispute, "lost")
    assert money(world, b) == (5000, owed - left_owed + sum(ledger), left_owed)
    assert [row[0] for row in world.sql("select amount from refunds where cause = 'dispute'")] == ledger
    assert till.refunds() == []


@pytest.mark.parametrize("owed", [5000, 4000])
def test_lost_for_less_than_is_owed_the_rest_stays_owed(world, till, court, owed):
    """The bank gave $30 of $50; however much was owed, $20 is left of the payment."""
    b = world.book(at(10, 15))
    dispute = court.dispute(till.take(b, 5000), amount=3000)
    cancel_booking(world.store_id, MERCHANT, b.ref, refund=owed)
    court.decide(dispute, "lost")
    assert money(world, b) == (5000, 3000, 2000)
    assert world.sql("select cause, state, amount from refunds order by cause") == [("cancellation", "owed", 2000), ("dispute", "succeeded", 3000)]
    assert world.sql("select refunded from payments") == [(5000,)]


def under_way(world, till, court, refunded: int, **more) -> tuple:
    """A payment of $50 with a refund that the bank has not decided on, when the customer disputes it: booking, refund, dispute."""
    b = world.book(at(10, 15))
    payment = till.take(b, 5000, method="pm_card_pendingRefund")
    refund_booking(world.store_id, MERCHANT, b.ref, amount=refunded)
    settle(world.store_id)
    [refund] = world.sql("select id, state from refunds")
    assert refund.state == "pending"
    return b, refund.id, court.dispute(payment, **more)


def ends(world, till, http, status: str) -> None:
    """What becomes of the refund that was under way."""
    [made] = till.refunds()
    httpx.post(f"{till.bank.url}/stripe/refunds/{made['id']}", json={"status": status})
    for event in till.bank.all("event", till.account):
        if event["type"] == "refund.updated":
            assert deliver(http, event).status_code == 200
    settle(world.store_id)


@pytest.mark.parametrize(("amount", "disputed", "left", "ledger"), [(5000, 5000, 0, []), (2000, 5000, 0, [3000]), (5000, 3000, 2000, [3000])])
def test_a_refund_under_way_that_fails_after_the_dispute_is_lost_is_not_owed_any_more(app, world, till, court, http, amount, disputed, left, ledger):
    b, refund, dispute = under_way(world, till, court, amount, amount=disputed)
    court.decide(dispute, "lost")
    assert world.outbox("merchant_dispute_closed")[0].payload["dispute"]["owed"] == left, "nobody is asked to pay what the bank has given"
    ends(world, till, http, "failed")
    assert money(world, b) == (5000, 5000 - left, left)
    assert [row[0] for row in world.sql("select amount from refunds where cause = 'dispute'")] == ledger
    assert world.sql("select refunded from payments") == [(5000,)]
    assert len(world.outbox("merchant_refund_failed")) == (1 if left else 0)
    assert any(row.facts.get("error") == "dispute_lost" for row in world.sql("select facts from audit_entries where action = 'settle_refund'"))
    owner = Colleague(app, world).sign_in("owner")
    owner.get(f"/admin/bookings/{b.ref}")
    assert ("of it from their bank: the dispute was lost." in words(owner.page)) == (not left)


def test_a_refund_under_way_that_goes_through_stays_what_it_is(world, till, court, http):
    b, refund, dispute = under_way(world, till, court, 2000)
    court.decide(dispute, "lost")
    ends(world, till, http, "succeeded")
    assert state(world, refund)[0] == "succeeded" and money(world, b) == (5000, 5000, 0)


@pytest.mark.parametrize(("owed", "disputed"), [(5000, 5000), (5000, 3000), (2000, 5000)])
def test_won_on_appeal_what_the_dispute_had_settled_is_owed_again(world, till, court, owed, disputed):
    b = world.book(at(10, 15))
    dispute = court.dispute(till.take(b, 5000), amount=disputed)
    cancel_booking(world.store_id, MERCHANT, b.ref, refund=owed)
    for status in ("lost", "appeal_under_review", "won"):
        court.decide(dispute, status)
    assert money(world, b) == (5000, 0, owed) and world.sql("select refunded from payments") == [(owed,)]
    for refund in world.sql("select id from refunds where state = 'owed'"):
        execute_refund(world.store_id, MERCHANT, refund.id)
    settle(world.store_id)
    assert sum(made["amount"] for made in till.refunds()) == owed and money(world, b) == (5000, owed, 0)


def test_won_nothing_changes_and_refunds_go_again(world, till, court):
    b = world.book(at(10, 15))
    dispute = court.dispute(till.take(b, 5000))
    cancel_booking(world.store_id, MERCHANT, b.ref, refund=2000)
    court.decide(dispute, "won")
    assert rows(world) == [("won", True, 5000, True, False)] and money(world, b) == (5000, 0, 2000)
    text = render_mail("merchant_dispute_closed", world.outbox("merchant_dispute_closed")[0].payload, "opencals.com").text
    assert "comes back to you" in text and "still owe the customer $20" in text
    execute_refund(world.store_id, MERCHANT, world.sql("select id from refunds")[0][0])
    settle(world.store_id)
    assert [made["amount"] for made in till.refunds()] == [2000] and money(world, b) == (5000, 2000, 0)


def test_lost_and_won_on_appeal_the_ledger_takes_it_back(world, till, court):
    b = world.book(at(10, 15))
    dispute = court.dispute(till.take(b, 5000))
    for status in ("lost", "appeal_under_review"):
        court.decide(dispute, status)
    assert money(world, b) == (5000, 5000, 0) and rows(world)[0][:2] == ("appeal_under_review", False)
    court.decide(dispute, "won")
    assert money(world, b) == (5000, 0, 0) and world.sql("select amount, refunded from payments") == [(5000, 0)]
    refund_booking(world.store_id, MERCHANT, b.ref, amount=5000)
    settle(world.store_id)
    assert money(world, b) == (5000, 5000, 0)


def test_what_stays_refused_after_the_end_is_paid_by_hand(world, till, court):
    """Part of a payment is lost; the rest Stripe no longer gives back: the shop does, and says so."""
    b = world.book(at(10, 15))
    dispute = court.dispute(till.take(b, 5000), amount=1500)
    court.decide(dispute, "lost")
    cancel_booking(world.store_id, MERCHANT, b.ref, refund=1000)
    refund = world.sql("select id from refunds where cause = 'cancellation'")[0][0]
    assert execute_refund(world.store_id, MERCHANT, refund).facts["state"] == "succeeded"
    settle(world.store_id)
    assert till.refunds() == [] and money(world, b) == (5000, 2500, 0)


def test_a_question_of_the_bank_takes_no_money_and_refunds_answer_it(world, till, court):
    b = world.book(at(10, 15))
    dispute = court.dispute(till.take(b, 5000), inquiry=True)
    assert rows(world) == [("warning_needs_response", True, 5000, False, False)]
    assert "asks about a payment" in render_mail("merchant_dispute_opened", world.outbox("merchant_dispute_opened")[0].payload, "x.example").text
    refund_booking(world.store_id, MERCHANT, b.ref, amount=5000)
    settle(world.store_id)
    assert money(world, b) == (5000, 5000, 0)
    court.decide(dispute, "warning_closed")
    assert rows(world)[0][0] == "warning_closed" and money(world, b) == (5000, 5000, 0)


def test_events_twice_late_and_in_any_order_end_the_same(world, till, http, bank):
    b = world.book(at(10, 15))
    payment = till.take(b, 5000)
    dispute = httpx.post(f"{bank.url}/stripe/disputes", json={"payment_intent": payment}).json()["id"]
    for status in ("answered", "lost"):
        httpx.post(f"{bank.url}/stripe/disputes/{dispute}", json={"status": status})
    events = [event for event in bank.all("event", till.account) if "dispute" in event["type"]] * 2
    random.Random(7).shuffle(events)
    for event in events:
        deliver(http, event)
        settle(world.store_id)
    assert money(world, b) == (5000, 5000, 0) and len(world.sql("select 1 from refunds")) == 1
    assert len(world.outbox("merchant_dispute_closed")) == 1


def test_a_forged_event_is_not_stored_and_a_forged_object_not_believed(world, till, http, bank):
    """The signature keeps others out; what counts is Stripe's own object."""
    b = world.book(at(10, 15))
    dispute = httpx.post(f"{bank.url}/stripe/disputes", json={"payment_intent": till.take(b, 5000)}).json()
    event = [event for event in bank.all("event", till.account) if event["type"] == "charge.dispute.created"][0]
    assert deliver(http, event, secret="whsec_other").status_code in (400, 401) and world.sql("select 1 from stripe_events") == []
    lied = json.loads(json.dumps(shown(event)))
    lied["data"]["object"] |= {"status": "lost", "amount": 1}
    assert deliver(http, lied).status_code == 200
    settle(world.store_id)
    assert rows(world) == [("needs_response", False, 5000, False, False)] and dispute["status"] == "needs_response"


def test_a_payment_that_is_not_ours_and_another_shops(world, till, court, http, owner_url, app):
    made = till.client.v1.payment_intents.create({"amount": 700, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True, "off_session": True})
    court.dispute(made.id)
    assert rows(world) == []
    other = World(owner_url)
    b = world.book(at(10, 15))
    court.dispute(till.take(b, 5000))
    owner = Colleague(app, other).sign_in("owner")
    owner.get("/admin/disputes")
    assert "No disputes here." in words(owner.page) and not re.search(r"du_\w", owner.page)


def test_staff_do_not_see_the_list_but_the_booking_says_it(app, world, till, court):
    b = world.book(at(10, 15))
    court.dispute(till.take(b, 5000))
    staff = Colleague(app, world).sign_in("staff")
    staff.get("/admin/disputes", 403)
    staff.get(f"/admin/bookings/{b.ref}")
    assert "Please answer" in words(staff.page) and "Answer at Stripe" not in words(staff.page)


def test_two_at_once_write_one_ledger_row(world, till, bank):
    """The booking's row is locked before anything is decided."""
    b = world.book(at(10, 15))
    payment = till.take(b, 5000)
    dispute = httpx.post(f"{bank.url}/stripe/disputes", json={"payment_intent": payment}).json()["id"]
    httpx.post(f"{bank.url}/stripe/disputes/{dispute}", json={"status": "lost"})
    said = dispute_told(bank.state.get(till.account, "dispute", dispute))
    race(world, [lambda: record_dispute(world.store_id, SYSTEM, till.account_id, payment, said)] * 4)
    assert money(world, b) == (5000, 5000, 0) and len(world.sql("select 1 from refunds")) == 1
    with reading(world.store_id) as tx:
        assert facts.load_payments(tx, world.read(b.ref))[0].left == 0

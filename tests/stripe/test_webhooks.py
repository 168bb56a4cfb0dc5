"""Stripe's webhooks: verified, stored once, acted on later; the provider's object is the truth (I17, I24, A104)."""

from __future__ import annotations

import json
import random
import time
from datetime import timedelta

import httpx
import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.refund_booking import refund_booking
from gateways.stripe import refunds as gate
from models.session import database
from sandbox.stripe.events import sign
from sandbox.stripe.state import shown
from sync.payments import settle, waits
from tests.stripe.conftest import WEBHOOK_SECRET, Till
from tests.stripe.test_refunds import owed, state
from tests.support.world import MERCHANT, World, at


def deliver(http, event, *, secret=WEBHOOK_SECRET, body=None, stamp=None):
    body = json.dumps(shown(event)).encode() if body is None else body
    return http.post("/webhooks/stripe", data=body, headers={"Stripe-Signature": sign(body, secret, stamp), "Content-Type": "application/json"})


def kept(world):
    return world.sql("select event_id, topic, state from stripe_events order by id")


class TestDoor:
    def event(self, till, world):
        owed(till, 2500)
        settle(world.store_id)
        return till.bank.events("refund.created")[0]

    def test_stored_once_answered_at_once(self, till, world, http):
        event = self.event(till, world)
        assert [deliver(http, event).status_code for _ in range(3)] == [200] * 3
        assert kept(world) == [(event["id"], "refund.created", "due")] and waits(world.store_id)

    def test_forged_ones_leave_nothing(self, till, world, http):
        event = self.event(till, world)
        body = json.dumps(shown(event)).encode()
        answers = [
            deliver(http, event, secret="whsec_other"), deliver(http, event, stamp=int(time.time()) - 301),
            http.post("/webhooks/stripe", data=body), http.post("/webhooks/stripe", data=body + b" ", headers={"Stripe-Signature": sign(body, WEBHOOK_SECRET)}),
            http.post("/webhooks/stripe", data=body, headers={"Stripe-Signature": "t=1,v1=\u00e9".encode().decode("latin1")})]
        assert [answer.status_code for answer in answers] == [401] * 5 and kept(world) == []

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 1}', b'{"id": "e", "type": "refund.failed", "created": "x", "data": {"object": {"id": "r"}}}',
                                      b'{"id": "e", "type": "refund.failed", "created": 1e400, "data": {"object": {"id": "r"}}}', b"[" * 100_000,
                                      b'{"id": "a\\u0000b", "type": "refund.failed", "created": 1, "data": {"object": {"id": "r"}}}'])
    def test_signed_nonsense_is_refused(self, world, http, body):
        assert deliver(http, None, body=body).status_code == 400 and kept(world) == []

    def test_what_is_no_text_cannot_be_signed(self, world, http):
        assert deliver(http, None, body=b"\xff").status_code == 401 and kept(world) == []

    def test_what_does_not_concern_us_is_answered_and_forgotten(self, till, world, http):
        event = self.event(till, world)
        assert deliver(http, event | {"account": "acct_nobody"}).status_code == 200
        assert deliver(http, event | {"type": "customer.updated"}).status_code == 200
        assert kept(world) == []

    def test_it_needs_no_cookie_and_no_store_host(self, till, world, http):
        assert deliver(http, self.event(till, world)).status_code == 200
        assert http.get("/webhooks/stripe").status_code == 405


class TestEffect:
    def test_the_webhook_may_come_before_the_answer(self, till, world, http, bank):
        """The refund was made, its answer was lost, and the event is here first (R24)."""
        _, refund = owed(till, 2500)
        with pytest.raises(KeyboardInterrupt):
            gate.carry_out(world.store_id, refund, at=lambda label: (_ for _ in ()).throw(KeyboardInterrupt) if label == "answered" else None)
        assert state(world, refund)[0] == "pending"
        deliver(http, bank.events("refund.created")[0])
        settle(world.store_id)
        assert state(world, refund)[0] == "succeeded" and len(till.refunds()) == 1

    def test_a_late_failure_is_heard(self, till, world, http, bank):
        b, refund = owed(till, 2500)
        settle(world.store_id)
        httpx.post(f"{bank.url}/stripe/refunds/{till.refunds()[0]['id']}", json={"status": "failed"})
        for event in bank.events("refund.failed", "charge.refund.updated", "refund.updated"):
            deliver(http, event)
        settle(world.store_id)
        assert state(world, refund) == ("owed", "manual") and world.read(b.ref).owed == 2500
        assert len(world.outbox("merchant_refund_failed")) == 1

    def test_a_refund_made_in_the_dashboard_comes_into_the_books(self, till, world, http, bank):
        b = world.book(at(10, 15))
        reference = till.take(b, 8000)
        till.client.v1.refunds.create({"payment_intent": reference, "amount": 3000})
        for event in bank.events("charge.refunded", "refund.created"):
            deliver(http, event)
        settle(world.store_id)
        assert (world.read(b.ref).refunded, world.read(b.ref).owed) == (3000, 0)

    @pytest.mark.parametrize("seed", range(3))
    def test_any_order_any_number_ends_in_the_providers_state(self, till, world, http, bank, seed):
        chance = random.Random(seed)
        b = world.book(at(10, 15))
        reference = till.take(b, 8000, "pm_card_pendingRefund")
        refund_booking(world.store_id, MERCHANT, b.ref, amount=2000)
        till.client.v1.refunds.create({"payment_intent": reference, "amount": 1000})
        settle(world.store_id)
        for made in till.refunds():
            httpx.post(f"{bank.url}/stripe/refunds/{made['id']}", json={"status": chance.choice(["succeeded", "failed"])})
        events = bank.events("refund.created", "refund.updated", "refund.failed", "charge.refund.updated", "charge.refunded") * 3
        chance.shuffle(events)
        for n, event in enumerate(events):
            deliver(http, event)
            if n % 5 == 0:
                settle(world.store_id)
        settle(world.store_id)
        theirs = sum(made["amount"] for made in till.refunds())
        assert world.read(b.ref).refunded == theirs and {row[2] for row in kept(world)} == {"done"}

    def test_while_stripe_is_down_events_wait(self, till, world, http, bank):
        b = world.book(at(10, 15))
        till.client.v1.refunds.create({"payment_intent": till.take(b, 8000), "amount": 3000})
        deliver(http, bank.events("refund.created")[0])
        bank.faults.order("stripe", "down", 2)
        settle(world.store_id)
        assert kept(world)[0][2] == "due" and world.read(b.ref).refunded == 0
        world.set_clock(world.now + timedelta(minutes=1))
        settle(world.store_id)
        assert kept(world)[0][2] == "done" and world.read(b.ref).refunded == 3000


class TestSweep:
    def test_what_was_never_delivered_is_found_within_a_day(self, till, world, bank):
        settle(world.store_id)
        b = world.book(at(10, 15))
        bank.moment.append(world.now + timedelta(hours=20))
        till.client.v1.refunds.create({"payment_intent": till.take(b, 8000), "amount": 3000})
        settle(world.store_id)
        assert world.read(b.ref).refunded == 0
        world.set_clock(world.now + timedelta(hours=24))
        assert world.store_id in database().due_payments()
        settle(world.store_id)
        settle(world.store_id)
        assert world.read(b.ref).refunded == 3000
        assert database().due_payments().count(world.store_id) == 0

    def test_another_stores_account_is_not_touched(self, till, world, bank, owner_url):
        other = Till(World(owner_url), bank)
        b = other.world.book(at(10, 15))
        reference = other.take(b, 8000)
        cancel_booking(other.world.store_id, MERCHANT, b.ref, refund="full")
        settle(world.store_id)
        assert other.refunds() == [] and till.refunds() == []
        settle(other.world.store_id)
        assert [made["payment_intent"] for made in other.refunds()] == [reference] and till.refunds() == []

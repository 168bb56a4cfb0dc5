"""Fees on saved cards: the shop alone, with consent, within rule and consent, once (R22, A155, I20)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking import facts
from booking.actions.charge_card import charge_card
from booking.actions.mark_booking import no_show_booking
from booking.actions.refund_booking import refund_booking
from booking.actions.services import update_service
from booking.rules.charge import due_fee
from gateways.stripe.client import Stripe
from models.actor import Actor
from sync.payments import settle
from tests.actions.test_cancel import cancel, quoted
from tests.actions.test_reschedule import race, refused
from tests.storefront.visitor import link, words
from tests.stripe.test_cards import begin, book, save, secured, visitor  # noqa: F401  (fixtures)
from tests.stripe.till_pages import CHALLENGE, answer_bank, type_card
from tests.support.world import MERCHANT, at

LATE = {"cancel": {"notice": "PT0S", "tiers": [{"at_least": "PT48H", "outcome": "full"}, {"outcome": "forfeit"}]}}


@pytest.mark.parametrize(("deposit", "fee", "seats", "kept", "currency", "due"), [
    (2500, 0, 1, 0, "USD", 2500), (2500, 0, 2, 0, "USD", 5000), (2500, 3000, 1, 0, "USD", 3000), (2500, 0, 1, 2500, "USD", 0),
    (2500, 3000, 1, 2500, "USD", 500), (0, 0, 3, 0, "USD", 0), (2505, 0, 1, 0, "JPY", 2505), (2505, 0, 1, 0, "KWD", 2500), (9, 0, 1, 0, "KWD", 0)])
def test_the_fee_is_what_the_rule_asks_less_what_is_kept(deposit, fee, seats, kept, currency, due):
    assert due_fee(deposit=deposit, fee=fee, seats=seats, kept=kept, currency=currency) == due


@pytest.fixture
def missed(world, till, visitor, secured):  # noqa: F811
    """A booking with a card on file that was missed."""
    def make(number="4242424242424242", **more):
        b = book(world, secured, **more)
        save(visitor, till, link(b, panel="payment"), number)
        no_show_booking(world.store_id, MERCHANT, b.ref, override=True)
        return world.read(b.ref)

    return make


def charge(world, b, amount=2500, by=MERCHANT, reason="no_show"):
    return charge_card(world.store_id, by, b.ref, amount=amount, reason=reason)


def test_taken_once_and_told(world, till, missed, bank):
    b = missed()
    charge(world, b)
    settle(world.store_id)
    settle(world.store_id)
    paid = [made for made in bank.all("payment_intent") if made["status"] == "succeeded"]
    assert [(made["amount"], made["customer"] is not None) for made in paid] == [(2500, True)]
    assert world.read(b.ref).paid == 2500 and world.sql("select state from intents where kind = 'charge'") == [("succeeded",)]
    assert [row.recipient for row in world.outbox("card_charged")] == ["ada@example.com"]
    assert world.sql("select kind from documents") == [("receipt",)]


@pytest.mark.parametrize("mode", ["timeout_after_effect", "5xx", "down"])
def test_lost_answers_and_forgotten_keys_never_charge_twice(world, till, missed, bank, mode, monkeypatch):
    b = missed()
    charge(world, b)
    plain, asked = Stripe.charge, []

    def failing_once(self, *args):
        if not asked:
            bank.faults.order("stripe", mode, 1)
        asked.append(args)
        return plain(self, *args)

    monkeypatch.setattr(Stripe, "charge", failing_once)
    for _ in range(4):
        settle(world.store_id)
        bank.state.keys.clear()
        world.set_clock(world.now + timedelta(minutes=6))
    assert len([made for made in bank.all("payment_intent") if made["status"] == "succeeded"]) == 1 and world.read(b.ref).paid == 2500


def test_what_was_charged_can_be_given_back(world, till, missed):
    b = missed()
    charge(world, b)
    settle(world.store_id)
    refund_booking(world.store_id, MERCHANT, b.ref, amount=1000)
    settle(world.store_id)
    assert [made["amount"] for made in till.refunds()] == [1000]


def test_a_card_that_needs_its_holder_is_refused_visibly(world, till, missed, visitor, secured):  # noqa: F811
    b = book(world, secured)
    to = begin(visitor, link(b, panel="payment"))
    type_card(till, visitor.page, CHALLENGE)
    answer_bank(till, visitor.page)
    visitor.send(f"{to}/done")
    no_show_booking(world.store_id, MERCHANT, b.ref, override=True)
    charge(world, b)
    settle(world.store_id)
    assert world.sql("select state, error from intents where kind = 'charge'") == [("failed", "authentication_required")]
    assert world.read(b.ref).paid == 0 and world.outbox("card_charged") == []


class TestRefusals:
    def test_customers_never_charge(self, world, till, missed):
        b = missed()
        for by in (world.customer(b), world.holder(b)):
            assert refused("not_allowed", charge, world, b, by=by).facts["kind"] == "charge"

    def test_never_more_than_rule_and_consent(self, world, till, missed):
        b = missed()
        refused("invalid", charge, world, b, 2501)
        charge(world, b, 2000)
        refused("invalid", charge, world, b, 501)
        assert race(world, [lambda: charge(world, b, 500)] * 5) == ["not_allowed"] * 4 + ["ok"]

    def test_only_what_was_missed_or_cancelled_late(self, world, till, visitor, secured):  # noqa: F811
        b = book(world, secured)
        save(visitor, till, link(b, panel="payment"))
        assert refused("not_allowed", charge, world, b).facts["missing"] == "state"
        assert refused("not_allowed", charge, world, b, reason="late_cancel").facts["missing"] == "state"

    def test_without_a_card_or_after_its_end(self, world, till, visitor, secured):  # noqa: F811
        bare = book(world, secured)
        no_show_booking(world.store_id, MERCHANT, bare.ref, override=True)
        assert refused("not_allowed", charge, world, bare).facts["missing"] == "card"
        b = book(world, secured, 11)
        save(visitor, till, link(b, panel="payment"))
        no_show_booking(world.store_id, MERCHANT, b.ref, override=True)
        world.set_clock(at(1, 12).replace(year=2041))
        assert refused("not_allowed", charge, world, b).facts["missing"] == "expired"

    def test_without_consent_to_a_fee(self, world, till, visitor):  # noqa: F811
        b = book(world)
        save(visitor, till, link(b, panel="payment"))
        no_show_booking(world.store_id, MERCHANT, b.ref, override=True)
        assert refused("not_allowed", charge, world, b, 1).facts["missing"] == "consent"


class TestLateCancellation:
    def make(self, world, till, visitor, when):  # noqa: F811
        service = world.add_service("Late", deposit=2500, policy=LATE)
        b = book(world, service)
        save(visitor, till, link(b, panel="payment"))
        world.set_clock(when)
        return b

    def test_the_page_says_what_may_be_charged_and_the_click_charges_nothing(self, world, till, visitor, bank):  # noqa: F811
        b = self.make(world, till, visitor, at(9, 15))
        visitor.get(link(b, "cancel"))
        assert "Harbor Massage may charge up to $25 to your saved card." in words(visitor.page)
        cancel(world, b, quote=quoted(world, b))
        settle(world.store_id)
        assert bank.all("payment_intent") == []
        charge(world, b, reason="late_cancel")
        settle(world.store_id)
        assert world.read(b.ref).paid == 2500

    def test_in_time_there_is_no_fee(self, world, till, visitor):  # noqa: F811
        b = self.make(world, till, visitor, at(2, 15))
        visitor.get(link(b, "cancel"))
        assert "may charge" not in visitor.page
        cancel(world, b)
        assert refused("not_allowed", charge, world, b, reason="late_cancel").facts["missing"] == "state"

    def test_a_withdrawn_request_is_never_late(self, world, till, visitor):  # noqa: F811
        service = world.add_service("Asked", deposit=2500, policy=LATE | {"approval": "manual"})
        b = book(world, service, 2, by=Actor("customer", "account", None))
        save(visitor, till, link(b, panel="payment"))
        visitor.get(link(b, "cancel"))
        assert "may charge" not in visitor.page
        cancel(world, b, quote=quoted(world, b))
        assert refused("not_allowed", charge, world, b, reason="late_cancel").facts["missing"] == "state"

    def test_a_lower_fee_since_counts(self, world, till, visitor):  # noqa: F811
        fee = {"cancel": LATE["cancel"] | {"fee": {"amount": 5000}}}
        service = world.add_service("Dear", deposit=2500, policy=fee)
        b = book(world, service)
        save(visitor, till, link(b, panel="payment"))
        assert facts.fee(world.read(b.ref)) == 5000
        update_service(world.store_id, MERCHANT, service, policy={"cancel": LATE["cancel"] | {"fee": {"amount": 3000}}})
        world.set_clock(at(9, 15))
        visitor.get(link(b, "cancel"))
        assert "Harbor Massage may charge up to $30 to your saved card." in words(visitor.page)
        cancel(world, b, quote=quoted(world, b))
        refused("invalid", charge, world, b, 3001, reason="late_cancel")
        charge(world, b, 3000, reason="late_cancel")

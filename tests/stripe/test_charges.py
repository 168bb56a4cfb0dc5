"""Fees on saved cards: the shop alone, with consent, within rule and consent, once (R22, A155, I20)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking import facts
from booking.actions.charge_card import charge_card
from booking.actions.create_series import create_series
from booking.actions.create_visit import VisitPart, create_visit
from booking.actions.mark_booking import no_show_booking
from booking.actions.people import Person
from booking.actions.refund_booking import refund_booking
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from booking.cards import chargeable
from booking.rules.charge import due_fee
from gateways.stripe.client import Stripe
from messages.render import render_mail
from models.actor import Actor
from models.session import reading
from sync.payments import settle
from tests.actions.test_cancel import cancel, quoted
from tests.actions.test_reschedule import race, refused
from tests.storefront.visitor import account, link, words
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


class TestSaidFirst:
    """R22, A85: what a click may cost later is said for just what it ends."""

    FEE = {"cancel": {"notice": "PT0S", "tiers": [{"outcome": "forfeit"}]}}

    def test_for_seats_that_leave_a_party_nothing_is_charged(self, world, till, visitor):  # noqa: F811
        service = world.add_service("Class", capacity=4, price=5000, deposit=1000, staff=[world.elena], policy=LATE)
        world.session(service, at(10, 15), 4)
        b = book(world, service, seats=4)
        save(visitor, till, link(b, panel="payment"))
        world.set_clock(at(9, 15))
        visitor.get(link(b, "cancel", seats=1))
        assert "Cancel these seats" in words(visitor.page) and "may charge" not in words(visitor.page)
        visitor.get(link(b, "cancel", seats=4))
        assert "may charge up to $40 to your saved card." in words(visitor.page)

    def test_a_whole_visit_says_the_sum_of_its_parts(self, world, till, visitor):  # noqa: F811
        services = [world.add_service(name, deposit=2500, policy=LATE) for name in ("Colour", "Cut")]
        parts = create_visit(world.store_id, MERCHANT, person=Person("Ada Archer", "ada@example.com"), starts_at=at(10, 15),
                             parts=[VisitPart(services[0], world.elena), VisitPart(services[1])]).bookings
        for b in parts:
            save(visitor, till, link(b, panel="payment"))
        world.set_clock(at(9, 15))
        visitor.get(link(parts[0], "cancel", scope="visit"))
        assert "Harbor Massage may charge up to $50 to your saved card." in words(visitor.page)
        visitor.send(link(parts[0], "cancel"), scope="visit")
        with reading(world.store_id) as tx:
            assert [chargeable(tx, world.read(b.ref)).most for b in parts] == [2500, 2500]

    def test_a_series_says_the_sum_of_its_dates(self, world, till, visitor, secured):  # noqa: F811
        update_service(world.store_id, MERCHANT, secured, policy=LATE)
        dates = create_series(world.store_id, MERCHANT, service_id=secured, staff_id=world.elena, starts_at=at(3, 15), dates=2,
                              person=Person("Ada Archer", "ada@example.com")).bookings
        for b in dates:
            save(visitor, till, link(b, panel="payment"))
        visitor.sign_in()
        world.set_clock(at(2, 15))
        visitor.get(account(dates[0], "cancel") + "?scope=all")
        assert "2 bookings would be cancelled" in words(visitor.page)
        assert "Harbor Massage may charge up to $25 to your saved card." in words(visitor.page), "the second date is not late"

    def test_what_is_kept_of_seats_that_left_counts_as_it_does_for_the_shop(self, world, till, visitor):  # noqa: F811
        service = world.add_service("Class", capacity=4, price=2500, deposit=2500, staff=[world.elena], policy=self.FEE)
        world.session(service, at(10, 15), 4)
        b = book(world, service, seats=4, paid=6000, method="cash")
        save(visitor, till, link(b, panel="payment"))
        cancel(world, b, seats=3)
        visitor.get(link(b, "cancel"))
        assert "may charge" not in words(visitor.page)
        cancel(world, world.read(b.ref))
        with reading(world.store_id) as tx:
            assert chargeable(tx, world.read(b.ref)).most == 0

    @pytest.mark.parametrize("card", [True, False])
    def test_a_fee_above_what_was_paid_is_named(self, world, till, visitor, card):  # noqa: F811
        service = world.add_service("Dear", policy={"cancel": LATE["cancel"] | {"fee": {"amount": 1500}, "tiers": [
            {"at_least": "PT48H", "outcome": "full"}, {"outcome": "partial", "percent": 90}]}})
        b = book(world, service, paid=1000, method="cash")
        if card:
            save(visitor, till, link(b, panel="payment"))
        world.set_clock(at(9, 15))
        visitor.get(link(b, "cancel"))
        said = words(visitor.page)
        assert "Your $10 deposit can't be refunded per our policy. $10 is kept, including a cancellation fee of $9." in said
        assert "The cancellation fee is $15; $9 of it is kept from what you paid." in said
        assert ("Harbor Massage may charge up to $5 to your saved card." in said) is card
        cancel(world, b, quote=quoted(world, b))
        if card:
            charge(world, b, 500, reason="late_cancel")

    def test_a_fee_that_takes_all_that_was_paid_is_called_so(self, world, visitor):  # noqa: F811
        b = book(world, world.add_service("Dear", policy={"cancel": {"notice": "PT0S", "tiers": [{"outcome": "full"}], "fee": {"amount": 1500}}}),
                 paid=1000, method="cash")
        visitor.get(link(b, "cancel"))
        said = "Your $10 deposit can't be refunded per our policy. $10 is kept as a cancellation fee."
        assert f"{said} The cancellation fee is $15; $10 of it is kept from what you paid." in words(visitor.page)
        visitor.send(link(b, "cancel"))
        visitor.get(link(b))
        assert said in words(visitor.page) and said in " ".join(
            render_mail("booking_cancelled", world.outbox("booking_cancelled")[0].payload, "x.example").text.split())


class TestAfterAMove:
    """R33: a late hour cannot be left by moving first; R22: what a nearer time may cost is said before the move."""

    POLICY = LATE | {"reschedule": {"notice": "PT0S"}}
    MAY = "If you cancel after this move, Harbor Massage may charge up to $25 to your saved card."

    def make(self, world, till, visitor, when, **more):  # noqa: F811
        b = book(world, world.add_service("Guarded", deposit=2500, policy=self.POLICY, **more))
        save(visitor, till, link(b, panel="payment"))
        world.set_clock(when)
        return b

    def moved_to(self, visitor, b, day):  # noqa: F811
        visitor.get(link(b, "reschedule", at=at(day, 15).isoformat()))
        return words(visitor.page)

    def test_moving_out_of_the_late_hour_is_late_still(self, world, till, visitor):  # noqa: F811
        b = self.make(world, till, visitor, at(9, 15))
        assert self.MAY not in self.moved_to(visitor, b, 25), "the shop may as much now"
        visitor.send(link(b, "reschedule"))
        visitor.get(link(b, "cancel"))
        assert "Harbor Massage may charge up to $25 to your saved card." in words(visitor.page)
        b = world.read(b.ref)
        cancel(world, b, quote=quoted(world, b))
        charge(world, b, reason="late_cancel")

    def test_a_move_in_time_or_by_the_shop_leaves_nothing_late(self, world, till, visitor):  # noqa: F811
        b = self.make(world, till, visitor, at(2, 15))
        reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(11, 15))
        world.set_clock(at(10, 15))
        reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(24, 15))
        reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(25, 15))
        visitor.get(link(b, "cancel"))
        assert "may charge" not in words(visitor.page)

    def test_a_nearer_time_says_so_first(self, world, till, visitor):  # noqa: F811
        b = self.make(world, till, visitor, at(2, 15))
        assert self.MAY not in self.moved_to(visitor, b, 11)
        assert self.MAY in self.moved_to(visitor, b, 3)
        visitor.send(link(b, "reschedule"))
        visitor.get(link(b, "cancel"))
        assert "Harbor Massage may charge up to $25 to your saved card." in words(visitor.page)

    def test_without_a_card_nothing_is_said(self, world, visitor):  # noqa: F811
        b = book(world, world.add_service("Guarded", deposit=2500, policy=self.POLICY))
        world.set_clock(at(2, 15))
        assert "may charge" not in self.moved_to(visitor, b, 3)

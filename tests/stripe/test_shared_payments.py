"""One payment for several bookings, afterwards: what of it goes back, by whom, to which of them, and what is disputed (R23, R24, R26, I2)."""

from __future__ import annotations

from datetime import timedelta

import httpx
import psycopg
import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.create_visit import VisitPart, create_visit
from booking.actions.outside_refund import note_outside_refund
from booking.actions.payment_accounts import disconnect_account
from booking.actions.refund_booking import execute_refund
from booking.actions.services import update_service
from gateways.stripe.refunds import carry_out
from models.actor import SYSTEM
from models.dispute import closed_disputes, open_disputes, waiting_disputes
from models.session import database, reading
from sync.payments import Payments, settle, waits
from tests.storefront.test_together import ADA
from tests.stripe.test_cards import visitor  # noqa: F401  (fixtures)
from tests.stripe.test_difference import DIFFERENCE, begin, pay
from tests.stripe.test_disputes import court  # noqa: F401  (fixtures)
from tests.stripe.test_webhooks import deliver
from tests.stripe.together import NEW, priced
from tests.support.world import MERCHANT, at


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

"""Refunds through the provider, exactly once, whatever answers are lost, keys forgotten or processes killed (R24, I2, I16, I17)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from booking import keys
from booking.actions.cancel_booking import cancel_booking
from booking.actions.carry_refund import Said, begin_refund, record_refund
from booking.actions.outside_refund import note_outside_refund
from booking.actions.refund_booking import execute_refund, refund_booking
from booking.rules.decision import Refused
from gateways.stripe import refunds as gate
from gateways.stripe.amounts import to_stripe
from gateways.stripe.errors import Unsure, Wrong
from models.actor import SYSTEM
from sync.payments import settle, waits
from tests.actions.test_reschedule import race
from tests.stripe.conftest import Till
from tests.support.world import MERCHANT, World, at


def owed(till: Till, *amounts: int, method: str = "pm_card_visa", policy: dict | None = None, refund="full"):
    """A cancelled booking that was paid by card; (booking, refund id)."""
    service = till.world.add_service("Paid", policy=policy or {"cancel": {"notice": "PT0S"}})
    b = till.world.book(at(10, 15), service=service, staff=till.world.elena)
    for amount in amounts:
        till.take(b, amount, method)
    cancel_booking(till.world.store_id, MERCHANT, b.ref, refund=refund)
    return b, till.world.sql("select id from refunds where booking_id = %s", b.id)[0][0]


def state(world: World, refund_id: int):
    return world.sql("select state, mode from refunds where id = %s", refund_id)[0]


def run(world: World):
    """The worker's round, with the clock moved on to whatever waits."""
    due = world.sql("select max(due_at) from outbox where channel = 'stripe' and state = 'due'")[0][0]
    if due is not None and due > world.now:
        world.set_clock(due)
    return settle(world.store_id)


class TestOnce:
    def test_a_cancellation_pays_back_by_itself(self, till, world):
        b, refund = owed(till, 2500)
        assert waits(world.store_id) and settle(world.store_id).sent == 1
        assert [(r["amount"], r["metadata"]["source"]) for r in till.refunds()] == [(2500, "opencals")]
        assert state(world, refund) == ("succeeded", "automatic")
        after = world.read(b.ref)
        assert (after.owed, after.refunded) == (0, 2500) and not waits(world.store_id)
        assert world.sql("select kind, amount from documents where booking_id = %s order by number", b.id)[-1] == ("credit_note", 2500)
        assert world.sql("select action from audit_entries where subject = 'refund' order by id") == [("begin_refund",), ("settle_refund",)]

    def test_several_payments_each_get_their_part(self, till, world):
        b, refund = owed(till, 1000, 333, 168, refund=751)
        settle(world.store_id)
        assert sorted(r["amount"] for r in till.refunds()) == [84, 167, 500] and state(world, refund)[0] == "succeeded"

    @pytest.mark.parametrize("mode", ["timeout_after_effect", "5xx", "throttled", "down"])
    @pytest.mark.parametrize("calls", [1, 2])
    def test_a_failing_provider_delays_and_never_doubles(self, till, world, bank, mode, calls):
        _, refund = owed(till, 2500)
        bank.faults.order("stripe", mode, calls)
        for _ in range(4):
            run(world)
        assert [r["amount"] for r in till.refunds()] == [2500] and state(world, refund)[0] == "succeeded"

    def test_a_lost_answer_and_a_forgotten_key_never_double(self, till, world, bank):
        """The effect happened, the answer was lost, a day later the key is forgotten: the look-up finds it (I16)."""
        _, refund = owed(till, 2500)
        self.lose_the_answer(till, world, bank, refund)
        assert state(world, refund)[0] == "pending" and len(till.refunds()) == 1
        bank.state.keys.clear()
        run(world)
        assert len(till.refunds()) == 1 and state(world, refund)[0] == "succeeded"

    def test_the_guard_is_the_look_up(self, till, world, bank, monkeypatch):
        """With the look-up switched off the same history pays twice where the provider still has the money."""
        b = world.book(at(10, 15))
        till.take(b, 8000)
        refund_booking(world.store_id, MERCHANT, b.ref, amount=2500)
        refund = world.sql("select id from refunds")[0][0]
        self.lose_the_answer(till, world, bank, refund)
        bank.state.keys.clear()
        monkeypatch.setattr(gate.Stripe, "refunds_of", lambda self, payment_id: [])
        run(world)
        assert len(till.refunds()) == 2

    def lose_the_answer(self, till, world, bank, refund):
        asked = []

        def before_the_call(label):
            if label == "looked" and not asked:
                asked.append(label)
                bank.faults.order("stripe", "timeout_after_effect", 1)

        with pytest.raises(Unsure):
            gate.carry_out(world.store_id, refund, at=before_the_call)

    def test_eight_workers_at_once_pay_once(self, till, world):
        _, refund = owed(till, 2500)

        def work():
            try:
                gate.carry_out(world.store_id, refund)
            except gate.Busy:
                pass

        race(world, [work] * 8)
        gate.carry_out(world.store_id, refund)
        assert len(till.refunds()) == 1 and state(world, refund)[0] == "succeeded"

    @pytest.mark.parametrize("label", ["intended", "looked", "answered"])
    def test_killed_at_any_point_it_is_finished_once(self, till, world, label):
        _, refund = owed(till, 2500)

        class Killed(BaseException):
            """As kill -9 leaves it: nothing after this runs."""

        def die(at_label):
            if at_label == label:
                raise Killed

        with pytest.raises(Killed):
            gate.carry_out(world.store_id, refund, at=die)
        run(world)
        assert len(till.refunds()) == 1 and state(world, refund)[0] == "succeeded"

    def test_no_provider_call_has_a_transaction_open(self, till, world, owner_url, monkeypatch):
        _, refund = owed(till, 2500)
        seen = []
        plain = gate.Stripe.make_refund

        def looking(self, *args):
            seen.extend(world.sql("select pid from pg_stat_activity where datname = current_database() and state = 'idle in transaction'"))
            return plain(self, *args)

        monkeypatch.setattr(gate.Stripe, "make_refund", looking)
        gate.carry_out(world.store_id, refund)
        assert seen == [] and len(till.refunds()) == 1


class TestCurrencies:
    """R25, D26e: what is in our books, what Stripe moved and what it counts in agree for every exponent."""

    @pytest.mark.parametrize(("currency", "ours", "theirs"), [
        ("JPY", 2500, 2500), ("USD", 2500, 2500), ("KWD", 12340, 12340), ("ISK", 2500, 250000), ("UGX", 2500, 250000), ("MGA", 250000, 2500)])
    def test_the_same_money_on_both_sides(self, world, till, bank, paying, currency, ours, theirs):
        keys.configure(dataclasses.replace(paying, stripe_secret_key="sk_test_sandbox"))
        service = world.add_service("Abroad", currency=currency, price=ours, policy={"cancel": {"notice": "PT0S"}})
        b = world.book(at(10, 15), service=service, staff=world.elena, paid=ours)
        cancel_booking(world.store_id, MERCHANT, b.ref, refund="full")
        settle(world.store_id)
        assert [(made["amount"], made["currency"]) for made in till.refunds()] == [(theirs, currency.lower())]
        assert world.read(b.ref).refunded == ours and bank.all("payment_intent")[0]["amount"] == theirs

    def test_what_cards_cannot_move_is_refused_before_anything_happens(self, world, till, bank, paying):
        service = world.add_service("Abroad", currency="KWD", policy={"cancel": {"notice": "PT0S"}})
        b = world.book(at(10, 15), service=service, staff=world.elena)
        till.take(b, 12340)
        with pytest.raises(Refused, match="invalid") as refused:
            cancel_booking(world.store_id, MERCHANT, b.ref, refund=6173)
        assert refused.value.facts["step"] == 10
        settle(world.store_id)
        assert world.read(b.ref).status == "confirmed" and till.refunds() == [] and world.sql("select 1 from refunds") == []

    def test_no_such_amount_ever_reaches_the_provider(self):
        with pytest.raises(Wrong, match="amount_step"):
            to_stripe(6173, "KWD")


class TestLater:
    def test_pending_is_asked_about_until_it_is_settled(self, till, world, bank):
        _, refund = owed(till, 2500, method="pm_card_pendingRefund")
        settle(world.store_id)
        assert state(world, refund)[0] == "pending"
        made = till.refunds()[0]
        bank.state.save(till.account, made | {"status": "succeeded"})
        world.set_clock(world.now + timedelta(hours=7))
        settle(world.store_id)
        assert state(world, refund)[0] == "succeeded"

    def test_a_late_failure_reopens_it_and_tells_the_shop(self, till, world, bank):
        b, refund = owed(till, 2500)
        settle(world.store_id)
        intent, reference = world.sql("select id, provider_ref from refund_intents")[0]
        record_refund(world.store_id, SYSTEM, intent, Said("failed", reference, 2500, error="expired_or_canceled_card"))
        assert state(world, refund) == ("owed", "manual") and world.read(b.ref).owed == 2500
        assert [row.recipient for row in world.outbox("merchant_refund_failed")] == ["shop@example.com"]

    def test_after_a_failure_the_shop_may_try_again_and_it_is_a_new_refund(self, till, world, bank):
        b, refund = owed(till, 2500)
        settle(world.store_id)
        intent, reference = world.sql("select id, provider_ref from refund_intents")[0]
        made = till.refunds()[0]
        bank.state.save(till.account, made | {"status": "failed"})
        bank.state.save(till.account, bank.all("charge")[0] | {"amount_refunded": 0, "refunded": False})
        record_refund(world.store_id, SYSTEM, intent, Said("failed", reference, 2500))
        assert execute_refund(world.store_id, MERCHANT, refund).facts["state"] == "pending"
        settle(world.store_id)
        assert state(world, refund)[0] == "succeeded" and len(till.refunds()) == 1
        assert world.sql("select attempt, state from refund_intents order by attempt") == [(1, "failed"), (2, "succeeded")]

    def test_old_news_changes_nothing(self, till, world):
        _, refund = owed(till, 2500)
        settle(world.store_id)
        intent, reference = world.sql("select id, provider_ref from refund_intents")[0]
        record_refund(world.store_id, SYSTEM, intent, Said("pending", reference, 2500))
        record_refund(world.store_id, SYSTEM, intent, Said("failed", "re_other", 2500))
        assert state(world, refund)[0] == "succeeded"


class TestOutside:
    """Refunds made in Stripe's dashboard count (R24)."""

    def by_hand(self, till, amount):
        return till.client.v1.refunds.create({"payment_intent": till.bank.all("payment_intent")[-1]["id"], "amount": amount})

    def test_the_same_amount_pays_what_is_owed(self, till, world):
        _, refund = owed(till, 2500)
        self.by_hand(till, 2500)
        settle(world.store_id)
        assert len(till.refunds()) == 1 and state(world, refund)[0] == "succeeded"
        assert world.sql("select origin, amount from refund_intents") == [("outside", 2500)]

    def test_only_what_is_left_is_given_back(self, till, world):
        _, refund = owed(till, 2500)
        self.by_hand(till, 1700)
        settle(world.store_id)
        assert [r["amount"] for r in till.refunds()] == [1700, 800] and state(world, refund)[0] == "succeeded"

    def test_it_stands_in_the_books_once_and_within_the_payment(self, till, world):
        b = world.book(at(10, 15))
        reference = till.take(b, 8000)
        made = self.by_hand(till, 3000)
        for _ in range(3):
            note_outside_refund(world.store_id, SYSTEM, reference, made.id, 3000, "succeeded")
        after = world.read(b.ref)
        assert (after.refunded, after.owed) == (3000, 0)
        assert world.sql("select amount, refunded from payments") == [(8000, 3000)]

    def test_it_settles_what_was_owed_by_hand(self, till, world):
        b, refund = owed(till, 2500, policy={"cancel": {"notice": "PT0S", "refund_mode": "manual"}})
        made = self.by_hand(till, 2500)
        reference = world.sql("select provider_ref from payments")[0][0]
        note_outside_refund(world.store_id, SYSTEM, reference, made.id, 2500, "succeeded")
        assert state(world, refund)[0] == "succeeded" and world.read(b.ref).owed == 0


class TestByHand:
    def test_without_an_account_it_stays_owed(self, world, bank):
        b = world.book(at(10, 15), paid=2500)
        cancel_booking(world.store_id, MERCHANT, b.ref, refund="full")
        settle(world.store_id)
        assert world.sql("select state, mode from refunds") == [("owed", "manual")] and bank.all("refund") == []

    def test_a_mixed_refund_ends_when_both_parts_are_done(self, till, world):
        b = world.book(at(10, 15), paid=1000, method="cash")
        till.take(b, 1500)
        cancel_booking(world.store_id, MERCHANT, b.ref, refund="full")
        refund = world.sql("select id from refunds")[0][0]
        settle(world.store_id)
        assert state(world, refund) == ("owed", "manual") and [r["amount"] for r in till.refunds()] == [1500]
        assert execute_refund(world.store_id, MERCHANT, refund).facts["state"] == "succeeded"
        assert len(till.refunds()) == 1 and world.read(b.ref).refunded == 2500

    def test_the_shops_execute_goes_the_same_way(self, till, world):
        _, refund = owed(till, 2500, policy={"cancel": {"notice": "PT0S", "refund_mode": "manual"}})
        settle(world.store_id)
        assert till.refunds() == []
        execute_refund(world.store_id, MERCHANT, refund)
        settle(world.store_id)
        assert len(till.refunds()) == 1 and state(world, refund)[0] == "succeeded"

    def test_a_refusal_for_good_is_owed_again_and_visible(self, till, world, bank):
        _, refund = owed(till, 2500)
        for key in [k for k in bank.state.objects if k[1].startswith("pi_")]:
            del bank.state.objects[key]
        settle(world.store_id)
        assert state(world, refund) == ("owed", "manual")
        assert world.sql("select state, error from refund_intents") == [("failed", "resource_missing")]

    def test_in_test_mode_a_noted_card_payment_is_rehearsed(self, till, world, paying, bank):
        keys.configure(dataclasses.replace(paying, stripe_secret_key="sk_test_sandbox"))
        b = world.book(at(10, 15), paid=2500)
        cancel_booking(world.store_id, MERCHANT, b.ref, refund="full")
        bank.faults.order("stripe", "timeout_after_effect", 1)
        for _ in range(3):
            run(world)
        assert [made["amount"] for made in till.refunds()] == [2500] and world.read(b.ref).refunded == 2500
        assert len(bank.all("payment_intent")) == 1


def test_the_database_refuses_more_than_the_part_and_more_than_one_live_intent(till, world, db):
    b = world.book(at(10, 15))
    till.take(b, 8000)
    refund_booking(world.store_id, MERCHANT, b.ref, amount=2500)
    begin_refund(world.store_id, SYSTEM, world.sql("select id from refunds")[0][0])
    row = world.sql("select refund_id, line_id, payment_id, account_id from refund_intents")[0]
    for amount, attempt, wrong in ((2501, 2, "more than the part"), (1, 2, "refund_intents_live")):
        with pytest.raises(Exception, match=wrong), db.transaction(world.store_id, SYSTEM) as tx:
            if amount > 2500:
                tx.db.exec_driver_sql("update refund_intents set amount = %s", (amount,))
            else:
                tx.db.exec_driver_sql("insert into refund_intents (store_id, id, refund_id, line_id, payment_id, account_id, attempt, amount, created_at)"
                                      " values (%s, 1, %s, %s, %s, %s, %s, %s, now())", (world.store_id, *row, attempt, amount))

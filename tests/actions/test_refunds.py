"""Money back: outcomes and tiers, sticky tiers, payments pro rata, the shop's choices, carrying out (R20-R25, R33, I2)."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, update

from booking import facts
from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.decline_booking import decline_booking
from booking.actions.payment_accounts import connect_account
from booking.actions.refund_booking import execute_refund, refund_booking
from booking.actions.services import update_service
from booking.wording import words_for
from messages import render_mail
from models.actor import SYSTEM, Actor
from models.outbox import OutboxRow
from models.payment import Payment
from models.refund import Refund
from models.session import new_id, reading, transaction
from storefront.door import Door, store_view
from storefront.presenting import detail
from tests.actions.test_cancel import ALWAYS, TWO_DAYS, cancel, outcome, refunds, with_policy
from tests.actions.test_reschedule import move, race, refused
from tests.support.world import MERCHANT, World, at, hours


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def pay(world, b, amount, method="card"):
    """A further payment of the booking, taken later than the others."""
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.execute(insert(Payment).values(store_id=world.store_id, id=new_id(), booking_id=b.id, amount=amount,
                                             currency=b.currency, method=method, captured_at=tx.now + hours(len(world.sql("select 1 from payments")))))
    return world.read(b.ref)


def lines(world, b):
    """(method, captured, given back) of each payment, oldest first."""
    return world.sql("select method, amount, refunded from payments where booking_id = %s order by captured_at", b.id)


def refund_id(world, b):
    return world.sql("select id from refunds where booking_id = %s order by created_at desc limit 1", b.id)[0][0]


def answer(world, refund, state):
    """What the payment worker notes when the provider has answered."""
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.execute(update(Refund).where(Refund.store_id == world.store_id, Refund.id == refund).values(state=state))



class TestOutcomes:
    """R20-R22."""

    def three(self, world):
        return with_policy(world, {"cancel": ALWAYS | {"tiers": [
            {"at_least": "P7D", "outcome": "full"}, {"at_least": "PT48H", "outcome": "partial", "percent": 50},
            {"at_least": "PT24H", "outcome": "partial", "amount": 700}, {"outcome": "forfeit"}]}}, at(12, 15), paid=2501)

    @pytest.mark.parametrize(("before", "amount"), [(24 * 7, 2501), (24 * 7 - 0.01, 1251), (48, 1251), (47.9, 700), (24, 700), (23.9, 0)])
    def test_each_tier_to_its_edge(self, world, before, amount):
        b = self.three(world)
        world.set_clock(at(12, 15) - hours(before))
        done = cancel(world, b)
        assert (done.refund.amount, done.refund.kept, done.booking.owed) == (amount, 2501 - amount, amount)

    @pytest.mark.parametrize(("fee", "paid", "amount", "taken"), [(1000, 2500, 1500, 1000), (2500, 2500, 0, 2500), (9000, 2500, 0, 2500)])
    def test_a_fee_reduces_the_refund_and_never_makes_it_negative(self, world, fee, paid, amount, taken):
        b = with_policy(world, {"cancel": {"fee": {"amount": fee}}}, at(12, 15), paid=paid)
        assert (outcome(world, b).amount, outcome(world, b).fee) == (amount, taken)
        cancel(world, b)
        assert [(row[4], row[5], row[6]) for row in refunds(world, b)] == [(amount, paid - amount, taken)]

    def test_nothing_paid_is_its_own_outcome(self, world):
        done = cancel(world, world.book(at(10, 15)))
        assert (done.refund.outcome, done.refund.amount, done.refund.kept) == ("none", 0, 0)
        assert refunds(world, done.booking) == [("cancellation", "none", "none", "automatic", 0, 0, 0)]

    @pytest.mark.parametrize(("tier", "amount"), [({}, 2500), ({"percent": 40}, 1000), ({"amount": 600}, 600)])
    def test_credit_is_given_instead_of_money(self, world, tier, amount):
        b = with_policy(world, {"cancel": ALWAYS | {"tiers": [{"outcome": "credit"} | tier]}}, at(10, 15))
        done = cancel(world, b)
        assert (done.refund.outcome, done.booking.owed, done.booking.refunded) == ("credit", 0, 0)
        assert world.sql("select customer_id, amount, used, currency from credits where booking_id = %s", b.id) == [
            (b.customer_id, amount, 0, "USD")]
        assert [row[2] for row in refunds(world, b)] == ["succeeded"]
        assert world.outbox("execute_refund", channel="stripe") == []

    def test_the_policy_of_the_booking_day_counts_unless_today_is_kinder(self, world):
        b = with_policy(world, TWO_DAYS, at(10, 15))
        world.set_clock(at(9, 15))
        assert outcome(world, b).amount == 0
        update_service(world.store_id, MERCHANT, b.service_id, policy={"cancel": ALWAYS | {"tiers": [{"outcome": "full"}]}})
        assert outcome(world, world.read(b.ref)).amount == 2500
        update_service(world.store_id, MERCHANT, b.service_id, policy={"cancel": ALWAYS | {"tiers": [{"outcome": "forfeit"}]}})
        world.set_clock(at(8, 15))
        assert outcome(world, world.read(b.ref)).amount == 2500

    def test_manual_mode_owes_the_money_and_sends_no_command(self, world):
        b = with_policy(world, {"cancel": {"refund_mode": "manual"}}, at(10, 15))
        assert cancel(world, b).booking.owed == 2500
        assert [row[2:4] for row in refunds(world, b)] == [("owed", "manual")]
        assert world.outbox("execute_refund", channel="stripe") == []

    def test_cash_is_owed_and_sends_no_command(self, world):
        assert cancel(world, world.book(at(10, 15), paid=2500, method="cash")).booking.owed == 2500
        assert world.outbox("execute_refund", channel="stripe") == []


class TestSticky:
    """R33: no refund by detour."""

    def late_move(self, world, policy=TWO_DAYS | {"reschedule": {"notice": "PT0S"}}, when=at(9, 15)):
        b = with_policy(world, policy, at(10, 15))
        world.set_clock(when)
        return move(world, b, at(24, 15))

    def test_a_move_out_of_the_late_window_brings_no_money_back(self, world):
        moved = self.late_move(world)
        assert (moved.sticky_num, outcome(world, moved).amount) == (0, 0)
        assert cancel(world, moved).booking.owed == 0

    def test_the_new_terms_are_the_ones_told(self, world):
        moved = self.late_move(world)
        mail = render_mail("booking_moved", world.outbox("booking_moved")[-1].payload, "opencals.com").text
        assert "no refund" in mail and "full refund" not in mail
        with reading(world.store_id) as tx:
            door = Door(moved, world.holder(moved), "", {}, True, None, store_view(moved), words_for("en"))
            assert [line for line in detail(door, tx.now, policy=facts.policy_meanwhile(tx, moved)).policy if "refund" in line] == ["If you cancel: no refund."]

    def test_the_lower_of_then_and_now_counts(self, world):
        policy = {"reschedule": {"notice": "PT0S"}, "cancel": ALWAYS | {"tiers": [
            {"at_least": "P7D", "outcome": "full"}, {"at_least": "PT24H", "outcome": "partial", "percent": 50}, {"outcome": "forfeit"}]}}
        moved = self.late_move(world, policy, at(8, 15))
        assert outcome(world, moved).amount == 1250
        world.set_clock(at(24, 15) - hours(3))
        assert outcome(world, moved).amount == 0

    def test_an_early_move_leaves_no_mark(self, world):
        moved = self.late_move(world, when=at(2, 15))
        assert (moved.sticky_num, outcome(world, moved).amount) == (None, 2500)

    def test_a_request_never_approved_moves_without_a_mark(self, world):
        policy = {"approval": "manual", "approval_hours": 24, "cancel": ALWAYS | {"tiers": [{"at_least": "P5D", "outcome": "full"}, {"outcome": "forfeit"}]}}
        b = with_policy(world, policy, at(4, 15), paid=0, by=Actor("customer", "account", None))
        move(world, pay(world, b, 2500), at(20, 15))
        moved = approve_booking(world.store_id, MERCHANT, b.ref).booking
        assert (moved.sticky_num, outcome(world, moved).amount) == (None, 2500)

    def test_a_request_never_approved_is_told_its_own_terms(self, world):
        b = with_policy(world, TWO_DAYS | {"approval": "manual"}, at(2, 15), paid=0, by=Actor("customer", "account", None))
        with reading(world.store_id) as tx:
            door = Door(b, world.holder(b), "", {}, True, None, store_view(b), words_for("en"))
            lines = detail(door, tx.now, policy=facts.policy_meanwhile(tx, b)).policy
        assert lines == ["If you cancel: full refund.", "Move until Tue, Mar 2, 2027, 10:00 AM EST."]

    def test_a_fixed_amount_sticks_before_anything_was_paid(self, world):
        policy = {"reschedule": {"notice": "PT0S"}, "cancel": ALWAYS | {"tiers": [{"at_least": "P7D", "outcome": "full"}, {"outcome": "partial", "amount": 800}]}}
        b = with_policy(world, policy, at(5, 15), paid=0)
        moved = move(world, b, at(20, 15))
        assert (moved.sticky_num, moved.sticky_den, outcome(world, pay(world, moved, 8000)).amount) == (1, 10, 800)

    @pytest.mark.parametrize("end", [decline_booking, None])
    def test_a_move_that_never_came_about_leaves_no_mark(self, world, end):
        """R17, R20: the shop says no, or the request is taken back; later terms that are better count in full."""
        policy = TWO_DAYS | {"reschedule": {"notice": "PT0S"}, "approval": "reschedule_only"}
        asked = self.late_move(world, policy)
        assert (asked.status, asked.sticky_num) == ("pending", 0)
        if end is None:
            move(world, asked, at(10, 15))
        else:
            end(world.store_id, MERCHANT, asked.ref)
        back = world.read(asked.ref)
        assert (back.status, back.sticky_num, back.starts_at) == ("confirmed", None, at(10, 15))
        update_service(world.store_id, MERCHANT, back.service_id, policy=policy | {"cancel": ALWAYS | {"tiers": [{"outcome": "full"}]}})
        assert outcome(world, world.read(back.ref)).amount == 2500

    def test_a_move_by_the_shop_resets_it(self, world):
        moved = self.late_move(world)
        back = move(world, moved, at(25, 15), by=MERCHANT)
        assert outcome(world, back).amount == 2500

class TestParts:
    """R24, R25: to the original payments, in whole minor units that add up."""

    def half(self, world, *payments, currency="USD"):
        service = world.add_service("Half", currency=currency, policy={"cancel": {"tiers": [{"outcome": "partial", "percent": 50}]}})
        b = world.book(at(10, 15), service=service, staff=world.elena)
        for amount, method in payments:
            b = pay(world, b, amount, method)
        return b

    def test_pro_rata_with_the_largest_remainder(self, world):
        b = self.half(world, (1000, "card"), (333, "gift_card"), (168, "cash"))
        done = cancel(world, b)
        assert (done.refund.amount, done.refund.kept) == (751, 750)
        assert [row[2] for row in lines(world, b)] == [500, 167, 84]
        assert done.refund.methods == ("card", "gift_card", "cash")

    def test_only_what_is_left_of_each_payment_counts(self, world):
        b = self.half(world, (1000, "card"), (1000, "cash"))
        refund_booking(world.store_id, MERCHANT, b.ref, amount=501)
        assert [row[2] for row in lines(world, b)] == [251, 250]
        done = cancel(world, world.read(b.ref))
        assert (done.refund.amount, done.refund.kept) == (750, 749)
        assert sum(row[2] for row in lines(world, b)) == done.booking.owed == 1251

    @pytest.mark.parametrize(("currency", "paid", "amount"), [("JPY", 2501, 1251), ("USD", 2501, 1251), ("KWD", 12345, 6170)])
    def test_half_up_in_the_minor_units_of_the_currency(self, world, currency, paid, amount):
        b = self.half(world, (paid, "card"), currency=currency)
        done = cancel(world, b)
        assert (done.refund.amount, done.refund.kept, done.refund.currency) == (amount, paid - amount, currency)
        assert world.sql("select currency from refunds where booking_id = %s", b.id) == [(currency,)]


class TestShopsChoice:
    """What the shop gives back instead of the policy."""

    @pytest.fixture
    def late(self, world):
        b = with_policy(world, TWO_DAYS, at(2, 15))
        return b

    @pytest.mark.parametrize(("choice", "amount"), [("policy", 0), ("full", 2500), ("none", 0), (1, 1), (2500, 2500), (0, 0)])
    def test_policy_full_none_or_an_amount(self, world, late, choice, amount):
        done = cancel_booking(world.store_id, MERCHANT, late.ref, refund=choice)
        assert (done.refund.amount, done.refund.kept, done.booking.owed) == (amount, 2500 - amount, amount)

    @pytest.mark.parametrize("choice", [2501, -1])
    def test_never_more_than_was_paid(self, world, late, choice):
        refused("invalid", cancel_booking, world.store_id, MERCHANT, late.ref, refund=choice)
        assert world.read(late.ref).status == "confirmed"

    def test_customers_have_no_choice(self, world, late):
        assert cancel(world, late, refund="full").refund.amount == 0


class TestGoodwill:
    """D26b: money back without cancelling, each time its own entry."""

    def test_twice_is_two_refunds_up_to_what_was_paid(self, world):
        b = world.book(at(10, 15), paid=2500)
        assert refund_booking(world.store_id, MERCHANT, b.ref, amount=1000).booking.owed == 1000
        assert refund_booking(world.store_id, MERCHANT, b.ref, amount=1500).booking.owed == 2500
        refused("invalid", refund_booking, world.store_id, MERCHANT, b.ref, amount=1)
        assert [row[0] for row in refunds(world, b)] == ["goodwill", "goodwill"]
        assert world.sql("select count(*) from audit_entries where action = 'refund_booking'") == [(2,)]

    @pytest.mark.parametrize("amount", [0, -5, 2501])
    def test_only_what_is_there(self, world, amount):
        b = world.book(at(10, 15), paid=2500)
        refused("invalid", refund_booking, world.store_id, MERCHANT, b.ref, amount=amount)

    def test_a_closed_booking_can_be_refunded(self, world):
        b = with_policy(world, TWO_DAYS, at(2, 15))
        cancel(world, b)
        assert refund_booking(world.store_id, MERCHANT, b.ref, amount=2500).booking.owed == 2500

    def test_eight_at_once_never_give_back_more_than_was_taken(self, world):
        b = world.book(at(10, 15), paid=2500)
        jobs = [lambda: refund_booking(world.store_id, MERCHANT, b.ref, amount=1000)] * 8
        assert race(world, jobs) == ["invalid"] * 6 + ["ok"] * 2
        assert world.read(b.ref).owed == 2000


class TestCarryingOut:
    """R23, R24: owed, pending, succeeded, failed."""

    def owed(self, world, method, mode="manual"):
        b = with_policy(world, {"cancel": {"refund_mode": mode}}, at(10, 15), method=method)
        if method == "card":
            connect_account(world.store_id, SYSTEM, f"acct_{world.slug}")
            with transaction(world.store_id, SYSTEM) as tx:
                tx.db.execute(update(Payment).where(Payment.store_id == world.store_id).values(provider_ref="pi_1"))
        cancel(world, b)
        return b, refund_id(world, b)

    @pytest.mark.parametrize("method", ["cash", "gift_card", "external", "shopify"])
    def test_money_handed_over_by_the_shop_is_done(self, world, method):
        b, refund = self.owed(world, method)
        done = execute_refund(world.store_id, MERCHANT, refund)
        assert done.facts == {"refund_id": refund, "state": "succeeded"}
        assert (done.booking.owed, done.booking.refunded) == (0, 2500)
        assert world.sql("select settled_at from refunds where id = %s", refund) == [(world.now,)]
        assert world.outbox("execute_refund", channel="stripe") == []

    def test_card_money_goes_to_the_provider_by_one_command(self, world):
        b, refund = self.owed(world, "card")
        done = execute_refund(world.store_id, MERCHANT, refund)
        assert (done.facts["state"], done.booking.owed, done.booking.refunded) == ("pending", 2500, 0)
        assert [row.payload for row in world.outbox("execute_refund", channel="stripe")] == [{"refund_id": str(refund)}]
        answer(world, refund, "succeeded")
        assert (world.read(b.ref).owed, world.read(b.ref).refunded) == (0, 2500)

    def test_a_card_payment_the_shop_only_noted_is_handed_over_by_the_shop(self, world):
        b = with_policy(world, {"cancel": {"refund_mode": "manual"}}, at(10, 15))
        connect_account(world.store_id, SYSTEM, f"acct_{world.slug}")
        cancel(world, b)
        assert execute_refund(world.store_id, MERCHANT, refund_id(world, b)).facts["state"] == "succeeded"
        assert world.outbox("execute_refund", channel="stripe") == []

    def test_a_failed_refund_is_still_owed_and_can_be_carried_out_again(self, world):
        b, refund = self.owed(world, "card")
        execute_refund(world.store_id, MERCHANT, refund)
        answer(world, refund, "failed")
        with transaction(world.store_id, SYSTEM) as tx:
            tx.db.execute(update(OutboxRow).where(OutboxRow.store_id == world.store_id, OutboxRow.channel == "stripe").values(state="sent"))
        assert (world.read(b.ref).owed, world.read(b.ref).refunded) == (2500, 0)
        assert execute_refund(world.store_id, MERCHANT, refund).facts["state"] == "pending"
        assert [row.state for row in world.outbox("execute_refund", channel="stripe")] == ["due"]

    def test_twice_is_refused_and_audited_once(self, world):
        b, refund = self.owed(world, "cash")
        assert race(world, [lambda: execute_refund(world.store_id, MERCHANT, refund)] * 6) == ["not_allowed"] * 5 + ["ok"]
        assert world.read(b.ref).refunded == 2500
        assert world.sql("select before->>'state', after->>'state' from audit_entries where action = 'execute_refund'") == [
            ("owed", "succeeded")]

    def test_nothing_to_give_back_cannot_be_carried_out(self, world):
        b = with_policy(world, TWO_DAYS, at(2, 15))
        cancel(world, b)
        assert refused("not_allowed", execute_refund, world.store_id, MERCHANT, refund_id(world, b)).facts["state"] == "none"

    def test_the_refund_of_another_shop_is_not_found(self, world):
        _, refund = self.owed(world, "cash")
        refused("not_found", execute_refund, World(world.owner_url).store_id, MERCHANT, refund)

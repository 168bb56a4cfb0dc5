"""A refund to a card and by hand: what went to the card, what is owed, in every place (R23, R24, A40, A146)."""

from __future__ import annotations

import pytest

from booking import facts
from booking.actions.cancel_booking import cancel_booking
from booking.actions.carry_refund import Said, record_refund
from booking.actions.refund_booking import execute_refund, refund_booking
from booking.actions.remind_of_refunds import remind_of_refunds
from booking.documents.find import find, standing
from booking.rules.decision import Refused
from booking.settled import outcome_of
from booking.wording import words_for
from messages.render import render_mail
from models import money_list
from models.actor import SYSTEM
from models.session import reading, transaction
from storefront.trail import trail_of
from sync.payments import settle
from tests.stripe.test_refunds import run
from tests.support.world import MERCHANT, at, hours

HALF = {"cancel": {"notice": "PT0S", "tiers": [{"outcome": "partial", "percent": 50}]}}
MANUAL = {"cancel": {"notice": "PT0S", "refund_mode": "manual"}}
W = words_for("en")


def mixed(till, policy=HALF, card: int = 2500, cash: int = 1501):
    """A cancelled booking that was paid by card and in cash; (booking, refund id)."""
    service = till.world.add_service("Mixed", policy=policy)
    b = till.world.book(at(10, 15), service=service, staff=till.world.elena, paid=cash, method="cash")
    till.take(b, card)
    cancel_booking(till.world.store_id, MERCHANT, b.ref)
    return b, till.world.sql("select id from refunds where booking_id = %s", b.id)[0][0]


def row(world, refund):
    return world.sql("select state, amount, given from refunds where id = %s", refund)[0]


def parts(world, refund):
    return world.sql("select p.method, l.amount, l.state, l.by_hand from refund_lines l join payments p on p.id = l.payment_id"
                     " where l.refund_id = %s order by p.method", refund)


def page(world, b) -> str:
    """What the booking's page says of its money."""
    with reading(world.store_id) as tx:
        return W.refund(outcome_of(tx, world.read(b.ref)).facts(), "Harbor Massage")


def notes(world, b):
    return world.sql("select amount, facts->'refunds' from documents where booking_id = %s and kind = 'credit_note' order by number", b.id)


def told(world, topic="refund_paid"):
    return [render_mail(topic, row.payload, "opencals.com").text for row in world.outbox(topic)]


def test_each_part_has_its_own_state_and_amount(till, world):
    b, refund = mixed(till)
    settle(world.store_id)
    assert row(world, refund) == ("owed", 2001, 1250) and parts(world, refund) == [("card", 1250, "succeeded", False), ("cash", 751, "owed", False)]
    after = world.read(b.ref)
    assert (after.refunded, after.owed) == (1250, 751)
    assert page(world, b) == "$12.50 was refunded. You're owed $7.51. Harbor Massage will refund it. $20 is kept per our policy."
    with reading(world.store_id) as tx:
        assert money_list.owed_sums(tx) == [("USD", 1, 751)]
        [listed] = money_list.owed(tx, rehearse=False)
        assert (listed.waiting, listed.given, listed.sends) == (751, 1250, False)


def test_each_step_has_its_credit_note(till, world):
    b, refund = mixed(till)
    settle(world.store_id)
    [(amount, refunds)] = notes(world, b)
    assert (amount, [(one["amount"], one["methods"]) for one in refunds]) == (1250, [(1250, ["card"])])
    world.set_clock(world.now + hours(1))
    execute_refund(world.store_id, MERCHANT, refund)
    assert [one[0] for one in notes(world, b)] == [1250, 751]
    assert [(one["amount"], one["methods"]) for one in notes(world, b)[1][1]] == [(1250, ["card"]), (751, ["cash"])]
    kept = world.sql("select (facts->>'kept')::int from documents where booking_id = %s and kind = 'credit_note' order by number", b.id)
    assert kept == [(2000,), (0,)], "what is kept is told once"
    assert (world.read(b.ref).refunded, world.read(b.ref).owed) == (2001, 0) and len(till.refunds()) == 1


def test_what_is_promised_first_names_each_way_with_its_amount(till, world):
    service = world.add_service("Mixed", policy=HALF)
    b = world.book(at(10, 15), service=service, staff=world.elena, paid=1501, method="cash")
    till.take(b, 2500)
    with reading(world.store_id) as tx:
        quote = facts.quote_cancellation(tx, world.read(b.ref))
    assert W.refund(quote.facts(), "Harbor Massage") == (
        "You'll be refunded $12.50 to the card you paid with. Harbor Massage will refund you $7.51 directly. $20 is kept per our policy.")


def test_a_card_nobody_can_reach_is_not_promised(world, bank):
    """R21, R23: the shop has no account at the provider; it gives the money back by itself."""
    b = world.book(at(10, 15), paid=2500)
    with reading(world.store_id) as tx:
        quote = facts.quote_cancellation(tx, b)
    assert W.refund(quote.facts(), "Harbor Massage") == "Harbor Massage will refund you $25 directly."


def test_while_the_card_part_is_on_its_way_the_rest_waits_for_the_shop(till, world, bank):
    service = world.add_service("Mixed", policy=HALF)
    b = world.book(at(10, 15), service=service, staff=world.elena, paid=1501, method="cash")
    till.take(b, 2500, "pm_card_pendingRefund")
    cancel_booking(world.store_id, MERCHANT, b.ref)
    settle(world.store_id)
    refund = world.sql("select id from refunds")[0][0]
    assert parts(world, refund) == [("card", 1250, "pending", False), ("cash", 751, "owed", False)]
    assert "You'll be refunded $12.50 to the card you paid with. Harbor Massage will refund you $7.51 directly." in page(world, b)
    with pytest.raises(Refused, match="not_allowed"):
        execute_refund(world.store_id, MERCHANT, refund)
    assert execute_refund(world.store_id, MERCHANT, refund, by_hand=True).facts["state"] == "pending"
    assert parts(world, refund) == [("card", 1250, "pending", False), ("cash", 751, "succeeded", True)]
    assert (world.read(b.ref).refunded, world.read(b.ref).owed) == (751, 1250)


def test_the_reminder_names_what_is_left(till, world):
    mixed(till)
    settle(world.store_id)
    world.set_clock(world.now + hours(73))
    remind_of_refunds(world.store_id, SYSTEM)
    assert [one["amount"] for one in world.outbox("merchant_refunds_owed")[0].payload["owed"]] == [751]


class TestByHand:
    """R23: a refund the card keeps refusing is closed by hand, audited, and never sent again."""

    def failing(self, till, world):
        b, refund = mixed(till, {"cancel": {"notice": "PT0S"}})
        settle(world.store_id)
        intent, reference = world.sql("select id, provider_ref from refund_intents")[0]
        made = till.refunds()[0]
        till.bank.state.save(till.account, made | {"status": "failed"})
        till.bank.state.save(till.account, till.bank.all("charge")[0] | {"amount_refunded": 0, "refunded": False})
        record_refund(world.store_id, SYSTEM, intent, Said("failed", reference, 2500, error="expired_or_canceled_card"))
        return b, refund

    def test_card_and_cash_are_given_by_hand(self, till, world):
        b, refund = self.failing(till, world)
        assert row(world, refund) == ("owed", 4001, 0) and (world.read(b.ref).refunded, world.read(b.ref).owed) == (0, 4001)
        assert execute_refund(world.store_id, MERCHANT, refund, by_hand=True).facts["state"] == "succeeded"
        assert {part[2:] for part in parts(world, refund)} == {("succeeded", True)} and world.read(b.ref).refunded == 4001
        [(before, after, amount, hand)] = world.sql("select before->>'state', after->>'state', (facts->>'amount')::int, (facts->>'by_hand')::bool"
                                                    " from audit_entries where action = 'execute_refund'")
        assert (before, after, amount, hand) == ("owed", "succeeded", 4001, True)
        with pytest.raises(Refused, match="not_allowed"):
            execute_refund(world.store_id, MERCHANT, refund)
        run(world)
        assert till.refunds() == []
        assert "Harbor Massage has refunded $40.01 to you directly." in told(world)[0]

    def test_the_credit_note_of_the_failed_try_is_not_written_twice(self, till, world):
        """The card's note is not the customer's while nothing has come back; what was given by hand for it needs no second one."""
        b, refund = self.failing(till, world)
        assert [one[0] for one in notes(world, b)] == [2500] and self.listed(world, b) == ["receipt"] * 2
        execute_refund(world.store_id, MERCHANT, refund, by_hand=True)
        assert [one[0] for one in notes(world, b)] == [2500, 1501] and self.listed(world, b) == ["receipt"] * 2 + ["credit_note"] * 2

    def listed(self, world, b):
        """The customer's documents, the same on the page and in the account's API; the newest is the one shown without a number."""
        with reading(world.store_id) as tx:
            shown = [one.kind for one in trail_of(tx, world.read(b.ref))[1]]
            newest = find(tx, b.id)
            assert shown == [one.kind for one in standing(tx, b.id)] and newest is not None and newest.kind == shown[-1]
        return shown

    def test_before_the_worker_gets_to_it_nothing_is_sent(self, till, world):
        _, refund = mixed(till, {"cancel": {"notice": "PT0S"}})
        execute_refund(world.store_id, MERCHANT, refund, by_hand=True)
        settle(world.store_id)
        assert till.refunds() == [] and row(world, refund) == ("succeeded", 4001, 4001)

    def test_the_database_refuses_to_send_what_was_given_by_hand(self, till, world):
        _, refund = mixed(till, {"cancel": {"notice": "PT0S"}})
        execute_refund(world.store_id, MERCHANT, refund, by_hand=True)
        line, payment = world.sql("select l.id, l.payment_id from refund_lines l join payments p on p.id = l.payment_id where p.method = 'card'")[0]
        with pytest.raises(Exception, match="given by hand"), transaction(world.store_id, SYSTEM) as tx:
            tx.db.exec_driver_sql("insert into refund_intents (store_id, id, refund_id, line_id, payment_id, account_id, attempt, amount, created_at)"
                                  " values (%s, 1, %s, %s, %s, %s, 1, 1, now())", (world.store_id, refund, line, payment, till.account_id))

    def test_what_is_on_its_way_cannot_be_given_too(self, till, world):
        b = world.book(at(10, 15), service=world.add_service("Paid", policy={"cancel": {"notice": "PT0S"}}), staff=world.elena)
        till.take(b, 2500, "pm_card_pendingRefund")
        cancel_booking(world.store_id, MERCHANT, b.ref, refund="full")
        settle(world.store_id)
        with pytest.raises(Refused, match="not_allowed") as refused:
            execute_refund(world.store_id, MERCHANT, world.sql("select id from refunds")[0][0], by_hand=True)
        assert refused.value.facts["state"] == "pending"


class TestTold:
    """A40: who was owed it hears when it is carried out, once, and with the way."""

    def test_an_owed_card_refund(self, till, world):
        b, refund = mixed(till, MANUAL, cash=1)
        assert told(world) == []
        execute_refund(world.store_id, MERCHANT, refund)
        assert told(world) == []
        settle(world.store_id)
        [text] = told(world)
        assert "$25 was refunded to the card you paid with. Your bank may take some days to show it." in text and "You're still owed $0.01." in text
        execute_refund(world.store_id, MERCHANT, refund)
        assert len(told(world)) == 2 and "has refunded $0.01 to you directly" in told(world)[1]

    def test_cash_handed_over(self, world, bank):
        b = world.book(at(10, 15), paid=2500, method="cash")
        refund_booking(world.store_id, MERCHANT, b.ref, amount=1000)
        execute_refund(world.store_id, MERCHANT, world.sql("select id from refunds")[0][0])
        [text] = told(world)
        assert "Harbor Massage has refunded $10 to you directly." in text and "still owed" not in text

    def test_an_automatic_refund_was_told_of_when_it_was_decided(self, till, world):
        b = world.book(at(10, 15), service=world.add_service("Paid", policy={"cancel": {"notice": "PT0S"}}), staff=world.elena)
        till.take(b, 2500)
        cancel_booking(world.store_id, MERCHANT, b.ref, refund="full")
        settle(world.store_id)
        assert world.read(b.ref).refunded == 2500 and told(world) == []


class TestReleaseBefore:
    """It writes the state of a whole refund and knows no parts (I71)."""

    def write(self, world, refund, state):
        with transaction(world.store_id, SYSTEM) as tx:
            tx.db.exec_driver_sql("update refunds set state = %s, settled_at = case when %s = 'succeeded' then opencals_now() end where id = %s",
                                  (state, state, refund))

    def test_done_is_done_in_every_part(self, till, world):
        b, refund = mixed(till)
        self.write(world, refund, "succeeded")
        assert {part[2] for part in parts(world, refund)} == {"succeeded"} and (world.read(b.ref).refunded, world.read(b.ref).owed) == (2001, 0)

    def test_what_the_provider_did_stays_with_its_part(self, till, world):
        b, refund = mixed(till)
        settle(world.store_id)
        for state in ("pending", "owed", "failed"):
            self.write(world, refund, state)
            assert parts(world, refund)[0] == ("card", 1250, "succeeded", False) and (world.read(b.ref).refunded, world.read(b.ref).owed) == (1250, 751)
        assert parts(world, refund)[1][2] == "failed"

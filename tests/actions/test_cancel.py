"""Cancelling: windows, the quote that binds, one refund, one mail (R10, R19, R20, R27, A32-A36)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bench.money import MOST_STATEMENTS
from bench.pages import counted
from booking import facts, quotes
from booking.actions.cancel_booking import LONGEST_REASON, cancel_booking
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from booking.rules.decision import Refused
from messages.render import render_mail
from models.session import reading
from tests.actions.test_reschedule import move, race, refused
from tests.support.world import MERCHANT, World, at, hours

ALWAYS = {"notice": "PT0S"}
TWO_DAYS = {"cancel": ALWAYS | {"tiers": [{"at_least": "PT48H", "outcome": "full"}, {"outcome": "forfeit"}]}}


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def quoted(world, b, seats=None) -> str:
    """The signed quote of the cancel page, as it is now."""
    with reading(world.store_id) as tx:
        return quotes.sign(facts.quote_cancellation(tx, b, seats=seats), b, seats or b.seats)


def outcome(world, b):
    with reading(world.store_id) as tx:
        return facts.quote_cancellation(tx, b)


def cancel(world, b, **more):
    """The customer sees the outcome and confirms it."""
    quote = more.pop("quote", None) or quoted(world, b, more.get("seats"))
    return cancel_booking(world.store_id, world.customer(b), b.ref, quote=quote, **more)


def with_policy(world, policy, when, *, paid=2500, **more):
    service = world.add_service("By policy", policy=policy)
    return world.book(when, service=service, staff=world.elena, paid=paid, **more)


def refunds(world, b):
    return world.sql("select cause, outcome, state, mode, amount, kept, fee from refunds where booking_id = %s", b.id)


def test_the_booking_is_cancelled_and_the_money_owed_in_one_step(world):
    b = world.book(at(10, 15), paid=2500)
    done = cancel(world, b, reason="  I am away \n")
    gone = done.booking
    assert (gone.status, gone.version, gone.cancelled_by, gone.cancel_reason, gone.closed_at) == (
        "cancelled", 2, "customer", "I am away", world.now)
    assert (gone.paid, gone.owed, gone.refunded) == (2500, 2500, 0)
    assert (done.refund.outcome, done.refund.amount, done.refund.kept) == ("full", 2500, 0)
    assert refunds(world, b) == [("cancellation", "full", "owed", "automatic", 2500, 0, 0)]
    assert len(world.outbox("execute_refund", channel="stripe")) == 1


def test_the_time_is_free_again(world):
    b = world.book(at(10, 15))
    refused("slot_taken", world.book, at(10, 15), email="bea@example.com")
    cancel(world, b)
    assert world.book(at(10, 15), email="bea@example.com").status == "confirmed"


def test_everyone_concerned_is_told_once(world):
    cancel(world, world.book(at(10, 15), paid=2500))
    told = world.outbox("booking_cancelled", "merchant_booking_cancelled")
    assert sorted((row.topic, row.recipient) for row in told) == [
        ("booking_cancelled", "ada@example.com"), ("merchant_booking_cancelled", "elena@example.com"),
        ("merchant_booking_cancelled", "shop@example.com")]
    assert len(world.outbox("booking_cancelled", channel="sms")) == 1
    assert {(row.payload["refund"] or {}).get("amount") for row in told if row.topic == "booking_cancelled"} == {2500}


def test_the_shop_can_cancel_without_a_mail_to_the_customer(world):
    b = world.book(at(10, 15))
    cancel_booking(world.store_id, MERCHANT, b.ref, notify=False)
    assert [row.recipient for row in world.outbox("booking_cancelled", "merchant_booking_cancelled")] == ["elena@example.com"]


def test_one_audit_entry_with_the_outcome_and_no_words_of_the_customer(world):
    b = world.book(at(10, 15), paid=2500)
    cancel(world, b, reason="private trouble")
    rows = world.sql("select actor_kind, before->>'status', after->>'status', facts->'quote'->>'amount', facts::text from audit_entries"
                     " where booking_id = %s and action = 'cancel_booking'", b.id)
    assert [row[:4] for row in rows] == [("customer", "confirmed", "cancelled", "2500")]
    assert "private" not in rows[0][4] and '"reason_given": true' in rows[0][4]


def test_the_shop_reads_why_and_nobody_else(world):
    """A145, A158: the note of whoever cancels is in the mail to the shop, as the reason for a move is."""
    cancel(world, world.book(at(10, 15)), reason="  My child\nis ill ")
    told = {row.recipient: row for row in world.outbox("booking_cancelled", "merchant_booking_cancelled")}
    mail = render_mail("merchant_booking_cancelled", told["shop@example.com"].payload, "opencals.com")
    assert "Reason given: My child is ill" in mail.text and "My child is ill" in mail.html
    assert all("child" not in str(row.payload) for recipient, row in told.items() if recipient != "shop@example.com")
    cancel(world, world.book(at(11, 15)))
    [*_, mute] = [row for row in world.outbox("merchant_booking_cancelled") if row.recipient == "shop@example.com"]
    assert "Reason" not in render_mail(mute.topic, mute.payload, "opencals.com").text


def test_a_long_reason_is_cut(world):
    b = world.book(at(10, 15))
    assert len(cancel(world, b, reason="x" * 900).booking.cancel_reason) == LONGEST_REASON


class TestWindow:
    """R10, R19: the hard stop."""

    def test_allowed_exactly_24_hours_before_and_not_a_microsecond_later(self, world):
        b, late = world.book(at(10, 15)), world.book(at(10, 17), email="bea@example.com")
        world.set_clock(at(10, 15) - hours(24))
        assert cancel(world, b).booking.status == "cancelled"
        world.set_clock(at(10, 17) - hours(24) + timedelta(microseconds=1))
        no = refused("too_late", cancel, world, late)
        assert (no.facts["deadline"], no.facts["notice_hours"]) == (at(10, 17) - hours(24), "24")
        assert world.read(late.ref).status == "confirmed"
        assert refunds(world, late) == []

    def test_with_notice_zero_until_the_start_and_not_at_it(self, world):
        b = with_policy(world, TWO_DAYS, at(10, 15))
        world.set_clock(at(10, 15))
        assert refused("too_late", cancel, world, b).facts["started"]
        world.set_clock(at(10, 15) - timedelta(microseconds=1))
        assert cancel(world, b).booking.status == "cancelled"

    def test_a_late_customer_hears_that_moving_is_still_possible(self, world):
        b = with_policy(world, {"reschedule": {"notice": "PT2H"}}, at(10, 15))
        world.set_clock(at(10, 12))
        assert refused("too_late", cancel, world, b).facts["still_possible"] == "reschedule"

    def test_the_shop_needs_an_override_after_it(self, world):
        b = world.book(at(2, 15), paid=2500)
        world.set_clock(at(2, 12))
        refused("too_late", cancel_booking, world.store_id, MERCHANT, b.ref)
        done = cancel_booking(world.store_id, MERCHANT, b.ref, override=True)
        assert (done.booking.cancelled_by, done.refund.amount) == ("store", 0)

    def test_a_switch_turned_off_acts_at_once(self, world):
        b = world.book(at(10, 15))
        quote = quoted(world, b)
        update_service(world.store_id, MERCHANT, world.service, cancel="off")
        refused("not_allowed", cancel, world, b, quote=quote)


class TestExamples:
    """A32-A36 on both sides of their edges."""

    def test_a32_a_massage_moves_up_to_two_hours_before(self, world):
        b = with_policy(world, {"reschedule": {"notice": "PT2H"}}, at(10, 15))
        world.set_clock(at(10, 13) + timedelta(microseconds=1))
        refused("too_late", move, world, b, at(12, 15))
        world.set_clock(at(10, 13))
        assert move(world, b, at(12, 15)).starts_at == at(12, 15)

    def test_a33_a_consultation_moves_up_to_a_day_before(self, world):
        b = with_policy(world, {"reschedule": {"notice": "PT24H"}}, at(10, 15))
        world.set_clock(at(9, 15) + timedelta(microseconds=1))
        refused("too_late", move, world, b, at(12, 15))
        world.set_clock(at(9, 15))
        assert move(world, b, at(12, 15)).starts_at == at(12, 15)

    def test_a34_the_two_windows_are_separate(self, world):
        b = with_policy(world, {"reschedule": {"notice": "PT2H"}, "cancel": {"notice": "PT72H"}}, at(10, 15))
        world.set_clock(at(10, 12))
        refused("too_late", cancel, world, b)
        moved = move(world, b, at(20, 15))
        assert cancel(world, moved).booking.status == "cancelled"

    def test_a35_a_class_is_free_until_the_same_wall_time_seven_days_before(self, world):
        """New York changes its clocks on March 14: 11:00 summer time on the 20th, seven days before is 11:00 winter time (R11)."""
        policy = {"cancel": ALWAYS | {"tiers": [{"at_least": "P7D", "outcome": "full"}, {"outcome": "forfeit"}]}}
        free, late = with_policy(world, policy, at(20, 15)), with_policy(world, policy, at(20, 17), email="bea@example.com")
        world.set_clock(at(13, 16))
        assert cancel(world, free).refund.amount == 2500
        world.set_clock(at(13, 18) + timedelta(microseconds=1))
        kept = cancel(world, late)
        assert (kept.booking.status, kept.refund.outcome, kept.refund.amount, kept.refund.kept) == ("cancelled", "forfeit", 0, 2500)

    def test_a36_a_training_can_be_cancelled_within_48_hours_without_money_back(self, world):
        early, late = with_policy(world, TWO_DAYS, at(10, 15)), with_policy(world, TWO_DAYS, at(10, 17), email="bea@example.com")
        world.set_clock(at(8, 15))
        assert cancel(world, early).refund.amount == 2500
        world.set_clock(at(10, 16, 59))
        assert cancel(world, late).refund.amount == 0
        assert refunds(world, late) == [("cancellation", "forfeit", "none", "automatic", 0, 2500, 0)]


class TestQuote:
    """R27: what was shown is what happens."""

    def test_a_customer_without_a_quote_changes_nothing(self, world):
        b = world.book(at(10, 15), paid=2500)
        refused("invalid", cancel_booking, world.store_id, world.customer(b), b.ref)
        assert (world.read(b.ref).status, world.read(b.ref).version) == ("confirmed", 1)

    def test_no_changed_letter_gets_through(self, world):
        b = world.book(at(10, 15), paid=2500)
        text = quoted(world, b)
        for n in range(len(text) - 1):
            with pytest.raises(Refused) as caught:
                quotes.read(text[:n] + ("A" if text[n] != "A" else "B") + text[n + 1:], b, 1)
            assert caught.value.code == "invalid"
        refused("invalid", cancel, world, b, quote=text[:-9] + "AAAAAAAAA")
        assert world.read(b.ref).status == "confirmed"

    def test_the_quote_of_another_booking_or_of_fewer_seats_is_refused(self, world):
        b, other = world.book(at(10, 15), paid=2500), world.book(at(10, 17), email="bea@example.com")
        refused("invalid", cancel, world, b, quote=quoted(world, other))
        service = world.add_service("Class", capacity=5, staff=[world.elena])
        world.session(service, at(12, 15), 5)
        party = world.book(at(12, 15), service=service, seats=3, paid=3000)
        refused("invalid", cancel, world, party, quote=quoted(world, party, 1))
        refused("invalid", cancel, world, party, quote=quoted(world, party), seats=1)

    def test_the_quote_of_an_older_version_is_stale(self, world):
        b = world.book(at(10, 15), paid=2500)
        text = quoted(world, b)
        reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(11, 15))
        refused("stale", cancel, world, b, quote=text)
        assert world.read(b.ref).status == "confirmed"

    def test_a_worse_outcome_comes_back_for_a_fresh_decision(self, world):
        b = with_policy(world, TWO_DAYS, at(10, 15))
        world.set_clock(at(8, 15))
        seen = quoted(world, b)
        world.set_clock(at(8, 15) + timedelta(microseconds=1))
        no = refused("quote_changed", cancel, world, b, quote=seen)
        assert (no.facts["quote"].outcome, no.facts["quote"].amount) == ("forfeit", 0)
        assert (world.read(b.ref).status, refunds(world, b), world.outbox("booking_cancelled")) == ("confirmed", [], [])
        assert cancel(world, b).refund.amount == 0

    def test_credit_where_money_was_shown_is_worse(self, world):
        b = with_policy(world, {"cancel": ALWAYS | {"tiers": [{"at_least": "PT48H", "outcome": "full"}, {"outcome": "credit"}]}}, at(10, 15))
        seen = quoted(world, b)
        world.set_clock(at(9, 15))
        assert refused("quote_changed", cancel, world, b, quote=seen).facts["quote"].outcome == "credit"

    def test_a_better_outcome_is_applied(self, world):
        b = with_policy(world, TWO_DAYS, at(10, 15))
        world.set_clock(at(9, 15))
        seen = quoted(world, b)
        update_service(world.store_id, MERCHANT, b.service_id, policy={"cancel": ALWAYS | {"tiers": [{"outcome": "full"}]}})
        done = cancel(world, b, quote=seen)
        assert (done.refund.outcome, done.booking.owed) == ("full", 2500)

    def test_money_given_back_meanwhile_is_not_given_twice(self, world):
        from booking.actions.refund_booking import refund_booking

        b = world.book(at(10, 15), paid=2500)
        seen = quoted(world, b)
        refund_booking(world.store_id, MERCHANT, b.ref, amount=1000)
        assert refused("quote_changed", cancel, world, b, quote=seen).facts["quote"].amount == 1500
        assert cancel(world, world.read(b.ref)).booking.owed == 2500


class TestTwice:
    """I2: one cancellation, one refund."""

    def test_the_second_cancel_changes_nothing(self, world):
        b = world.book(at(10, 15), paid=2500)
        seen = quoted(world, b)
        cancel(world, b, quote=seen)
        refused("closed", cancel, world, b, quote=seen)
        refused("closed", cancel_booking, world.store_id, MERCHANT, b.ref, override=True, refund="full")
        assert len(refunds(world, b)) == 1

    def test_ten_at_once_make_one_refund_and_one_mail(self, world):
        b = world.book(at(10, 15), paid=2500)
        seen = quoted(world, b)
        jobs = [lambda: cancel(world, b, quote=seen)] * 7 + [lambda: cancel_booking(world.store_id, MERCHANT, b.ref, override=True)] * 3
        assert race(world, jobs) == ["closed"] * 9 + ["ok"]
        assert [row[4] for row in refunds(world, b)] == [2500]
        assert len(world.outbox("execute_refund", channel="stripe")) == 1
        assert len(world.outbox("booking_cancelled")) == 1
        assert world.read(b.ref).owed == 2500

    def test_a_cancel_and_a_move_at_once_leave_one_of_them(self, world):
        b = world.book(at(10, 15), paid=2500)
        seen = quoted(world, b)
        outcomes = race(world, [lambda: cancel(world, b, quote=seen), lambda: move(world, b, at(12, 15), version=b.version)])
        assert outcomes in (["ok", "stale"], ["closed", "ok"])
        status = world.read(b.ref).status
        assert len(refunds(world, b)) == (1 if status == "cancelled" else 0)


def test_an_unknown_reference_is_not_found(world):
    refused("not_found", cancel_booking, world.store_id, MERCHANT, "0" * 12)
    other = World(world.owner_url)
    refused("not_found", cancel_booking, other.store_id, MERCHANT, world.book(at(10, 15)).ref)


def test_a_cancellation_with_its_refund_keeps_to_its_statements(world):
    """What a commit with quote, audit and outbox costs is mostly its round trips (the bench prints its CPU against a bare page)."""
    first, second = world.book(at(10, 15), paid=2500), world.book(at(11, 15), paid=2500)
    cancel_booking(world.store_id, MERCHANT, first.ref, refund="policy")
    with counted() as sent:
        cancel_booking(world.store_id, MERCHANT, second.ref, refund="policy")
    assert len(sent) <= MOST_STATEMENTS, sent

"""The states of a booking: the shop's yes and no, marks of the day, withdrawn requests (R17, R28, R29, I9)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.decline_booking import decline_booking, expire_approvals
from booking.actions.mark_booking import arrive_booking, complete_booking, no_show_booking, ready_booking
from models.actor import SYSTEM, Actor
from tests.actions.test_cancel import cancel, quoted, refunds, with_policy
from tests.actions.test_reschedule import MANUAL, move, race, refused
from tests.support.world import MERCHANT, World, at

GUEST = Actor("customer", "account", None)
VERBS = {"approve": approve_booking, "decline": decline_booking, "arrive": arrive_booking, "ready": ready_booking,
         "complete": complete_booking, "no_show": no_show_booking, "cancel": cancel_booking}


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def request_(world):
    """A request with $25 paid, for March 10."""
    return with_policy(world, MANUAL, at(10, 15), by=GUEST)


def do(world, verb, b, **more):
    more |= {"override": True} if verb == "no_show" else {}  # before the start nobody has missed anything
    return VERBS[verb](world.store_id, MERCHANT, b.ref, **more).booking


class TestRequest:
    def test_yes_confirms_it(self, world, request_):
        b = do(world, "approve", request_)
        assert (b.status, b.never_approved, b.approval_deadline, b.version) == ("confirmed", False, None, 2)
        assert sorted((row.topic, row.recipient) for row in world.outbox("approval_given", "merchant_booking_created")) == [
            ("approval_given", "ada@example.com"), ("merchant_booking_created", "elena@example.com")]
        assert world.sql("select count(*) from audit_entries where action = 'approve_booking'") == [(1,)]

    def test_no_ends_it_and_everything_paid_comes_back(self, world, request_):
        done = decline_booking(world.store_id, MERCHANT, request_.ref, reason="We are closed")
        b = done.booking
        assert (b.status, b.cancelled_by, b.cancel_reason, b.owed, done.refund.outcome) == ("declined", "store", "We are closed", 2500, "full")
        assert world.outbox("approval_refused")[0].payload["because"] == "declined"
        assert world.book(at(10, 15), email="bea@example.com").status == "confirmed"

    def test_silence_ends_it_exactly_at_the_deadline(self, world, request_):
        world.set_clock(request_.approval_deadline - timedelta(microseconds=1))
        assert expire_approvals(world.store_id, SYSTEM).bookings == ()
        world.set_clock(request_.approval_deadline)
        assert [(b.ref, b.status, b.owed, b.cancelled_by) for b in expire_approvals(world.store_id, SYSTEM).bookings] == [
            (request_.ref, "expired", 2500, "system")]
        assert world.outbox("approval_refused")[0].payload["because"] == "deadline"
        assert expire_approvals(world.store_id, SYSTEM).bookings == ()

    def test_two_requests_cannot_wait_for_one_time(self, world, request_):
        refused("slot_taken", with_policy, world, MANUAL, at(10, 15), by=GUEST, email="bea@example.com")

    def test_yes_no_and_withdrawal_at_once_make_one_decision(self, world, request_):
        seen = quoted(world, request_)
        outcomes = race(world, [lambda: do(world, "approve", request_, version=1), lambda: do(world, "decline", request_, version=1),
                                lambda: cancel(world, request_, quote=seen, version=1)])
        assert outcomes == ["ok", "stale", "stale"]
        b = world.read(request_.ref)
        assert (b.version, b.owed, len(refunds(world, b))) == ((2, 0, 0) if b.status == "confirmed" else (2, 2500, 1))

    def test_sweeps_at_once_end_each_request_once(self, world, request_):
        world.set_clock(request_.approval_deadline)
        ended = []
        race(world, [lambda: ended.extend(expire_approvals(world.store_id, SYSTEM).bookings)] * 4)
        assert [b.ref for b in ended] == [request_.ref]
        assert len(refunds(world, request_)) == 1



class TestWithdraw:
    """R29: a request never approved can be taken back until the start, for all of the money."""

    def request(self, world):
        policy = {"approval": "manual", "cancel": {"allowed": False, "notice": "P7D", "tiers": [{"outcome": "forfeit"}], "fee": {"amount": 500}}}
        b = with_policy(world, policy, at(10, 15), by=Actor("customer", "account", None))
        assert (b.status, b.never_approved) == ("pending", True)
        return b

    def test_until_a_moment_before_the_start(self, world):
        b = self.request(world)
        world.set_clock(at(10, 15) - timedelta(microseconds=1))
        done = cancel(world, b)
        assert (done.booking.status, done.refund.amount, done.refund.fee) == ("cancelled", 2500, 0)

    def test_not_after_the_start(self, world):
        b = self.request(world)
        world.set_clock(at(10, 15))
        refused("too_late", cancel, world, b)

    def test_once_approved_the_policy_counts(self, world):
        b = approve_booking(world.store_id, MERCHANT, self.request(world).ref).booking
        refused("not_allowed", cancel, world, b)

    def test_cancelling_while_a_move_waits_frees_both_times(self, world):
        b = with_policy(world, {"approval": "reschedule_only"}, at(10, 15))
        pending = move(world, b, at(11, 15))
        assert pending.status == "pending"
        gone = cancel(world, pending).booking
        assert (gone.status, gone.held, gone.approval_deadline) == ("cancelled", None, None)
        for day in (10, 11):
            world.book(at(day, 15), email="bea@example.com")

class TestTransitions:
    """Every state by the shop's own verbs: what leads on, and the refusal for all that does not."""

    ROADS = {
        "pending": (), "confirmed": ("approve",), "arrived": ("approve", "arrive"), "ready_to_start": ("approve", "ready"),
        "completed": ("approve", "complete"), "no_show": ("approve", "no_show"), "cancelled": ("approve", "cancel"), "declined": ("decline",)}
    NEXT = {
        ("pending", "approve"): "confirmed", ("pending", "decline"): "declined", ("pending", "cancel"): "cancelled",
        ("confirmed", "arrive"): "arrived", ("confirmed", "ready"): "ready_to_start", ("confirmed", "complete"): "completed",
        ("confirmed", "no_show"): "no_show", ("confirmed", "cancel"): "cancelled",
        ("arrived", "ready"): "ready_to_start", ("arrived", "complete"): "completed", ("arrived", "no_show"): "no_show",
        ("arrived", "cancel"): "cancelled",
        ("ready_to_start", "complete"): "completed", ("ready_to_start", "no_show"): "no_show", ("ready_to_start", "cancel"): "cancelled"}
    CLOSED = ("completed", "no_show", "cancelled", "declined")

    @pytest.mark.parametrize("state", ROADS)
    def test_from_this_state(self, world, state):
        for hour, verb in zip(range(14, 21), VERBS, strict=True):
            b = with_policy(world, MANUAL, at(10, hour), by=GUEST)
            for step in self.ROADS[state]:
                b = do(world, step, b)
            assert b.status == state
            more = {"override": True} if verb == "cancel" else {}
            if (state, verb) in self.NEXT:
                after = do(world, verb, b, **more)
                assert (after.status, after.version, after.closed_at is None) == (
                    self.NEXT[state, verb], b.version + 1, self.NEXT[state, verb] not in self.CLOSED)
            else:
                no = refused("closed" if state in self.CLOSED else "not_allowed", do, world, verb, b, **more)
                assert no.facts["state"] == state
                assert world.read(b.ref).version == b.version
            if world.read(b.ref).holding:
                do(world, "cancel", b, override=True)

    def test_a_mark_on_a_stale_page_changes_nothing(self, world):
        b = world.book(at(10, 15))
        do(world, "arrive", b)
        assert refused("stale", do, world, "no_show", b, version=b.version).facts["state"] == "arrived"
        assert world.read(b.ref).status == "arrived"

    def test_each_mark_is_on_record_once(self, world):
        b = world.book(at(10, 15))
        for verb in ("arrive", "ready", "complete"):
            do(world, verb, b)
        assert world.sql("select action, before->>'status', after->>'status' from audit_entries where booking_id = %s order by id offset 1", b.id) == [
            ("arrive_booking", "confirmed", "arrived"), ("ready_booking", "arrived", "ready_to_start"),
            ("complete_booking", "ready_to_start", "completed")]

    def test_arrival_and_cancellation_at_once_leave_one_of_them(self, world):
        b = world.book(at(10, 15), paid=2500)
        seen = quoted(world, b)
        outcomes = race(world, [lambda: do(world, "arrive", b), lambda: cancel(world, b, quote=seen)])
        status = world.read(b.ref).status
        assert outcomes == (["checked_in", "ok"] if status == "arrived" else ["closed", "ok"])
        assert len(refunds(world, b)) == (0 if status == "arrived" else 1)


@pytest.mark.parametrize("marks", [("arrive",), ("ready",), ("arrive", "ready")])
def test_checked_in_customers_neither_move_nor_cancel_even_without_notice(world, marks):
    """R28: the link still works, changes are for the counter."""
    b = with_policy(world, {"reschedule": {"notice": "PT0S"}, "cancel": {"notice": "PT0S"}}, at(10, 15))
    seen = quoted(world, b)
    for verb in marks:
        do(world, verb, b)
    refused("checked_in", cancel, world, b, quote=seen)
    refused("checked_in", move, world, b, at(11, 15))
    refused("checked_in", cancel_booking, world.store_id, MERCHANT, b.ref)
    assert do(world, "cancel", b, override=True, refund="full").owed == 2500


def test_a_no_show_keeps_the_money_and_frees_the_time(world):
    b = do(world, "no_show", world.book(at(10, 15), paid=2500))
    assert (b.owed, b.refunded, refunds(world, b)) == (0, 0, [])
    assert world.book(at(10, 15), email="bea@example.com").status == "confirmed"

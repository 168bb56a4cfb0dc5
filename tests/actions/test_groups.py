"""Parties of a class date: seats dropped, the date cancelled, others left alone (R25, R30)."""

from __future__ import annotations

import pytest

from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.cancel_session import cancel_session
from booking.actions.decline_booking import decline_booking
from booking.actions.make_offers import Proposal, make_offers
from booking.actions.refund_booking import refund_booking
from messages import render_mail
from models.actor import Actor
from tests.actions.test_cancel import cancel, refunds
from tests.actions.test_reschedule import move, race, refused
from tests.support.world import MERCHANT, World, at


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def yoga(world) -> int:
    return world.add_service("Yoga", capacity=10, price=1000, staff=[world.elena])


@pytest.fixture
def date(world, yoga) -> int:
    return world.session(yoga, at(10, 15), 6)


def party(world, yoga, name, *, seats=1, paid=0, when=at(10, 15), **more):
    return world.book(when, service=yoga, email=f"{name}@example.com", seats=seats, paid=paid, **more)


def taken(world, session_id):
    return world.sql("select seats_taken from sessions where id = %s", session_id)[0][0]


class TestSeats:
    def test_some_seats_are_dropped_with_their_part_of_the_money(self, world, yoga, date):
        b = party(world, yoga, "ada", seats=3, paid=2500)
        done = cancel(world, b, seats=1)
        assert (done.booking.status, done.booking.seats, done.booking.price, done.booking.version) == ("confirmed", 2, 2000, 2)
        assert (done.refund.amount, done.refund.kept, done.booking.owed) == (833, 0, 833)
        assert taken(world, date) == 2
        assert refunds(world, b) == [("seats", "full", "owed", "automatic", 833, 0, 0)]

    def test_dropping_one_by_one_gives_back_the_whole_and_no_more(self, world, yoga, date):
        b = party(world, yoga, "ada", seats=3, paid=2500)
        amounts = []
        for _ in range(3):
            amounts.append(cancel(world, world.read(b.ref), seats=1).refund.amount)
        gone = world.read(b.ref)
        assert (sum(amounts), gone.status, gone.owed, taken(world, date)) == (2500, "cancelled", 2500, 0)
        assert [row[0] for row in refunds(world, b)] == ["seats", "seats", "cancellation"]

    HALF = {"cancel": {"notice": "PT0S", "tiers": [{"outcome": "partial", "percent": 50}]}}
    LOST = {"cancel": {"notice": "PT0S", "tiers": [{"outcome": "forfeit"}]}}

    def of_policy(self, world, policy, paid):
        service = world.add_service("Class", capacity=10, price=2500, staff=[world.elena], policy=policy)
        world.session(service, at(10, 15), 6)
        return party(world, service, "ada", seats=4, paid=paid)

    def test_seat_by_seat_gives_no_more_than_all_at_once(self, world):
        b = self.of_policy(world, self.HALF, 10_000)
        amounts = [cancel(world, world.read(b.ref), seats=1).refund.amount for _ in range(4)]
        assert (amounts, world.read(b.ref).owed) == ([1250] * 4, 5000)

    def test_what_was_forfeited_is_not_given_back_with_the_last_seat(self, world):
        b = self.of_policy(world, self.LOST, 10_000)
        assert cancel(world, b, seats=3).refund.kept == 7500
        assert cancel_booking(world.store_id, MERCHANT, b.ref, refund="full").refund.amount == 2500

    def test_goodwill_for_seats_that_left_takes_nothing_from_the_others(self, world):
        b = self.of_policy(world, self.HALF, 10_000)
        cancel(world, b, seats=2)
        refund_booking(world.store_id, MERCHANT, b.ref, amount=2500)
        assert cancel_booking(world.store_id, MERCHANT, b.ref, refund="full").refund.amount == 5000

    def test_the_party_is_told_how_many_are_left_and_nobody_else_is(self, world, yoga, date):
        b, other = party(world, yoga, "ada", seats=3), party(world, yoga, "bea")
        cancel(world, b, seats=2)
        assert [(row.recipient, row.payload["booking"]["seats"]) for row in world.outbox("booking_cancelled")] == [("ada@example.com", 1)]
        cancel(world, other)
        assert [row.recipient for row in world.outbox("booking_cancelled")] == ["ada@example.com", "bea@example.com"]
        assert world.sql("select action from audit_entries where booking_id = %s order by id", b.id) == [("create_booking",), ("drop_seats",)]

    def test_the_shops_full_is_the_part_of_the_seats(self, world, yoga, date):
        b = party(world, yoga, "ada", seats=3, paid=3000)
        assert cancel_booking(world.store_id, MERCHANT, b.ref, seats=1, refund="full").refund.amount == 1000
        assert cancel_booking(world.store_id, MERCHANT, b.ref, seats=1, refund=1500).refund.amount == 1500
        assert cancel_booking(world.store_id, MERCHANT, b.ref, refund="full").booking.owed == 3000

    def test_a_request_that_shrinks_gets_back_the_part_of_the_seats(self, world):
        service = world.add_service("Asked", capacity=5, staff=[world.elena], policy={"approval": "manual"})
        world.session(service, at(11, 15), 5)
        b = party(world, service, "ada", seats=3, paid=3000, when=at(11, 15), by=Actor("customer", "account", None))
        assert cancel(world, b, seats=1).refund.amount == 1000
        assert cancel(world, world.read(b.ref)).booking.owed == 3000

    def test_seats_dropped_while_a_move_waits_stay_dropped_when_it_goes_back(self, world):
        service = world.add_service("Asked", capacity=5, price=1000, staff=[world.elena], policy={"approval": "reschedule_only"})
        for day in (11, 12):
            world.session(service, at(day, 15), 5)
        b = party(world, service, "ada", seats=3, when=at(11, 15))
        cancel(world, move(world, b, at(12, 15)), seats=1)
        back = decline_booking(world.store_id, MERCHANT, b.ref).booking
        assert (back.starts_at, back.seats, back.price) == (at(11, 15), 2, 2000)

    def test_seats_dropped_while_a_move_waits_are_free_in_the_old_class_too(self, world):
        service = world.add_service("Asked", capacity=5, price=1000, staff=[world.elena], policy={"approval": "reschedule_only"})
        old, new = (world.session(service, at(day, 15), 5) for day in (11, 12))
        b = party(world, service, "ada", seats=4, when=at(11, 15))
        cancel(world, move(world, b, at(12, 15)), seats=1)
        assert (taken(world, old), taken(world, new)) == (3, 3)
        assert party(world, service, "bea", seats=2, when=at(11, 15)).seats == 2
        decline_booking(world.store_id, MERCHANT, b.ref)
        assert (taken(world, old), taken(world, new)) == (5, 0)

    def test_seats_dropped_while_times_are_offered_are_not_held_for_them(self, world):
        service = world.add_service("Asked", capacity=5, price=1000, staff=[world.elena], policy={"approval": "manual"}, offer_hold="on")
        asked, offered = (world.session(service, at(day, 15), 5) for day in (11, 12))
        b = party(world, service, "ada", seats=4, when=at(11, 15), by=Actor("customer", "account", None))
        make_offers(world.store_id, MERCHANT, b.ref, [Proposal(at(12, 15))])
        assert taken(world, offered) == 4
        cancel(world, world.read(b.ref), seats=1)
        assert (taken(world, asked), taken(world, offered)) == (3, 3)

    @pytest.mark.parametrize("seats", [0, -1, 4])
    def test_only_seats_the_party_has(self, world, yoga, date, seats):
        b = party(world, yoga, "ada", seats=3)
        refused("invalid", cancel_booking, world.store_id, MERCHANT, b.ref, seats=seats)
        assert taken(world, date) == 3

    def test_where_the_shop_does_not_allow_part_of_it_only_all_or_nothing(self, world, date):
        service = world.add_service("Fixed", capacity=5, staff=[world.elena], policy={"cancel": {"part_cancel": False}})
        world.session(service, at(11, 15), 5)
        b = party(world, service, "ada", seats=3, when=at(11, 15))
        assert refused("not_allowed", cancel, world, b, seats=1).facts["part"]
        assert cancel_booking(world.store_id, MERCHANT, b.ref, seats=1).booking.seats == 2
        assert cancel(world, world.read(b.ref)).booking.status == "cancelled"

    def test_a_freed_seat_can_be_taken_at_once(self, world, yoga, date):
        b = party(world, yoga, "ada", seats=6)
        refused("slot_taken", party, world, yoga, "bea")
        cancel(world, b, seats=1)
        assert party(world, yoga, "bea").status == "confirmed"
        refused("slot_taken", party, world, yoga, "cem")

    def test_two_drops_at_once_are_counted_one_after_the_other(self, world, yoga, date):
        b = party(world, yoga, "ada", seats=6, paid=6000)
        outcomes = race(world, [lambda: cancel_booking(world.store_id, MERCHANT, b.ref, seats=2)] * 3)
        assert outcomes == ["ok"] * 3
        assert (world.read(b.ref).status, world.read(b.ref).owed, taken(world, date)) == ("cancelled", 6000, 0)

    def test_moving_a_party_frees_only_its_seats(self, world, yoga, date):
        later = world.session(yoga, at(12, 15), 6)
        b = party(world, yoga, "ada", seats=2)
        party(world, yoga, "bea", seats=3)
        assert move(world, b, at(12, 15)).session_id == later
        assert (taken(world, date), taken(world, later)) == (3, 2)
        assert {row.recipient for row in world.outbox("booking_moved")} == {"ada@example.com"}


class TestDate:
    """Only the shop cancels the date; every party gets everything back."""

    def test_every_party_is_cancelled_told_and_refunded(self, world, yoga, date):
        a, b = party(world, yoga, "ada", seats=2, paid=2000), party(world, yoga, "bea", paid=1000)
        before = cancel_booking(world.store_id, MERCHANT, party(world, yoga, "cem", paid=1000).ref, refund="none").booking
        world.set_clock(at(10, 14, 59))
        done = cancel_session(world.store_id, MERCHANT, date, reason="The teacher is ill")
        assert sorted((x.ref, x.status, x.owed, x.cancel_reason) for x in done.bookings) == sorted([
            (a.ref, "cancelled", 2000, "The teacher is ill"), (b.ref, "cancelled", 1000, "The teacher is ill")])
        assert world.read(before.ref).version == before.version
        told = [row for row in world.outbox("booking_cancelled") if row.recipient != "cem@example.com"]
        assert sorted(row.recipient for row in told) == ["ada@example.com", "bea@example.com"]
        assert {row.payload["by"] for row in told} == {"store"}
        assert taken(world, date) == 0

    @pytest.mark.parametrize(("choice", "owed"), [("full", 1000), ("policy", 0), ("none", 0)])
    def test_the_shop_says_what_comes_back(self, world, yoga, date, choice, owed):
        b = party(world, yoga, "ada", paid=1000)
        world.set_clock(at(10, 14))
        cancel_session(world.store_id, MERCHANT, date, refund=choice)
        assert world.read(b.ref).owed == owed

    def test_the_teacher_is_free_and_the_date_is_gone(self, world, yoga, date):
        party(world, yoga, "ada")
        cancel_session(world.store_id, MERCHANT, date)
        assert world.book(at(10, 15), email="bea@example.com").status == "confirmed"
        refused("outside_hours", party, world, yoga, "cem")

    def test_one_audit_entry_for_the_date_and_one_for_each_party(self, world, yoga, date):
        for name in ("ada", "bea"):
            party(world, yoga, name)
        cancel_session(world.store_id, MERCHANT, date)
        assert world.sql("select action, count(*) from audit_entries where action like 'cancel%%' group by action order by action") == [
            ("cancel_booking", 2), ("cancel_session", 1)]

    def test_once_only(self, world, yoga, date):
        party(world, yoga, "ada", paid=1000)
        outcomes = race(world, [lambda: cancel_session(world.store_id, MERCHANT, date)] * 4)
        assert outcomes == ["closed"] * 3 + ["ok"]
        assert len(world.outbox("booking_cancelled")) == 1

    def test_a_party_that_cancels_meanwhile_is_refunded_once(self, world, yoga, date):
        parties = [party(world, yoga, f"p{n}", paid=1000) for n in range(6)]
        jobs = [lambda b=b: cancel_booking(world.store_id, MERCHANT, b.ref) for b in parties]
        outcomes = race(world, [*jobs, lambda: cancel_session(world.store_id, MERCHANT, date)])
        assert set(outcomes) <= {"ok", "closed"}
        assert {(world.read(b.ref).status, world.read(b.ref).owed) for b in parties} == {("cancelled", 1000)}
        assert taken(world, date) == 0

    def test_who_books_meanwhile_is_cancelled_too_or_never_gets_in(self, world, yoga):
        for day in range(8, 13):
            date = world.session(yoga, at(day, 15), 10)
            jobs = [lambda n=n: party(world, yoga, f"p{n}", when=at(day, 15)) for n in range(6)]
            race(world, [*jobs, lambda: cancel_session(world.store_id, MERCHANT, date)])
            assert world.sql("select count(*) from bookings where session_id = %s and closed_at is null", date) == [(0,)]

    def test_an_unknown_date_is_not_found(self, world):
        refused("not_found", cancel_session, world.store_id, MERCHANT, 12345)

    def test_a_date_cancelled_while_a_move_waits_does_not_come_back(self, world):
        service = world.add_service("Circle", capacity=4, staff=[world.elena], policy={"approval": "manual"})
        first = world.session(service, at(10, 15), 4)
        world.session(service, at(12, 15), 4)
        b = party(world, service, "ada", paid=500)
        assert move(world, b, at(12, 15)).status == "pending"
        cancel_session(world.store_id, MERCHANT, first)
        ended = decline_booking(world.store_id, MERCHANT, b.ref)
        assert (ended.booking.status, ended.refund.amount) == ("declined", 500)

    @pytest.fixture
    def waits(self, world):
        """(first date, second date, a party that asks to move from one to the other)"""
        service = world.add_service("Circle", capacity=4, staff=[world.elena], policy={"approval": "manual"})
        dates = [world.session(service, at(day, 15), 4) for day in (10, 12)]
        return *dates, move(world, party(world, service, "ada", seats=2, paid=500), at(12, 15))

    def test_who_waits_to_move_there_stays_where_they_were(self, world, waits):
        """R17, I8: they were told that the old date stays theirs."""
        first, second, b = waits
        done = cancel_session(world.store_id, MERCHANT, second)
        b = world.read(b.ref)
        assert (done.bookings, b.status, b.session_id, b.starts_at, b.owed) == ((), "confirmed", first, at(10, 15), 0)
        assert (taken(world, first), taken(world, second)) == (2, 0)
        assert [row.payload["restored"] for row in world.outbox("approval_refused")] == [True] and world.outbox("booking_cancelled") == []

    def test_who_waits_to_move_away_hears_that_the_old_date_is_gone(self, world, waits):
        first, second, b = waits
        cancel_session(world.store_id, MERCHANT, first)
        left = world.read(b.ref)
        assert (left.status, left.starts_at, left.held["released"], taken(world, first), taken(world, second)) == ("pending", at(12, 15), True, 0, 2)
        [mail] = world.outbox("old_date_cancelled")
        text = render_mail("old_date_cancelled", mail.payload, "opencals.com").text
        assert "had to cancel Circle on Wed, Mar 10, 2027, 10:00 AM EST. Your request for Fri, Mar 12" in text and "comes back in full" in text
        assert approve_booking(world.store_id, MERCHANT, b.ref).booking.status == "confirmed"

    def test_where_both_dates_are_cancelled_the_party_is(self, world, waits):
        first, second, b = waits
        cancel_session(world.store_id, MERCHANT, first)
        assert [x.ref for x in cancel_session(world.store_id, MERCHANT, second).bookings] == [b.ref]
        assert (world.read(b.ref).status, world.read(b.ref).owed) == ("cancelled", 500)

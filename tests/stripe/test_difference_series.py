"""The dates of a series that move together to dearer times are paid for at once (R26, R31)."""

from __future__ import annotations

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.create_series import create_series
from booking.actions.intents import name_intent
from booking.actions.pay_difference import move_paid
from booking.actions.pay_together import begin_difference_together
from booking.actions.planned_together import MoveTogether
from booking.actions.reschedule_booking import ANYONE, reschedule_booking
from booking.actions.reschedule_series import reschedule_series
from booking.actions.services import update_service
from models.actor import SYSTEM
from sync.payments import settle
from tests.actions.test_reschedule import refused
from tests.storefront.test_together import ADA
from tests.storefront.visitor import account, fields, link, words
from tests.stripe.test_cards import visitor  # noqa: F401  (fixtures)
from tests.stripe.test_difference import DIFFERENCE, LATE, pay, payments, said
from tests.stripe.till_pages import type_card
from tests.stripe.together import dates, intents, state, unmoved
from tests.support.world import MERCHANT, at


class TestSeries:
    """R31: the dates of a scope, paid for at once."""

    def choose(self, visitor, b, to, scope="following"):  # noqa: F811
        visitor.get(account(b, "reschedule") + f"?scope={scope}&at={to.isoformat().replace('+', '%2B')}")

    def begin(self, visitor, b, to, scope="following"):  # noqa: F811
        self.choose(visitor, b, to, scope)
        onward = visitor.send(account(b, "reschedule")).headers["Location"]
        assert onward.startswith("/pay/"), onward
        visitor.get(onward)
        return onward

    def test_the_dates_of_the_scope_move_when_the_payment_is_there(self, world, till, visitor):  # noqa: F811
        series = dates(world, till)
        visitor.sign_in()
        self.choose(visitor, series[1], at(13, 16))
        shown = words(visitor.page)
        assert "2 bookings move" in shown and "The new time costs $95, $15 more." in shown and "You pay $30 by card first; the new times" in shown
        to = self.begin(visitor, series[1], at(13, 16))
        assert "Difference: $30" in words(visitor.page) and words(visitor.page).count("before:") == 2 and "Facial: " not in words(visitor.page)
        unmoved(world, series)
        assert "Your bookings have moved" in pay(visitor, till, to)
        assert state(world, series) == [(at(5, 15), 8000, 8000, 0), (at(13, 16), 9500, 9500, 0), (at(20, 15), 9500, 9500, 0)]
        assert [row for b in series for row in payments(world, b)] == [("card", 8000, 0), ("card", 8000, 0), ("card", 1500, 0), ("card", 8000, 0), ("card", 1500, 0)]
        assert "The new times cost more. $30 has been paid by card for them." in said(world, "booking_moved") and len(world.outbox("booking_moved")) == 1

    def test_a_date_that_does_not_fit_stays_and_is_not_paid_for(self, world, till, visitor):  # noqa: F811
        series = dates(world, till)
        world.book(at(13, 16), staff=world.elena, email="bea@example.com")
        visitor.sign_in()
        to = self.begin(visitor, series[0], at(6, 16), "all")
        assert "Difference: $30" in words(visitor.page)
        pay(visitor, till, to)
        assert [(row[0], row[1]) for row in state(world, series)] == [(at(6, 16), 9500), (at(12, 15), 8000), (at(20, 15), 9500)]

    def test_each_may_come_to_where_the_next_one_is_now(self, world, till, visitor):  # noqa: F811
        series = dates(world, till)
        visitor.sign_in()
        to = self.begin(visitor, series[0], series[1].starts_at, "all")
        assert len(world.sql("select 1 from holds")) == 1
        pay(visitor, till, to)
        assert [row[0] for row in state(world, series)] == [series[1].starts_at, series[2].starts_at, at(26, 14)]

    @pytest.mark.parametrize("spoil", [
        lambda world, series: world.book(at(20, 15), staff=world.elena, email="bea@example.com"),
        lambda world, series: cancel_booking(world.store_id, MERCHANT, series[2].ref, refund="full"),
        lambda world, series: reschedule_booking(world.store_id, MERCHANT, series[1].ref, starts_at=at(12, 17)),
        lambda world, series: update_service(world.store_id, MERCHANT, series[0].service_id, price=9600)])
    def test_one_that_cannot_move_any_more_holds_back_all_of_them(self, world, till, visitor, spoil):  # noqa: F811
        series = dates(world, till)
        visitor.sign_in()
        to = self.begin(visitor, series[1], at(13, 16))
        page = visitor.page
        world.set_clock(world.now + LATE)
        spoil(world, series)
        before = state(world, series)
        type_card(till, page)
        visitor.page = page
        visitor.get(visitor.send(f"{to}/done").headers["Location"])
        assert "Your bookings were not moved" in words(visitor.page)
        assert [(row[0], row[1]) for row in state(world, series)] == [(row[0], row[1]) for row in before]
        settle(world.store_id)
        assert [made["amount"] for made in till.refunds()].count(3000) == 1 and intents(world) == [("returned",)]

    def test_its_class_dates_are_kept(self, world, till, visitor):  # noqa: F811
        yoga = world.add_service("Yoga", policy=DIFFERENCE, capacity=2, staff=[world.elena])
        for day, hour in ((5, 15), (12, 15), (6, 16), (13, 16)):
            world.session(yoga, at(day, hour), capacity=1)
        series = create_series(world.store_id, MERCHANT, service_id=yoga, staff_id=world.elena, person=ADA, starts_at=at(5, 15), dates=2).bookings
        for b in series:
            till.take(b, 8000)
        update_service(world.store_id, MERCHANT, yoga, price=9500)
        visitor.sign_in()
        to = self.begin(visitor, series[0], at(6, 16), "all")
        assert world.sql("select seats_taken from sessions") == [(1,)] * 4
        pay(visitor, till, to)
        assert [row[0] for row in state(world, series)] == [at(6, 16), at(13, 16)]
        assert world.sql("select sum(seats_taken)::int from sessions") == [(2,)] and world.sql("select 1 from holds") == []

    def test_of_one_that_waits_the_time_it_had_costs_nothing(self, world, till, visitor):  # noqa: F811
        """R17: a date that goes back to the time that was kept for it is not paid for anew; the other one is."""
        series = dates(world, till, 2, policy={"approval": "reschedule_only"})
        visitor.sign_in()
        self.choose(visitor, series[0], at(6, 15), "this")
        to = visitor.send(account(series[0], "reschedule")).headers["Location"]
        visitor.get(to)
        pay(visitor, till, to)
        assert world.read(series[0].ref).status == "pending"
        to = self.begin(visitor, series[0], at(5, 15), "all")
        assert "Difference: $15" in words(visitor.page)
        pay(visitor, till, to)
        first, second = (world.read(b.ref) for b in series)
        assert (first.status, first.starts_at, first.price, first.owed) == ("confirmed", at(5, 15), 8000, 1500)
        assert (second.status, second.starts_at, second.price, second.paid, second.due) == ("pending", at(11, 15), 9500, 9500, 0)
        [*_, asked] = world.outbox("approval_asked")
        assert ([line["ref"] for line in asked.payload["bookings"]], asked.payload["collected"]) == ([second.ref], 1500)
        assert world.outbox("booking_moved", "merchant_booking_moved") == []

    def test_the_shop_reads_beside_what_has_moved_what_was_paid_for_that(self, world, till, visitor):  # noqa: F811
        series = dates(world, till, 3, policy={"approval": "by_notice", "approval_notice": "P8D"})
        visitor.sign_in()
        pay(visitor, till, self.begin(visitor, series[0], at(5, 16), "all"))
        assert [world.read(b.ref).status for b in series] == ["pending", "confirmed", "confirmed"]
        assert {row.payload["collected"] for row in world.outbox("merchant_booking_moved") if row.recipient == "shop@example.com"} == {3000}
        assert [row.payload["collected"] for row in world.outbox("merchant_approval_needed")] == [1500]
        assert "$45 has been paid by card for them." in said(world, "booking_moved")

    @pytest.mark.parametrize(("staff", "pays"), [("", 2300), ("&staff=anyone", 1900)])
    def test_whether_one_goes_back_is_asked_with_its_person(self, world, till, visitor, staff, pays):  # noqa: F811
        """R14, R17: the old hour with another person than before is a move like any other, and paid for."""
        series = dates(world, till, 2, policy={"approval": "reschedule_only"} | {"reschedule": DIFFERENCE["reschedule"] | {"change_staff": True}})
        update_service(world.store_id, MERCHANT, series[0].service_id, staff=[world.elena, world.tom])
        visitor.sign_in()
        visitor.get(account(series[0], "reschedule") + f"?scope=this&at={at(5, 16).isoformat().replace('+', '%2B')}&staff={world.tom}")
        to = visitor.send(account(series[0], "reschedule")).headers["Location"]
        visitor.get(to)
        pay(visitor, till, to)
        first = world.read(series[0].ref)
        assert (first.status, first.staff_id, first.price) == ("pending", world.tom, 9500)
        update_service(world.store_id, MERCHANT, first.service_id, price=9900)
        at_once = {} if not staff else {"staff_id": ANYONE}
        no = refused("not_allowed", reschedule_series, world.store_id, world.customer(first), first.ref, scope="all", starts_at=at(5, 15), price=19800, **at_once)
        assert no.facts["pay"] == pays
        visitor.get(account(first, "reschedule") + f"?scope=all&at={at(5, 15).isoformat().replace('+', '%2B')}{staff}")
        assert fields(visitor.page)["pays"] == str(pays) and ("This takes back your request" in words(visitor.page)) is bool(staff)
        to = visitor.send(account(first, "reschedule")).headers["Location"]
        visitor.get(to)
        pay(visitor, till, to)
        assert [(now.starts_at, now.price, now.due) for now in map(world.read, (b.ref for b in series))] == (
            [(at(5, 15), 8000, 0), (at(12, 14), 9900, 0)] if staff else [(at(5, 15), 9900, 0), (at(12, 14), 9900, 0)])

    def test_no_door_moves_them_unpaid(self, world, till):
        series = dates(world, till)
        no = refused("not_allowed", reschedule_series, world.store_id, world.customer(series[0]), series[0].ref, scope="all", starts_at=at(6, 16), price=28500)
        assert no.facts["pay"] == 4500
        unmoved(world, series)

    def test_the_one_it_is_asked_at_may_stay_itself(self, world, till):
        """No page asks for that; it is no failure."""
        series = dates(world, till)
        begun = begin_difference_together(
            world.store_id, world.customer(series[0]), series[0].ref, MoveTogether("all", at(6, 16), None, {b.ref for b in series[1:]}, {series[0].ref}),
            version=series[0].version, price=19000, pays=3000, browser="x").facts
        name_intent(world.store_id, SYSTEM, begun["intent_id"], "pi_x", None)
        move_paid(world.store_id, SYSTEM, begun["intent_id"], "pi_x", 3000)
        assert [row[0] for row in state(world, series)] == [at(5, 15), at(13, 16), at(20, 15)]

    def test_a_link_pays_for_no_other_dates(self, world, till, visitor):  # noqa: F811
        """R6: it opens its own booking only."""
        series = dates(world, till)
        visitor.sign_in()
        self.choose(visitor, series[0], at(6, 16), "all")
        form = fields(visitor.page)
        visitor.get(link(series[0], "reschedule"))
        visitor.post(link(series[0], "reschedule"), 422, **(form | {"scope": "all"}))
        assert world.sql("select 1 from intents where kind = 'difference'") == []

"""What several bookings that move together cost before they do: what is collected by card, what at the shop, and what a request that waits
for its answer keeps (R17, R26, R32)."""

from __future__ import annotations

import pytest

from booking.actions.approve_booking import approve_booking
from booking.actions.decline_booking import decline_booking
from booking.actions.payment_accounts import disconnect_account
from booking.actions.services import update_service
from booking.actions.visits import reschedule_visit
from models.actor import SYSTEM
from sync.payments import settle
from tests.actions.test_reschedule import refused
from tests.storefront.visitor import fields, link, words
from tests.stripe.test_cards import visitor  # noqa: F401  (fixtures)
from tests.stripe.test_difference import LATE, begin, choose, pay, refunds, said
from tests.stripe.till_pages import type_card
from tests.stripe.together import MOVED, NEW, priced, state, unmoved
from tests.support.world import MERCHANT, at


class TestWhatIsCollected:
    """Of every part that is paid in full what it costs more, where all of them together cost more."""

    def test_a_cheaper_part_has_its_own_money_back(self, world, till, visitor):  # noqa: F811
        colour, cut = parts = priced(world, till, 3500, 4500)
        choose(visitor, colour, NEW)
        shown = words(visitor.page)
        assert "The new time costs $35, $5 less. You'll be refunded $5 to the card you paid with" in shown and "You pay $15 by card first" in shown
        pay(visitor, till, begin(visitor, colour, NEW))
        assert state(world, parts) == [(NEW, 3500, 4000, 0), (at(11, 16), 4500, 4500, 0)]
        settle(world.store_id)
        assert [made["amount"] for made in till.refunds()] == [500] and [world.read(b.ref).refunded for b in parts] == [500, 0]

    @pytest.mark.parametrize(("colour_price", "cut_price"), [(3500, 3500), (3000, 3500)])
    def test_where_all_together_costs_no_more_nothing_is_collected(self, world, till, visitor, colour_price, cut_price):  # noqa: F811
        colour, cut = parts = priced(world, till, colour_price, cut_price)
        choose(visitor, colour, NEW)
        shown = words(visitor.page)
        assert "pays" not in fields(visitor.page) and "by card first" not in shown and "The new time costs $35, $5 more. Still to pay at Harbor Massage: $5." in shown
        visitor.send(link(colour, "reschedule"))
        assert state(world, parts) == [(NEW, colour_price, 4000, 0), (at(11, 16), 3500, 3000, 500)]
        settle(world.store_id)
        assert [made["amount"] for made in till.refunds()] == [4000 - colour_price]

    def test_what_was_not_paid_before_is_paid_there(self, world, till, visitor):  # noqa: F811
        colour, cut = parts = priced(world, till, paid=False)
        choose(visitor, colour, NEW)
        assert "pays" not in fields(visitor.page) and "Still to pay at Harbor Massage: $45." in words(visitor.page)
        visitor.send(link(colour, "reschedule"))
        assert [row[3] for row in state(world, parts)] == [4500, 4500]

    def test_of_a_part_with_something_due_all_of_it_is_paid_there(self, world, till, visitor):  # noqa: F811
        colour, cut = parts = priced(world, till, paid=False)
        till.take(colour, 4000)
        choose(visitor, cut, NEW)
        shown = words(visitor.page)
        assert "You pay $5 by card first" in shown and "The new time costs $45, $15 more. Still to pay at Harbor Massage: $45." in shown
        pay(visitor, till, begin(visitor, cut, NEW))
        assert state(world, parts) == [(NEW, 4500, 4500, 0), (at(11, 16), 4500, 0, 4500)]
        assert "$5 has been paid by card for them. Still to pay at Harbor Massage: $45." in " ".join(said(world, "booking_moved").split())

    @pytest.mark.parametrize(("more", "collected"), [(30, "60"), (20, None)])
    def test_too_little_for_a_card_is_what_all_of_it_is(self, world, till, visitor, more, collected):  # noqa: F811
        parts = priced(world, till, 4000 + more, 3000 + more)
        choose(visitor, parts[0], NEW)
        assert fields(visitor.page).get("pays") == collected

    def test_without_a_card_service_it_is_paid_there(self, world, till, visitor):  # noqa: F811
        parts = priced(world, till)
        disconnect_account(world.store_id, SYSTEM)
        choose(visitor, parts[0], NEW)
        assert "Still to pay at Harbor Massage: $5." in words(visitor.page) and "by card first" not in words(visitor.page)
        visitor.send(link(parts[0], "reschedule"))
        assert [row[3] for row in state(world, parts)] == [500, 1500]

    def test_the_shop_is_never_asked(self, world, till):
        parts = priced(world, till)
        assert [b.price for b in reschedule_visit(world.store_id, MERCHANT, parts[0].ref, starts_at=NEW).bookings] == [4000, 3000]

    def test_no_door_moves_it_unpaid(self, world, till):
        parts = priced(world, till)
        for by in (world.customer(parts[0]), world.holder(parts[0])):
            no = refused("not_allowed", reschedule_visit, world.store_id, by, parts[0].ref, starts_at=NEW, price=9000)
            assert no.facts["pay"] == 2000
        unmoved(world, parts)

    def test_another_sum_than_the_one_shown_is_shown_again(self, world, till, visitor):  # noqa: F811
        parts = priced(world, till)
        for change in ({"pays": "1"}, {"price": "8999"}):
            choose(visitor, parts[0], NEW)
            visitor.send(link(parts[0], "reschedule"), 409, **change)
            assert "The price of that time is $90." in words(visitor.page) and world.sql("select 1 from holds") == []
        choose(visitor, parts[0], NEW)
        disconnect_account(world.store_id, SYSTEM)
        visitor.send(link(parts[0], "reschedule"), 409)
        unmoved(world, parts)

    def test_a_page_from_before_is_shown_what_is_to_pay(self, world, till, visitor):  # noqa: F811
        parts = priced(world, till)
        choose(visitor, parts[0], NEW)
        visitor.page = visitor.page.replace('name="pays"', 'name="other"')
        visitor.send(link(parts[0], "reschedule"), 409)
        assert "The new time costs $20 more, which is paid by card first." in words(visitor.page)
        unmoved(world, parts)

    def test_the_reason_for_moving_goes_along(self, world, till, visitor):  # noqa: F811
        parts = priced(world, till, policy={"reschedule": {"price_difference": "difference", "reason": "required"}})
        choose(visitor, parts[0], NEW)
        visitor.send(link(parts[0], "reschedule"), 422)
        assert world.sql("select 1 from holds") == []
        to = visitor.send(link(parts[0], "reschedule"), reason="My train is late").headers["Location"]
        visitor.get(to)
        pay(visitor, till, to)
        assert world.sql("select distinct move_reason from bookings") == [("My train is late",)]
        assert world.sql("select facts ? 'move_reason' from intents where kind = 'difference'") == [(False,)]


class TestWaiting:
    """R17: a visit that waits for the shop is paid before it is asked for."""

    def asked(self, world, till, visitor):  # noqa: F811
        parts = priced(world, till, policy={"approval": "reschedule_only"})
        pay(visitor, till, begin(visitor, parts[0], NEW))
        assert [world.read(b.ref).status for b in parts] == ["pending", "pending"] and state(world, parts) == MOVED
        return parts

    def test_declined_each_part_has_its_own_surplus_back(self, world, till, visitor):  # noqa: F811
        parts = self.asked(world, till, visitor)
        assert "$20 has been paid by card for them. If Harbor Massage says no, this amount comes back to you." in " ".join(said(world, "approval_asked").split())
        assert "$20 has been paid by card" in said(world, "merchant_approval_needed")
        decline_booking(world.store_id, MERCHANT, parts[0].ref)
        assert [(starts_at, price, due) for starts_at, price, _, due in state(world, parts)] == [(at(10, 15), 4000, 0), (at(10, 16), 3000, 0)]
        assert [world.read(b.ref).owed for b in parts] == [500, 1500]
        settle(world.store_id)
        assert sum(made["amount"] for made in till.refunds()) == 2000 and [world.read(b.ref).refunded for b in parts] == [500, 1500]

    def test_approved_it_stays(self, world, till, visitor):  # noqa: F811
        parts = self.asked(world, till, visitor)
        approve_booking(world.store_id, MERCHANT, parts[0].ref)
        assert state(world, parts) == MOVED and refunds(world, parts[0]) == refunds(world, parts[1]) == []

    def test_taking_the_request_back_costs_nothing(self, world, till, visitor):  # noqa: F811
        parts = self.asked(world, till, visitor)
        update_service(world.store_id, MERCHANT, parts[1].service_id, price=11000)
        choose(visitor, parts[0], at(10, 15))
        assert "takes back your request" in words(visitor.page) and "pays" not in fields(visitor.page)
        visitor.send(link(parts[0], "reschedule"))
        assert [(world.read(b.ref).status, world.read(b.ref).price, world.read(b.ref).owed) for b in parts] == [("confirmed", 4000, 500), ("confirmed", 3000, 1500)]

    def test_a_payment_that_went_back_counts_for_nothing_when_the_shop_says_no(self, world, till, visitor):  # noqa: F811
        parts = self.asked(world, till, visitor)
        update_service(world.store_id, MERCHANT, parts[1].service_id, price=5000)
        to = begin(visitor, parts[0], at(12, 15))
        page = visitor.page
        assert "Difference: $5" in words(page)
        world.set_clock(world.now + LATE)
        world.book(at(12, 16), staff=world.elena, email="bea@example.com")
        type_card(till, page)
        visitor.send(f"{to}/done")
        assert [world.read(b.ref).owed for b in parts] == [500, 0] and [world.read(b.ref).status for b in parts] == ["pending", "pending"]
        decline_booking(world.store_id, MERCHANT, parts[0].ref)
        assert [(world.read(b.ref).owed, world.read(b.ref).due) for b in parts] == [(1000, 0), (1500, 0)]

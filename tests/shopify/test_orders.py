"""A paid line becomes a booking; what happens to the line happens to it, and the other way round; money counts once (R43, R23, I23)."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from booking import facts, quotes
from booking.actions.cancel_booking import cancel_booking
from booking.actions.refund_booking import execute_refund
from booking.rules.decision import Refused
from booking.shopify.orders import map_variant
from models.session import reading
from sandbox.shopify import orders as there
from tests.shopify.world import Connected
from tests.support.world import MERCHANT, at

START = at(10, 15)


class Selling(Connected):
    """The service is sold by a variant; Ada is a customer over there."""

    def __init__(self, over, owner_url, **store: Any) -> None:
        super().__init__(over, owner_url, **store)
        self.product = there.add_product(self.shop, "Massage", 8000)
        self.variant = self.product["variants"][0]["id"]
        map_variant(self.store_id, MERCHANT, self.variant, self.product["id"], self.service)
        self.ada = self.shop.add_customer(firstName="Ada", lastName="Archer", email="ada@example.com", verifiedEmail=True)["id"]

    def order(self, start=START, *, paid: bool = True, quantity: int = 1, variant: str | None = None, more=(), tax: int = 0, customer=...) -> dict[str, Any]:
        line = {"title": "Massage", "price": 8000, "variant": variant or self.variant, "quantity": quantity, "tax": tax,
                "attributes": {"_opencals_start": start.isoformat() if hasattr(start, "isoformat") else start}}
        return there.place(self.shop, self.ada if customer is ... else customer, [line, *more], paid=paid)

    def changed(self, order: dict[str, Any], times: int = 1) -> None:
        for _ in range(times):
            self.write("select shopify_mark('order', %s)", order["id"])
            self.sync()

    def bookings(self) -> list[tuple]:
        return self.sql("select ref, status, starts_at, paid, refunded, owed, seats from bookings order by starts_at, created_at")

    def customer_cancels(self, ref: str) -> None:
        b = self.read(ref)
        with reading(self.store_id) as tx:
            quote = quotes.sign(facts.quote_cancellation(tx, b), b, b.seats)
        cancel_booking(self.store_id, self.customer(b), ref, quote=quote)


SHIRT = {"title": "Shirt", "price": 2500}


@pytest.fixture
def selling(over, owner_url) -> Selling:
    return Selling(over, owner_url)


def states(store: Selling) -> list[tuple]:
    return store.sql("select cause, state, amount from refunds where amount > 0 order by created_at, id")


def test_a_paid_line_is_a_booking_with_its_payment(selling):
    selling.changed(selling.order(tax=711), times=2)
    [(ref, status, starts_at, paid, refunded, owed, seats)] = selling.bookings()
    assert (status, starts_at, paid, seats) == ("confirmed", START, 8711, 1)
    assert selling.sql("select method from payments") == [("shopify",)]
    assert selling.sql("select shopify_id, name from customers") == [(selling.ada, "Ada Archer")]
    assert [row.recipient for row in selling.outbox("booking_confirmed")] == ["ada@example.com"]


def test_an_unpaid_order_is_booked_and_paid_later(selling):
    order = selling.order(paid=False)
    selling.changed(order)
    assert selling.bookings()[0][3] == 0
    there.pay(selling.shop, order["id"])
    selling.changed(order, times=2)
    assert selling.bookings()[0][3] == 8000 and len(selling.sql("select id from payments")) == 1


def test_a_guest_order_is_booked_for_its_address(selling):
    order = selling.order(customer=None)
    order["email"] = "guest@example.com"
    selling.changed(order)
    assert selling.sql("select contact_email from bookings") == [("guest@example.com",)]


def test_what_was_paid_for_decides_the_service(selling):
    cheap = there.add_product(selling.shop, "Sticker", 100)
    selling.changed(selling.order(variant=cheap["variants"][0]["id"]))
    assert selling.bookings() == [] and selling.sql("select * from shopify_order_lines") == []


@pytest.mark.parametrize(("start", "code"), [("soon", "invalid"), ("2027-03-10T15:00:00", "invalid"), (at(10, 3), "outside_hours"), (at(1, 11), "outside_hours")])
def test_a_time_that_cannot_be_is_a_case_for_the_merchant(selling, start, code):
    selling.changed(selling.order(start), times=2)
    assert selling.bookings() == [] and selling.sql("select kind, facts->>'code' from shopify_tasks") == [("line_unplaced", code)]
    assert selling.outbox() == [] and selling.sql("select state from shopify_order_lines") == [("unplaced",)]


def test_a_time_that_was_taken_meanwhile_too(selling):
    selling.book(START, staff=selling.elena, email="x@example.com")
    selling.book(START, staff=selling.tom, email="y@example.com")
    order = selling.order()
    selling.changed(order)
    assert len(selling.bookings()) == 2 and selling.sql("select facts->>'code', facts->>'order' from shopify_tasks where kind = 'line_unplaced'") == [("slot_taken", order["name"])]


def test_cancelled_with_its_money_there_is_cancelled_here(selling):
    order = selling.order()
    selling.changed(order)
    there.cancel(selling.shop, order["id"], give_back=True)
    selling.changed(order, times=2)
    [(_, status, _, paid, refunded, owed, _)] = selling.bookings()
    assert (status, paid, refunded, owed) == ("cancelled", 8000, 8000, 0) and states(selling) == [("cancellation", "succeeded", 8000)]
    assert len(selling.outbox("booking_cancelled")) == 1
    assert selling.calls("TagsAdd", "OrderUpdate", "RefundCreate", "OrderCancel") == []


def test_cancelled_without_money_back_keeps_it(selling):
    order = selling.order()
    selling.changed(order)
    there.cancel(selling.shop, order["id"], give_back=False)
    selling.changed(order)
    assert selling.bookings()[0][1] == "cancelled" and selling.bookings()[0][4:6] == (0, 0)


def test_a_refunded_line_ends_its_booking_only(selling):
    order = selling.order(more=[SHIRT])
    selling.changed(order)
    there.refund(selling.shop, order["id"], lines=[(order["lines"][1]["id"], 1)], amount=None)
    selling.changed(order)
    assert selling.bookings()[0][1] == "confirmed" and states(selling) == []
    there.refund(selling.shop, order["id"], lines=[(order["lines"][0]["id"], 1)], amount=None)
    selling.changed(order, times=2)
    assert selling.bookings()[0][1] == "cancelled" and states(selling) == [("cancellation", "succeeded", 8000)]


def test_some_money_back_without_the_line_is_goodwill(selling):
    order = selling.order()
    selling.changed(order)
    there.refund(selling.shop, order["id"], lines=[], amount=1500)
    selling.changed(order, times=3)
    assert selling.bookings()[0][1:2] + selling.bookings()[0][4:6] == ("confirmed", 1500, 0)
    assert states(selling) == [("goodwill", "succeeded", 1500)]


def test_a_line_edited_out_is_a_case_for_the_merchant(selling):
    order = selling.order()
    selling.changed(order)
    there.remove_line(selling.shop, order["id"], order["lines"][0]["id"])
    selling.changed(order, times=2)
    assert selling.bookings()[0][1] == "confirmed" and selling.sql("select kind from shopify_tasks") == [("line_removed",)]


@pytest.mark.parametrize("seen", list(itertools.product([False, True], repeat=2)))
def test_however_late_we_hear_of_it_it_ends_the_same(over, owner_url, seen):
    """Placed, paid, refunded: each heard of in time or not, twice or never (I23, I24)."""
    selling = Selling(over, owner_url)
    order = selling.order(paid=False)
    steps = (lambda: there.pay(selling.shop, order["id"]),
             lambda: there.refund(selling.shop, order["id"], lines=[(order["lines"][0]["id"], 1)], amount=None))
    for heard, step in zip(seen, steps, strict=True):
        if heard:
            selling.changed(order, times=2)
        step()
    selling.changed(order, times=2)
    assert [row[1] for row in selling.bookings()] == ["cancelled"] * any(seen)
    assert [row[3:6] for row in selling.bookings()] == [(8000, 8000, 0)] * any(seen)


def test_cancelled_here_waits_for_the_merchant_and_tells_the_order(selling):
    """Manual refunds, the default at Shopify: owed, the order tagged and noted once; executing pays through Shopify once (R23)."""
    order = selling.order()
    selling.changed(order)
    selling.write("update stores set policy = jsonb_set(policy, '{cancel,refund_mode}', '\"manual\"')")
    selling.customer_cancels(selling.bookings()[0][0])
    selling.sync()
    assert states(selling) == [("cancellation", "owed", 8000)] and order["refunds"] == []
    assert order["tags"] == ["appointment-cancelled"] and selling.bookings()[0][0] in order["note"]
    execute_refund(selling.store_id, MERCHANT, selling.sql("select id from refunds where amount > 0")[0][0])
    assert states(selling) == [("cancellation", "pending", 8000)]
    selling.sync()
    assert states(selling) == [("cancellation", "succeeded", 8000)] and there.given_back(order) == 8000
    selling.changed(order, times=2)
    assert there.given_back(order) == 8000 and len(states(selling)) == 1 and len(selling.outbox("booking_cancelled")) == 1


@pytest.mark.parametrize("amount", [8000, 3000])
def test_automatic_refunds_go_at_once_and_only_once(selling, amount):
    """The answer of the first try is lost: the second finds what the first has done."""
    order = selling.order()
    selling.changed(order)
    cancel_booking(selling.store_id, MERCHANT, selling.bookings()[0][0], refund=amount)
    selling.over.shopify.faults.order("shopify", "timeout_after_effect", 1)
    selling.sync()
    selling.set_clock(selling.now + timedelta(minutes=2))
    selling.sync()
    selling.changed(order)
    assert there.given_back(order) == amount and len(order["refunds"]) == 1 and states(selling) == [("cancellation", "succeeded", amount)]
    assert len(selling.calls("RefundCreate")) == 1 and selling.sql("select count(*) from audit_entries where action = 'fail_refund'") == [(0,)]


def test_what_the_shop_refunded_there_by_hand_is_no_longer_owed(selling):
    order = selling.order()
    selling.changed(order)
    selling.write("update stores set policy = jsonb_set(policy, '{cancel,refund_mode}', '\"manual\"')")
    selling.customer_cancels(selling.bookings()[0][0])
    there.refund(selling.shop, order["id"], lines=[(order["lines"][0]["id"], 1)], amount=None)
    selling.changed(order, times=2)
    assert states(selling) == [("cancellation", "succeeded", 8000)]
    with pytest.raises(Refused):
        execute_refund(selling.store_id, MERCHANT, selling.sql("select id from refunds where amount > 0")[0][0])


def test_more_than_is_left_there_is_not_sent(selling):
    """Refunded elsewhere on the order: what we owe cannot be paid there any more; it stays owed and a person is told."""
    order = selling.order()
    selling.changed(order)
    selling.customer_cancels(selling.bookings()[0][0])
    order["transactions"][0]["amount"] = 5000
    selling.sync()
    assert order["refunds"] == [] and states(selling) == [("cancellation", "failed", 8000)]
    assert selling.sql("select kind from shopify_tasks") == [("refund_failed",)] and selling.bookings()[0][5] == 8000


@pytest.mark.parametrize(("choice", "tagged", "cancelled", "back"), [
    ("nothing", False, False, 0), ("tag_note", True, False, 0), ("refund_line", True, False, 8000), ("cancel_order", False, True, 8000)])
def test_the_merchant_chooses_what_a_cancellation_does_to_the_order(selling, choice, tagged, cancelled, back):
    order = selling.order()
    selling.changed(order)
    selling.write("update shopify_installs set on_cancel = %s", choice)
    selling.write("update stores set policy = jsonb_set(policy, '{cancel,refund_mode}', '\"manual\"')")
    selling.customer_cancels(selling.bookings()[0][0])
    selling.sync()
    selling.changed(order)
    assert (bool(order["tags"]), order["cancelledAt"] is not None, there.given_back(order)) == (tagged, cancelled, back)
    assert [row[1] for row in selling.bookings()] == ["cancelled"]


def test_an_order_with_other_things_is_never_cancelled_whole(selling):
    order = selling.order(more=[SHIRT])
    selling.changed(order)
    selling.write("update shopify_installs set on_cancel = 'cancel_order'")
    selling.customer_cancels(selling.bookings()[0][0])
    selling.sync()
    assert order["cancelledAt"] is None and order["tags"] == ["appointment-cancelled"] and there.given_back(order) == 8000


def test_seats_refunded_there_are_seats_given_up_here(selling):
    yoga = selling.add_service("Yoga", capacity=8, price=8000)
    selling.session(yoga, START, capacity=8)
    map_variant(selling.store_id, MERCHANT, selling.variant, selling.product["id"], yoga)
    order = selling.order(quantity=3)
    selling.changed(order)
    there.refund(selling.shop, order["id"], lines=[(order["lines"][0]["id"], 2)], amount=None)
    selling.changed(order, times=2)
    [(_, status, _, paid, refunded, owed, seats)] = selling.bookings()
    assert (status, seats, paid, refunded, owed) == ("confirmed", 1, 24000, 16000, 0)

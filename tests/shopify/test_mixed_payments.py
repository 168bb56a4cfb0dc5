"""An order's money beside other payments of its booking: what happened to one is not said of the other (R23, R24, R43)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from booking import facts
from booking.actions.cancel_booking import cancel_booking
from booking.actions.record_payment import record_payment
from booking.actions.refund_booking import execute_refund
from booking.rules.decision import Refused
from booking.settled import outcome_of
from booking.shopify.orders import map_variant
from booking.wording import words_for
from messages.render import render_mail
from models.session import reading
from sandbox.shopify import orders as there
from tests.shopify.test_orders import START, Selling, selling, states  # noqa: F401 (a fixture)
from tests.support.world import MERCHANT


def mixed(selling: Selling, cash: int = 2000):  # noqa: F811
    """A booking whose order paid 80, with 20 more in cash; (order, ref)."""
    selling.write("update services set price = 10000")
    order = selling.order()
    selling.changed(order)
    ref = selling.bookings()[0][0]
    record_payment(selling.store_id, MERCHANT, ref, {"amount": cash, "method": "cash"})
    return order, ref


def party(selling: Selling, **terms: Any):  # noqa: F811
    """Four seats of a class that an order paid 320 for, with 40 more in cash; (order, ref)."""
    yoga = selling.add_service("Yoga", capacity=8, price=8000, **terms)
    selling.session(yoga, START, capacity=8)
    map_variant(selling.store_id, MERCHANT, selling.variant, selling.product["id"], yoga)
    order = selling.order(quantity=4)
    selling.changed(order)
    selling.write("update bookings set due = 4000")
    ref = selling.bookings()[0][0]
    record_payment(selling.store_id, MERCHANT, ref, {"amount": 4000, "method": "cash"})
    return order, ref


def ledger(store: Selling):
    return store.sql("select p.method, p.refunded, l.state from payments p left join refund_lines l on l.payment_id = p.id order by p.method")


def said(store: Selling, topic: str) -> str:
    return render_mail(topic, store.outbox(topic)[-1].payload, "opencals.com").text


def test_what_shopify_gave_back_leaves_the_cash_owed(selling):  # noqa: F811
    order, ref = mixed(selling)
    selling.customer_cancels(ref)
    selling.sync()
    assert there.given_back(order) == 8000 and ledger(selling) == [("cash", 2000, "owed"), ("shopify", 8000, "succeeded")]
    selling.changed(order, times=2)
    assert states(selling) == [("cancellation", "owed", 10000)] and selling.bookings()[0][3:6] == (10000, 8000, 2000)
    assert selling.sql("select amount from documents where kind = 'credit_note'") == [(8000,)]
    with reading(selling.store_id) as tx:
        quote = outcome_of(tx, selling.read(ref))
    assert words_for("en").refund(quote.facts(), "Harbor Massage") == "$80 was refunded. You're owed $20. Harbor Massage will refund it."
    execute_refund(selling.store_id, MERCHANT, selling.sql("select id from refunds")[0][0])
    assert selling.bookings()[0][4:6] == (10000, 0) and there.given_back(order) == 8000


def test_it_does_not_take_the_cash_for_sent_where_shopify_refuses(selling):  # noqa: F811
    order, ref = mixed(selling)
    selling.customer_cancels(ref)
    order["transactions"][0]["amount"] = 100
    selling.sync()
    assert ledger(selling) == [("cash", 2000, "owed"), ("shopify", 8000, "failed")] and states(selling) == [("cancellation", "failed", 10000)]
    execute_refund(selling.store_id, MERCHANT, selling.sql("select id from refunds")[0][0], by_hand=True)
    selling.sync()
    assert selling.bookings()[0][4:6] == (10000, 0) and order["refunds"] == []


def test_what_is_about_to_be_sent_cannot_be_given_by_hand_too(selling):  # noqa: F811
    order, ref = mixed(selling)
    selling.customer_cancels(ref)
    with pytest.raises(Refused, match="not_allowed"):
        execute_refund(selling.store_id, MERCHANT, selling.sql("select id from refunds")[0][0], by_hand=True)
    selling.sync()
    assert there.given_back(order) == 8000


def test_an_order_cancelled_there_books_its_own_money_and_owes_the_rest(selling):  # noqa: F811
    order, _ = mixed(selling)
    there.cancel(selling.shop, order["id"], give_back=True)
    selling.changed(order, times=2)
    assert ledger(selling) == [("cash", 2000, "owed"), ("shopify", 8000, "succeeded")]
    assert selling.bookings()[0][1] == "cancelled" and selling.bookings()[0][3:6] == (10000, 8000, 2000)
    text = said(selling, "booking_cancelled")
    assert "$80 was refunded. Harbor Massage will refund you $20 directly." in text and "kept" not in text
    assert selling.outbox("refund_paid") == []


def test_an_order_cancelled_there_without_its_money_still_owes_the_cash(selling):  # noqa: F811
    order, _ = mixed(selling)
    there.cancel(selling.shop, order["id"], give_back=False)
    selling.changed(order, times=2)
    assert ledger(selling) == [("cash", 2000, "owed"), ("shopify", 0, None)] and selling.bookings()[0][4:6] == (0, 2000)


def test_what_the_shop_refunds_there_pays_only_what_is_owed_of_the_order(selling):  # noqa: F811
    order, ref = mixed(selling)
    selling.write("update stores set policy = jsonb_set(policy, '{cancel,refund_mode}', '\"manual\"')")
    selling.customer_cancels(ref)
    selling.sync()
    selling.set_clock(selling.now + timedelta(hours=1))
    there.refund(selling.shop, order["id"], lines=[(order["lines"][0]["id"], 1)], amount=None)
    selling.changed(order, times=2)
    assert ledger(selling) == [("cash", 2000, "owed"), ("shopify", 8000, "succeeded")]
    assert "$80 was refunded the way you paid." in said(selling, "refund_paid") and "You're still owed $20." in said(selling, "refund_paid")
    assert len(selling.outbox("refund_paid")) == 1


def test_seats_refunded_there_take_their_part_of_the_cash_along(selling):  # noqa: F811
    order, _ = party(selling)
    there.refund(selling.shop, order["id"], lines=[(order["lines"][0]["id"], 1)], amount=None)
    selling.changed(order, times=2)
    assert selling.bookings()[0][6] == 3 and ledger(selling) == [("cash", 1000, "owed"), ("shopify", 8000, "succeeded")]


def test_what_was_kept_of_seats_that_left_stays_kept_when_the_order_is_cancelled(selling):  # noqa: F811
    order, ref = party(selling, policy={"cancel": {"notice": "PT0S", "tiers": [{"outcome": "forfeit"}]}})
    assert cancel_booking(selling.store_id, MERCHANT, ref, seats=3).refund.kept == 27_000
    there.cancel(selling.shop, order["id"], give_back=True)
    selling.changed(order, times=2)
    assert selling.bookings()[0][1] == "cancelled" and ledger(selling) == [("cash", 1000, "owed"), ("shopify", 32_000, "succeeded")]


def test_a_card_the_shop_only_noted_is_not_promised(selling):  # noqa: F811
    b = selling.book(START, staff=selling.elena, paid=2500)
    with reading(selling.store_id) as tx:
        quote = facts.quote_cancellation(tx, b)
    assert words_for("en").refund(quote.facts(), "Harbor Massage") == "Harbor Massage will refund you $25 directly."
    done = cancel_booking(selling.store_id, MERCHANT, b.ref, refund="full")
    assert "to the card" not in said(selling, "booking_cancelled") and done.booking.owed == 2500

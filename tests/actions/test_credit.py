"""Store credit: given with an end, spent at the next booking, back again when that is cancelled; the customer's choice (R21, R33)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from booking import facts, quotes
from booking.actions.cancel_booking import cancel_booking
from booking.actions.create_booking import create_booking
from booking.actions.refund_booking import refund_booking
from booking.actions.stores import update_store
from booking.credit import credit_of
from messages import render_mail
from models.actor import SYSTEM
from models.base import new_id
from models.payment import Payment
from models.refund import CreditUse
from models.session import reading, transaction
from tests.actions.test_cancel import ALWAYS, cancel, refunds, with_policy
from tests.actions.test_documents import listed
from tests.actions.test_reschedule import move, refused
from tests.support.world import MERCHANT, World, at, hours

CREDIT = {"cancel": ALWAYS | {"tiers": [{"outcome": "credit"}]}}


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def left(world, customer_id, currency=None):
    with reading(world.store_id) as tx:
        return [(one.left, one.currency) for one in credit_of(tx, customer_id, currency)]


def given(world, amount=2500, day=10):
    """A customer with credit for a cancelled booking."""
    b = with_policy(world, CREDIT, at(day, 15), paid=amount)
    cancel(world, b)
    return b.customer_id


def spend(world, customer_id, *, price=8000, start=None, day=20, **more):
    service = world.add_service("Again", price=price, **more)
    return create_booking(world.store_id, world.customer(type("B", (), {"customer_id": customer_id})), service_id=service, starts_at=start or at(day, 15),
                          staff_id=world.elena, customer_id=customer_id, use_credit=True).booking


def test_credit_has_the_stores_end(world):
    customer = given(world)
    with reading(world.store_id) as tx:
        assert [one.expires_at for one in credit_of(tx, customer)] == [world.now + timedelta(days=365)]
    update_store(world.store_id, MERCHANT, credit_days=None)
    again = given(world, 1000, day=11)
    with reading(world.store_id) as tx:
        assert [one.expires_at for one in credit_of(tx, again)] == [world.now + timedelta(days=365), None]


def test_it_pays_the_next_booking_as_far_as_it_goes(world):
    b = spend(world, given(world))
    assert (b.paid, b.due) == (2500, 5500)
    assert left(world, b.customer_id) == []
    assert world.sql("select method, amount from payments where booking_id = %s", b.id) == [("credit", 2500)]
    assert listed(world, b)[-1][1:] == ("receipt", 2500)


def test_what_ends_first_is_spent_first_and_the_rest_stays(world):
    customer = given(world, 2500)
    world.set_clock(world.now + hours(1))
    given(world, 1000, day=11)
    b = spend(world, customer, price=3000)
    assert (b.paid, b.due, left(world, customer)) == (3000, 0, [(500, "USD")])
    assert world.sql("select amount, used from credits order by expires_at") == [(2500, 2500), (1000, 500)]


def test_expired_foreign_and_other_peoples_credit_is_not_there(world):
    customer = given(world)
    yen = world.add_service("Yen", price=3000, currency="JPY")
    b = create_booking(world.store_id, world.customer(type("B", (), {"customer_id": customer})), service_id=yen, starts_at=at(20, 15),
                       staff_id=world.elena, customer_id=customer, use_credit=True).booking
    assert (b.paid, b.due) == (0, 3000)
    other = world.book(at(12, 15), email="bea@example.com")
    assert spend(world, other.customer_id, day=21).paid == 0
    world.set_clock(world.now + timedelta(days=366))
    assert left(world, customer) == []


def test_it_comes_back_as_credit_when_that_booking_is_cancelled(world):
    customer = given(world)
    b = spend(world, customer, price=2500)
    done = cancel(world, b)
    assert (done.refund.outcome, done.refund.credit, done.booking.owed, done.booking.refunded) == ("credit", 2500, 0, 0)
    assert left(world, customer) == [(2500, "USD")]
    assert world.outbox("execute_refund", channel="stripe") == []


def test_it_keeps_its_end_when_it_comes_back_but_lasts_a_month(world):
    customer = given(world)
    end = world.now + timedelta(days=365)
    b = spend(world, customer, price=2500)
    cancel(world, b)
    with reading(world.store_id) as tx:
        assert [one.expires_at for one in credit_of(tx, customer)] == [end]
    world.set_clock(end - timedelta(days=2))
    c = spend(world, customer, price=2500, start=world.now.replace(hour=15) + timedelta(days=9))
    cancel_booking(world.store_id, MERCHANT, c.ref, refund="full", override=True)
    with reading(world.store_id) as tx:
        assert [one.expires_at for one in credit_of(tx, customer)] == [world.now + timedelta(days=30)]


def test_card_and_credit_come_back_each_as_what_it_was(world):
    customer = given(world, 1000)
    service = world.add_service("Both", price=2500)
    b = create_booking(world.store_id, MERCHANT, service_id=service, starts_at=at(20, 15), staff_id=world.elena, customer_id=customer,
                       payments=[{"amount": 1500, "method": "card"}], use_credit=True).booking
    assert (b.paid, b.due) == (2500, 0)
    done = cancel(world, b)
    assert (done.refund.outcome, done.refund.amount, done.refund.cash, done.refund.credit) == ("full", 2500, 1500, 1000)
    assert (done.booking.owed, left(world, customer)) == (1500, [(1000, "USD")])
    assert sorted(row[1:5] for row in refunds(world, b)) == [("credit", "succeeded", "automatic", 1000), ("full", "owed", "automatic", 1500)]
    assert len(world.outbox("execute_refund", channel="stripe")) == 1
    [mail] = [row for row in world.outbox("merchant_booking_cancelled") if (row.booking_id, row.recipient) == (b.id, "shop@example.com")]
    assert "Refund: $15. You find it under refunds owed" in render_mail(mail.topic, mail.payload, "x.example").text


def test_goodwill_on_credit_is_credit_at_once(world):
    b = spend(world, given(world), price=2500)
    done = refund_booking(world.store_id, MERCHANT, b.ref, amount=400)
    assert (done.refund.outcome, left(world, b.customer_id)) == ("credit", [(400, "USD")])
    refused("invalid", refund_booking, world.store_id, MERCHANT, b.ref, amount=2101)


def test_two_bookings_at_once_spend_it_once(world):
    customer = given(world)
    made = []
    services = [world.add_service(f"S{n}", price=2500) for n in range(4)]

    def book(n: int) -> None:
        made.append(create_booking(world.store_id, MERCHANT, service_id=services[n], starts_at=at(20 + n, 15), staff_id=world.elena,
                                   customer_id=customer, use_credit=True).booking)

    threads = [threading.Thread(target=book, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(b.paid for b in made) == [0, 0, 0, 2500] and left(world, customer) == []


def test_credit_that_stands_for_a_deposit_must_cover_it(world):
    customer = given(world)
    values = {"service_id": world.service, "staff_id": world.elena, "customer_id": customer, "use_credit": True, "credit_covers": 2500}
    assert create_booking(world.store_id, MERCHANT, starts_at=at(20, 15), **values).booking.paid == 2500
    refused("quote_changed", create_booking, world.store_id, MERCHANT, starts_at=at(21, 15), **values)
    assert world.sql("select count(*) from bookings where starts_at = %s", at(21, 15)) == [(0,)]


@pytest.mark.parametrize(("amount", "method", "refusal"), [(2501, "credit", "credits_amount"), (100, "card", "another kind or currency")])
def test_the_database_refuses_a_unit_too_many_and_other_kinds_of_payment(world, amount, method, refusal):
    customer = given(world)
    b = world.book(at(20, 15))
    credit = world.sql("select id from credits where customer_id = %s", customer)[0][0]
    with pytest.raises(Exception, match=refusal), transaction(world.store_id, SYSTEM) as tx:
        payment = new_id()
        tx.db.execute(Payment.__table__.insert().values(store_id=world.store_id, id=payment, booking_id=b.id, amount=amount, currency="USD",
                                                        method=method, captured_at=tx.now))
        tx.db.execute(CreditUse.__table__.insert().values(store_id=world.store_id, id=new_id(), credit_id=credit, payment_id=payment, amount=amount))


class TestChoice:
    """`credit_choice`: credit instead of money where the customer wants it (D26g)."""

    def choosing(self, world, allowed=True):
        return with_policy(world, {"cancel": ALWAYS | {"tiers": [{"outcome": "partial", "percent": 50}], "credit_choice": allowed}}, at(10, 15))

    def quote(self, world, b, as_credit):
        with reading(world.store_id) as tx:
            return facts.quote_cancellation(tx, b, as_credit=as_credit)

    def test_the_customer_chooses(self, world):
        b = self.choosing(world)
        quote = self.quote(world, b, True)
        assert (quote.outcome, quote.amount, quote.kept) == ("credit", 1250, 1250)
        cancel_booking(world.store_id, world.customer(b), b.ref, quote=quotes.sign(quote, b, 1), as_credit=True)
        assert (left(world, b.customer_id), world.read(b.ref).owed) == ([(1250, "USD")], 0)

    def test_only_where_the_policy_gives_the_choice(self, world):
        b = self.choosing(world, allowed=False)
        assert self.quote(world, b, True).outcome == "partial"

    def test_a_quote_of_money_never_becomes_credit(self, world):
        b = self.choosing(world)
        text = quotes.sign(self.quote(world, b, False), b, 1)
        refused("quote_changed", cancel_booking, world.store_id, world.customer(b), b.ref, quote=text, as_credit=True)
        assert world.read(b.ref).status == "confirmed"

    def test_once_a_seat_has_left_with_credit_the_fee_told_is_the_one_of_the_others(self, world):
        """A8, R30: the terms shown and the outcome say the same."""
        service = world.add_service("Class", capacity=4, price=2500, staff=[world.elena], policy={
            "cancel": ALWAYS | {"tiers": [{"outcome": "full"}], "fee": {"amount": 4000}, "credit_choice": True}})
        world.session(service, at(12, 15), capacity=4)
        b = world.book(at(12, 15), service=service, seats=4, paid=10000)
        with reading(world.store_id) as tx:
            quote = facts.quote_cancellation(tx, b, seats=1, as_credit=True)
        b = cancel_booking(world.store_id, world.customer(b), b.ref, quote=quotes.sign(quote, b, 1), seats=1, as_credit=True).booking
        assert left(world, b.customer_id) == [(1500, "USD")]
        with reading(world.store_id) as tx:
            assert facts.shown_policy(tx, b).fee == facts.quote_cancellation(tx, b).fee == 3000


def test_a_detour_never_turns_credit_into_money(world):
    tiers = [{"at_least": "P7D", "outcome": "full"}, {"outcome": "credit"}]
    b = with_policy(world, {"reschedule": {"notice": "PT0S"}, "cancel": ALWAYS | {"tiers": tiers}}, at(10, 15))
    world.set_clock(at(8, 15))
    moved = move(world, b, at(24, 15))
    assert (moved.sticky_num, moved.sticky_den, moved.sticky_credit) == (1, 1, True)
    done = cancel(world, moved)
    assert (done.refund.outcome, done.refund.amount, done.booking.owed) == ("credit", 2500, 0)
    c = with_policy(world, {"reschedule": {"notice": "PT0S"}, "cancel": ALWAYS | {"tiers": tiers}}, at(11, 15))
    back = move(world, move(world, c, at(25, 15)), at(26, 15), by=MERCHANT)
    assert not back.sticky_credit and cancel(world, back).booking.owed == 2500

"""Guards of money against what happens at the same moment: each test fails when its guard is taken away (I2, I7, I16)."""

from __future__ import annotations

import threading
import time

import pytest

from booking.actions import deposit
from booking.actions.deposit import return_deposit
from booking.actions.record_payment import record_payment
from booking.credit import pay_with_credit
from gateways.stripe import accounts, pages
from models.actor import SYSTEM
from models.booking_summary import find_by_id
from models.session import transaction
from tests.actions.test_cancel import cancel
from tests.actions.test_reschedule import race
from tests.storefront.visitor import Visitor
from tests.stripe.test_deposits import begin, booked
from tests.stripe.till_pages import type_card
from tests.support.world import MERCHANT, at


@pytest.fixture
def paid_intent(made_app, world, till) -> int:
    """A seat in a class with room for many, paid at Stripe and not yet booked."""
    visitor = Visitor(made_app, world)
    yoga = world.add_service("Yoga", deposit=2500, capacity=9, staff=[world.elena])
    world.session(yoga, at(11, 16), capacity=9)
    begin(visitor, yoga)
    type_card(till, visitor.page)
    return world.sql("select id from intents")[0][0]


def together(jobs) -> list[BaseException]:
    """Run all jobs at once; what they raised."""
    raised: list[BaseException] = []

    def run(job):
        try:
            job()
        except Exception as error:  # noqa: BLE001
            raised.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


class TestDeposit:
    def test_a_payment_is_booked_once_even_without_the_lock(self, world, till, paid_intent, monkeypatch):
        """The database itself knows a payment of Stripe only once (second guard)."""
        real, meet = deposit.find_intent, threading.Barrier(4, timeout=10)

        def unlocked(tx, intent_id, *, lock=False):  # noqa: ANN001, ANN202
            found = real(tx, intent_id)
            if lock and found.state == "open":
                meet.wait()
            return found

        monkeypatch.setattr(deposit, "find_intent", unlocked)
        raised = together([lambda: pages.finish(world.store_id, paid_intent)] * 4)
        assert len(raised) == 3 and all("payments_provider_ref" in str(error) for error in raised)
        assert len(booked(world)) == 1 and len(world.sql("select 1 from payments")) == 1 and till.refunds() == []

    def test_what_is_booked_does_not_go_back(self, world, till, paid_intent):
        """A second process found the time taken, by this very booking."""
        pages.finish(world.store_id, paid_intent)
        return_deposit(world.store_id, SYSTEM, paid_intent, "slot_taken")
        assert world.sql("select state from intents") == [("succeeded",)] and world.outbox("return_deposit", channel="stripe") == []


def test_credit_that_is_being_spent_waits_for_the_other(world, till):
    """Two bookings with different people at the same moment: one gets the credit, the other is told that none is left (R21)."""
    gone = world.book(at(10, 15), service=world.add_service("Credit", policy={"cancel": {"notice": "PT0S", "tiers": [{"outcome": "credit"}]}}),
                      staff=world.elena, paid=2500)
    cancel(world, gone)
    one, other = world.book(at(11, 15), staff=world.elena), world.book(at(11, 15), staff=world.tom)
    spent: list[int] = []

    def spend() -> None:
        with transaction(world.store_id, SYSTEM) as tx:
            spent.append(pay_with_credit(tx, find_by_id(tx, other.id)))

    raised: list[BaseException] = []
    with transaction(world.store_id, SYSTEM) as tx:
        assert pay_with_credit(tx, find_by_id(tx, one.id)) == 2500
        thread = threading.Thread(target=lambda: raised.extend(together([spend])))
        thread.start()
        until = time.monotonic() + 10
        while not _waits(tx) and time.monotonic() < until:
            time.sleep(0.02)
    thread.join()
    assert (raised, spent) == ([], [0])
    assert (world.read(one.ref).paid, world.read(other.ref).paid) == (2500, 0)


def _waits(tx) -> bool:  # noqa: ANN001
    """Whether another connection to this database waits for a lock."""
    return tx.db.exec_driver_sql("select exists (select 1 from pg_locks where not granted)").scalar()


def test_what_is_due_is_taken_once(world, till):
    b = world.book(at(10, 15))
    jobs = [lambda: record_payment(world.store_id, MERCHANT, b.ref, {"amount": 8000, "method": "cash"})] * 6
    assert race(world, jobs) == ["invalid"] * 5 + ["ok"] and world.read(b.ref).paid == 8000


def test_an_account_opened_from_two_windows_is_one(world, bank):
    bank.moment.append(world.now)
    assert together([lambda: accounts.onboard(world.store_id, MERCHANT, "https://shop/back", "https://shop/again")] * 4) == []
    assert len(bank.all("account", "")) == 1 and world.sql("select count(*) from payment_accounts") == [(1,)]

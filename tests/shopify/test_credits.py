"""Credit for money of an order is the shop's own store credit: given there once, whatever the wire does, and never spendable twice (R23, R21)."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from booking.actions.redact_customer import redact_customer
from booking.credit import all_credit_of, credit_of
from booking.privacy import customer_data
from booking.shopify.connection import uninstall_shop
from booking.wording import words_for
from gateways.shopify import documents
from models.actor import SYSTEM
from models.session import reading
from sandbox.shopify import credits as there
from tests.actions.test_credit import CREDIT
from tests.shopify.test_orders import Selling
from tests.support.world import MERCHANT, at


@pytest.fixture
def selling(over, owner_url) -> Selling:
    """A shop whose policy gives credit, for half a year. Orders are left alone, so that credit is the first thing written there."""
    store = Selling(over, owner_url, policy=CREDIT)
    store.write("update shopify_installs set on_cancel = 'nothing'")
    store.write("update stores set credit_days = 180 where store_id = opencals_store()")
    return store


def cancelled(store: Selling, *starts) -> list[str]:
    """Bookings that came with orders, cancelled by their customer."""
    for start in starts or (at(10, 15),):
        store.changed(store.order(start))
    refs = [row[0] for row in store.bookings()]
    for ref in refs:
        store.customer_cancels(ref)
    return refs


def ledger(store: Selling) -> list[tuple]:
    return store.sql("select c.amount, c.used, c.place, s.state from credits c left join shopify_credits s on s.store_id = c.store_id and s.credit_id = c.id order by c.id")


def over_there(store: Selling) -> int:
    return there.balance(store.shop, store.ada, "USD")


def later(store: Selling, **delta: int) -> None:
    store.set_clock(store.now + timedelta(**(delta or {"minutes": 2})))


def retry(store: Selling, times: int = 4) -> None:
    for _ in range(times):
        later(store, minutes=14)
        store.sync()


def test_it_is_given_there_once_and_cannot_be_spent_here(selling):
    cancelled(selling)
    assert ledger(selling) == [(8000, 0, "shopify", "due")] and over_there(selling) == 0
    selling.sync()
    selling.sync()
    assert ledger(selling) == [(8000, 0, "shopify", "given")] and over_there(selling) == 8000
    assert [call["operation"] for call in selling.calls("StoreCredit", "StoreCredits")] == ["StoreCredit"], "the first try has nothing to look for"
    customer_id = selling.sql("select id from customers")[0][0]
    with reading(selling.store_id) as tx:
        assert credit_of(tx, customer_id) == [] and [(one.left, one.place) for one in all_credit_of(tx, customer_id)] == [(8000, "shopify")]
        assert [one["place"] for one in customer_data(tx, customer_id)["credits"]] == ["shopify"]
    assert selling.sql("select count(*) from audit_entries where action = 'give_credit'") == [(1,)] and selling.due() == []


def test_its_end_goes_along_and_no_key_is_claimed(selling):
    cancelled(selling)
    selling.sync()
    [one] = there.transactions(selling.shop)
    [(until,)] = selling.sql("select expires_at from credits")
    assert one["expiresAt"] == until.isoformat() == (selling.now + timedelta(days=180)).isoformat()
    assert "@idempotent" not in documents.STORE_CREDIT, "Shopify documents no idempotency of this mutation: a key would promise what it does not hold"


def test_the_customer_is_told_where_it_is(selling):
    cancelled(selling)
    [mail] = selling.outbox("booking_cancelled")
    assert mail.payload["refund"]["credit_at_shop"] is True
    sentence = words_for("en").refund(mail.payload["refund"], "Harbor Massage", done=True)
    assert sentence.startswith("You'll get $80 as store credit in your account at Harbor Massage. You can use it at checkout. It is valid until")


@pytest.mark.parametrize("lost", ["timeout_after_effect", "timeout", "5xx"])
@pytest.mark.parametrize("times", [1, 3])
def test_lost_answers_give_it_once(selling, lost, times):
    cancelled(selling)
    selling.over.shopify.faults.order("shopify", lost, times)
    retry(selling)
    assert over_there(selling) == 8000 and ledger(selling) == [(8000, 0, "shopify", "given")]


def test_equal_credits_with_lost_answers_are_each_given_once(selling):
    """Three cancellations of one moment: same amount, same end. Whoever finds a transaction first has it."""
    cancelled(selling, at(10, 15), at(10, 17), at(11, 15))
    selling.over.shopify.faults.order("shopify", "timeout_after_effect", 2)
    retry(selling)
    assert over_there(selling) == 24_000 and ledger(selling) == [(8000, 0, "shopify", "given")] * 3
    gids = [row[0] for row in selling.sql("select transaction_gid from shopify_credits")]
    assert len(set(gids)) == 3 == len(there.transactions(selling.shop))


def test_a_worker_that_dies_after_the_call_gives_nothing_twice(selling, monkeypatch):
    from sync.shopify import credits
    cancelled(selling)
    monkeypatch.setattr(credits, "settle_credit", lambda *given: (_ for _ in ()).throw(RuntimeError("killed")))
    selling.sync()
    assert over_there(selling) == 8000 and ledger(selling)[0][3] == "asked"
    monkeypatch.undo()
    retry(selling, 1)
    assert over_there(selling) == 8000 and ledger(selling)[0][3] == "given" and len(selling.calls("StoreCredit")) == 1


def test_credit_of_others_is_not_taken_for_ours(selling):
    """The shop's own people gave as much, before and meanwhile with another end: ours is still to be given."""
    there.add(selling.shop, selling.ada, 8000, "USD", (selling.now + timedelta(days=180)).isoformat())
    later(selling, hours=3)
    cancelled(selling)
    selling.over.shopify.faults.order("shopify", "timeout", 1)
    selling.sync()
    there.add(selling.shop, selling.ada, 8000, "USD")
    there.add(selling.shop, selling.ada, 7999, "USD", (selling.now + timedelta(days=180)).isoformat())
    retry(selling)
    assert over_there(selling) == 31_999 and ledger(selling)[0][3] == "given"


@pytest.mark.parametrize("why", ["scope", "unsupported", "gone"])
def test_what_shopify_does_not_take_is_spent_here_and_the_shop_is_told(selling, why, monkeypatch):
    refs = cancelled(selling)
    if why == "unsupported":
        monkeypatch.setattr(there, "CURRENCIES", frozenset({"EUR"}))
    elif why == "scope":
        selling.shop.scopes = "read_customers,write_customers"
    else:
        del selling.shop.customers[selling.ada]
    selling.sync()
    assert ledger(selling) == [(8000, 0, "store", "store")] and over_there(selling) == 0
    with reading(selling.store_id) as tx:
        assert [one.left for one in credit_of(tx, tx.db.exec_driver_sql("select customer_id from credits").scalar_one())] == [8000]
    assert selling.sql("select kind, facts->>'booking' from shopify_tasks") == [("credit_here", refs[0])]
    retry(selling, 2)
    assert over_there(selling) == 0 and ledger(selling) == [(8000, 0, "store", "store")]


def test_what_was_paid_otherwise_or_by_a_stranger_stays_here(selling):
    b = selling.book(at(10, 15), email="bea@example.com", paid=4000)
    selling.customer_cancels(b.ref)
    selling.changed(selling.order(at(11, 15)))
    selling.write("update customers set shopify_id = null")  # not known over there (any more)
    selling.customer_cancels(selling.bookings()[-1][0])
    assert [row[2:] for row in ledger(selling)] == [("store", None)] * 2


def test_without_the_scope_nothing_is_promised(selling):
    selling.write("update shopify_installs set scopes = 'read_customers,write_customers'")
    cancelled(selling)
    selling.sync()
    assert ledger(selling) == [(8000, 0, "store", None)] and selling.calls("StoreCredit") == []
    assert selling.outbox("booking_cancelled")[0].payload["refund"]["credit_at_shop"] is False


def test_what_is_spent_at_the_checkout_is_not_left_here(selling):
    cancelled(selling, at(10, 15), at(11, 15))
    selling.sync()
    there.spend(selling.shop, selling.ada, 9500, "USD")
    later(selling, minutes=31)
    selling.sync()
    assert sum(row[0] - row[1] for row in ledger(selling)) == over_there(selling) == 6500
    looks = len(selling.calls("CreditLeft"))
    there.spend(selling.shop, selling.ada, 6500, "USD")
    later(selling, minutes=31)
    selling.sync()
    assert sum(row[0] - row[1] for row in ledger(selling)) == over_there(selling) == 0 and len(selling.calls("CreditLeft")) == looks + 1
    later(selling, minutes=31)
    selling.sync()
    assert len(selling.calls("CreditLeft")) == looks + 1, "what is used up is not looked at again"


def test_the_database_refuses_to_spend_it_here(selling):
    cancelled(selling)
    b = selling.book(at(12, 15), email="ada@example.com")
    with pytest.raises((DBAPIError, psycopg.Error), match="another kind or currency, or living elsewhere"):
        selling.write("with p as (insert into payments (store_id, id, booking_id, amount, currency, method, captured_at) values"
                      " (opencals_store(), 77, %s, 100, 'USD', 'credit', opencals_now()) returning id)"
                      " insert into credit_uses (store_id, id, credit_id, payment_id, amount) select opencals_store(), 78, (select id from credits), 77, 100 from p", b.id)


def test_a_shop_that_leaves_hands_back_what_it_never_heard_of(selling):
    cancelled(selling)
    uninstall_shop(selling.store_id, SYSTEM, None)
    assert ledger(selling) == [(8000, 0, "store", "store")]


def test_a_shop_that_comes_back_finishes_what_it_may_have_done(selling):
    cancelled(selling)
    selling.over.shopify.faults.order("shopify", "timeout_after_effect", 1)
    selling.sync()
    selling.shop.uninstall()
    uninstall_shop(selling.store_id, SYSTEM, None)
    assert ledger(selling)[0][2:] == ("shopify", "asked")
    later(selling, minutes=30)
    selling.connect()
    retry(selling, 2)
    assert ledger(selling)[0][3] == "given" and over_there(selling) == 8000


def test_merged_customers_keep_their_credit(selling):
    from booking.shopify.merging import merge_linked
    cancelled(selling)
    selling.over.shopify.faults.order("shopify", "timeout_after_effect", 1)
    selling.sync()
    kept = selling.shop.add_customer(firstName="Ada", email="ada.new@example.com", verifiedEmail=True)["id"]
    selling.shop.merge_customers(kept, selling.ada)
    merge_linked(selling.store_id, SYSTEM, kept, selling.ada)
    retry(selling, 3)
    assert there.balance(selling.shop, kept, "USD") == 8000 and ledger(selling)[0][3] == "given"


def test_an_erased_customer_gets_nothing_there(selling):
    cancelled(selling)
    redact_customer(selling.store_id, MERCHANT, selling.sql("select id from customers")[0][0])
    selling.sync()
    assert over_there(selling) == 0 and ledger(selling)[0][2] == "store"

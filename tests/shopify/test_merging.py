"""A merge over there: the kept customer has everything, once, and links keep working (R44)."""

from __future__ import annotations

import pytest
from flask import Flask

from app import create_app
from booking import keys
from models.session import database, use
from tests.shopify.delivering import deliver
from tests.support.world import at


@pytest.fixture(scope="module")
def app(over, db) -> Flask:
    app = create_app(over.settings)
    yield app
    database().engine.dispose()
    use(db)
    keys.configure(over.settings)


@pytest.fixture
def two(store):
    """Two customers with a booking each, both linked."""
    bookings = [store.book(at(10, 15 + n), email=email) for n, email in enumerate(("ada@example.com", "bea@example.com"))]
    store.write("update customers set phone = null")
    store.sync()
    gids = [store.sql("select shopify_id from customers where id = %s", b.customer_id)[0][0] for b in bookings]
    assert all(gids)
    return bookings, gids


def merge(app, store, kept: str, removed: str, times: int = 1) -> None:
    store.webhooks()
    store.shop.merge_customers(kept, removed)
    for webhook in store.webhooks("customers/merge") * times:
        deliver(app, store, webhook)
    store.sync()


def test_bookings_go_to_the_kept_one_whatever_is_repeated(app, store, two):
    bookings, (kept, removed) = two
    merge(app, store, kept, removed, times=3)
    assert {store.read(b.ref).customer_id for b in bookings} == {bookings[0].customer_id}
    assert store.sql("select count(*) from customers where shopify_id = %s", removed) == [(0,)]
    assert store.sql("select count(*) from audit_entries where action = 'merge_customers'") == [(1,)] and store.due() == []


def test_the_calendar_over_there_shows_both(app, store, two):
    _, (kept, removed) = two
    merge(app, store, kept, removed)
    assert store.shop.metafields[kept, "$app", "upcoming_appointments"]["value"] == "2"


def test_one_we_do_not_know_takes_over_the_one_we_know(app, store, two):
    bookings, (_, removed) = two
    stranger = store.shop.add_customer(firstName="Stranger")["id"]
    merge(app, store, stranger, removed)
    assert store.sql("select shopify_id from customers where id = %s", bookings[1].customer_id) == [(stranger,)]


def test_a_merge_of_strangers_changes_nothing(app, store, two):
    one, other = (store.shop.add_customer(firstName=name)["id"] for name in ("One", "Other"))
    before = store.sql("select id, shopify_id, version from customers order by id")
    merge(app, store, one, other)
    assert store.sql("select id, shopify_id, version from customers order by id") == before


def test_a_merge_heard_of_before_the_customers_is_made_up_for(app, store, two):
    """The removed one's last update arrives late: it is gone over there, and does not come back here."""
    bookings, (kept, removed) = two
    merge(app, store, kept, removed)
    deliver(app, store, {"topic": "customers/update", "payload": {"id": int(removed.rsplit("/", 1)[1]), "updated_at": "2027-03-01T11:00:00Z"}})
    store.sync()
    assert store.sql("select count(*) from customers where erased_at is null") == [(1,)] and store.read(bookings[1].ref).status == "confirmed"

"""A merge over there: the kept customer has everything, once, and links keep working (R44)."""

from __future__ import annotations

import itertools

import pytest
from flask import Flask

from app import create_app
from booking import keys
from booking.shopify.people import settle_customer
from booking.shopify.remote import remote_of
from models.actor import SYSTEM
from models.session import database, use
from tests.shopify.delivering import deliver
from tests.shopify.world import Connected
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


# Word of what followed a merge may come before word of the merge (I23).

def chain(store, gids: list[str]) -> dict[str, dict]:
    """Everybody into the next one over there; what Shopify says of it, by name."""
    store.webhooks()
    for removed, kept in itertools.pairwise(gids):
        store.shop.merge_customers(kept, removed)
    return {f"merge {n}": webhook for n, webhook in enumerate(store.webhooks("customers/merge"))}


def deletion(gid: str) -> dict:
    return {"topic": "customers/delete", "payload": {"id": int(gid.rsplit("/", 1)[1]), "admin_graphql_api_id": gid}}


def erasure(store, gid: str) -> dict:
    return {"topic": "customers/redact", "payload": {"shop_id": store.shop.number, "customer": {"id": int(gid.rsplit("/", 1)[1])}}}


def state(store, gids: list[str]) -> list[tuple]:
    """For each customer with bookings: which these are, who they are over there, whether they are erased."""
    return sorted((sorted(refs), name if name is None else gids.index(name), erased) for refs, name, erased in store.sql(
        "select array_agg(b.contact_email is null), c.shopify_id, c.erased_at is not null from customers c join bookings b"
        " on b.store_id = c.store_id and b.customer_id = c.id group by c.id, c.shopify_id, c.erased_at"))


@pytest.fixture
def people(over, owner_url):
    """`people(n, known)`: a shop of its own with n customers, the first `known` of whom have a booking here."""
    def made(n: int = 4, known: int | None = None):
        store = Connected(over, owner_url)
        booked = [store.book(at(10 + place, 15), email=f"c{place}@example.com") for place in range(n if known is None else known)]
        store.write("update customers set phone = null")
        store.sync()
        gids = [store.sql("select shopify_id from customers where id = %s", b.customer_id)[0][0] for b in booked]
        gids += [store.shop.add_customer(firstName="Stranger")["id"] for _ in range(n - len(gids))]
        store.sync()
        return store, gids
    return made


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
@pytest.mark.parametrize("known", [4, 3, 1])
@pytest.mark.parametrize("work", [True, False], ids=["worked between", "at once"])
def test_three_merges_in_any_order(app, people, order, known, work):
    store, gids = people(4, known)
    told = list(chain(store, gids).values())
    for place in order:
        deliver(app, store, told[place])
        if work:
            store.sync()
    store.sync()
    assert state(store, gids) == [([False] * known, 3, False)]
    assert store.sql("select count(*) from shopify_tasks") == [(0,)] and store.due() == []
    assert store.shop.metafields[gids[3], "$app", "upcoming_appointments"]["value"] == str(known)


EVENTS = ("merge 0", "merge 1", "other")


@pytest.mark.parametrize("order", list(itertools.permutations(EVENTS)), ids=",".join)
@pytest.mark.parametrize("known", [3, 1])
@pytest.mark.parametrize("whose", range(3))
def test_a_deletion_anywhere_between(app, people, order, known, whose):
    """Whoever is gone over there: the bookings of all end with one customer, as when heard of in order."""
    store, gids = people(3, known)
    told = chain(store, gids) | {"other": deletion(gids[whose])}
    if whose == 2:
        del store.shop.customers[gids[2]]
    for name in order:
        deliver(app, store, told[name])
        store.sync()
    assert state(store, gids) == [([False] * known, None if whose == 2 else 2, False)]


@pytest.mark.parametrize("order", list(itertools.permutations(EVENTS)), ids=",".join)
def test_an_erasure_of_who_has_them_all_anywhere_between(app, people, order, owner_url):
    """Nobody who was merged into them stays, and nothing names them."""
    store, gids = people(3)
    told = chain(store, gids) | {"other": erasure(store, gids[2])}
    del store.shop.customers[gids[2]]
    for name in order:
        deliver(app, store, told[name])
        store.sync()
    assert store.sql("select count(*) from customers where erased_at is null") == [(0,)]
    assert store.sql("select count(*) from bookings where contact_email is not null") == [(0,)]
    assert store.sql("select count(*) from shopify_gone where kept_gid is not null") == [(0,)]


@pytest.mark.parametrize("order", list(itertools.permutations(EVENTS)), ids=",".join)
@pytest.mark.parametrize("known", [3, 2])
def test_an_erasure_of_one_who_is_merged_leaves_the_kept_one_with_all_bookings(app, people, order, known):
    """What was erased before the merge was heard of stays erased; the bookings, which name nobody, are the kept one's all the same."""
    store, gids = people(3, known)
    told = chain(store, gids) | {"other": erasure(store, gids[1])}
    for name in order:
        deliver(app, store, told[name])
        store.sync()
    [(refs, who, erased)] = state(store, gids)
    nameless = {("other", "merge 1", "merge 0"): 1, ("other", "merge 0", "merge 1"): 2, ("merge 0", "other", "merge 1"): 2}.get(order, 0)
    assert (len(refs), sum(refs), who, erased) == (known, nameless, 2, False)
    assert store.sql("select count(*) from shopify_tasks where done_at is null") == [(0,)] and store.due() == []
    assert store.sql("select subject_id from audit_entries where action = 'finish_task'") == store.sql("select id from shopify_tasks"), "I3"
    assert store.shop.metafields[gids[2], "$app", "upcoming_appointments"]["value"] == str(known)


def test_who_was_deleted_and_then_erased_is_erased(app, people):
    store, gids = people(1)
    del store.shop.customers[gids[0]]
    for webhook in (deletion(gids[0]), erasure(store, gids[0])):
        deliver(app, store, webhook)
        store.sync()
    assert store.sql("select erased_at is not null from customers") == [(True,)]


def test_a_line_of_the_first_import_from_before_the_merge_makes_nobody(app, people):
    store, gids = people(2, 1)
    before = store.shop.customers[gids[0]]
    deliver(app, store, chain(store, gids)["merge 0"])
    store.sync()
    settle_customer(store.store_id, SYSTEM, remote_of({"id": gids[0], "firstName": "Old", "lastName": None, "updatedAt": before["updatedAt"], "locale": "en",
                                                       "verifiedEmail": False, "defaultEmailAddress": None, "defaultPhoneNumber": None}))
    assert store.sql("select shopify_id from customers where erased_at is null") == [(gids[1],)]

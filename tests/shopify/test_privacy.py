"""customers/redact: nothing of the person is left anywhere, nothing brings them back, the neighbour is untouched (R45, I60, I61)."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from flask import Flask
from redis import Redis

from app import create_app
from booking import keys
from booking.actions.tokens import create_token
from booking.actions.webhooks import create_webhook
from booking.webhooks import TOPICS
from models.session import database, use
from tests.shopify.world import Connected
from tests.shopify.delivering import deliver
from tests.support.world import MERCHANT, at

CANARIES = ("quetzalcoatl", "+12125550177", "Canary")


@pytest.fixture(scope="module")
def app(over, db) -> Flask:
    app = create_app(over.settings)
    yield app
    database().engine.dispose()
    use(db)
    keys.configure(over.settings)


@pytest.fixture
def person(store):
    """A customer over there with bookings here, past and to come, a mail waiting, a delivery waiting and an event for the shop's program."""
    create_webhook(store.store_id, MERCHANT, url="https://hooks.example.com/x", topics=TOPICS)
    there = store.shop.add_customer(firstName="Canary", lastName="Quetzalcoatl", email="quetzalcoatl@example.com", phone="+12125550177", verifiedEmail=True)
    store.write("select shopify_mark('remote_customer', %s)", there["id"])
    store.sync()
    bookings = [store.book(at(day, 15), email="quetzalcoatl@example.com", paid=2000, notes="Canary likes quiet") for day in (10, 12)]
    store.sync()
    return there, bookings


def redact(app, store, there, topic="customers/redact") -> None:
    payload = {"shop_id": store.shop.number, "shop_domain": store.shop.domain, "orders_to_redact": [], "data_request": {"id": 9},
               "customer": {"id": int(there["id"].rsplit("/", 1)[1]), "email": there["email"], "phone": there["phone"]}}
    assert deliver(app, store, {"topic": topic, "payload": payload}).status_code == 200
    store.sync()


def dump(owner_url: str, store_id: int, redis_url: str | None) -> str:
    """Every row of the store, and all of Redis where that is asked for, as text."""
    found = []
    with psycopg.connect(owner_url.replace("+psycopg", "")) as c:
        c.execute("select set_config('app.store_id', %s, false)", (str(store_id),))
        tables = [row[0] for row in c.execute("select table_name from information_schema.columns where column_name = 'store_id' and table_schema = 'public'")]
        for table in tables:
            found += [str(row[0]) for row in c.execute(f"select to_jsonb(t) from {table} t where store_id = %s", (store_id,))]
    if redis_url:
        redis = Redis.from_url(redis_url)
        found += [repr(key) + repr(redis.dump(key)) for key in redis.scan_iter("*")]
    return "\n".join(found)


def left(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary.lower() in text.lower()]


def test_the_canaries_are_there_to_be_found(store, person, owner_url, redis_url):
    assert left(dump(owner_url, store.store_id, redis_url)) == list(CANARIES)


def test_nothing_is_left_and_the_neighbour_is_unchanged(app, store, person, over, owner_url, redis_url):
    there, bookings = person
    neighbour = Connected(over, owner_url)
    b = neighbour.book(at(10, 15), email="quetzalcoatl@example.com", notes="Canary likes quiet")
    before = dump(owner_url, neighbour.store_id, None)
    deliver(app, store, {"topic": "customers/update", "payload": {"id": int(there["id"].rsplit("/", 1)[1]), "email": "quetzalcoatl@example.com"}})
    store.set_clock(store.now + timedelta(seconds=1))
    redact(app, store, there)
    assert left(dump(owner_url, store.store_id, redis_url)) == []
    assert dump(owner_url, neighbour.store_id, None) == before and neighbour.read(b.ref).contact_email == "quetzalcoatl@example.com"
    kept = [store.read(one.ref) for one in bookings]
    assert [one.status for one in kept] == ["confirmed", "confirmed"] and [one.paid for one in kept] == [2000, 2000]
    [(kind, facts)] = store.sql("select kind, facts from shopify_tasks")
    assert kind == "redacted_open_bookings" and sorted(facts["bookings"]) == sorted(one.ref for one in bookings)
    assert store.sql("select broken_audit_chain()") == [(None,)]


def test_nothing_brings_them_back(app, store, person, owner_url, redis_url):
    """Late deliveries, reconciliation and a new first import still name them: none of it is taken in (I60)."""
    there, bookings = person
    redact(app, store, there)
    number = int(there["id"].rsplit("/", 1)[1])
    deliver(app, store, {"topic": "customers/update", "payload": {"id": number, "email": there["email"], "first_name": "Canary"}})
    deliver(app, store, {"topic": "customers/create", "payload": {"id": number, "email": there["email"]}})
    store.write("select shopify_mark('import', 'customers')")
    store.write("select shopify_mark('calendar', %s)", str(bookings[0].customer_id))
    for _ in range(4):
        store.set_clock(store.now + timedelta(minutes=31))
        store.sync()
    assert left(dump(owner_url, store.store_id, redis_url)) == []


def test_a_request_about_somebody_unknown_changes_nothing(app, store, person, owner_url, redis_url):
    stranger = {"id": "gid://shopify/Customer/123", "email": "x@example.com", "phone": None}
    redact(app, store, stranger)
    assert left(dump(owner_url, store.store_id, redis_url)) == list(CANARIES)


def test_a_repeat_is_harmless(app, store, person):
    there, bookings = person
    for _ in range(2):
        redact(app, store, there)
    assert store.sql("select count(*) from audit_entries where action = 'redact_customer'") == [(1,)]


def test_a_data_request_is_a_case_for_the_merchant_without_the_data(app, store, person):
    there, bookings = person
    redact(app, store, there, "customers/data_request")
    [(kind, facts, customer_id)] = store.sql("select kind, facts, customer_id from shopify_tasks")
    assert (kind, facts, customer_id) == ("data_request", {"request": "9"}, bookings[0].customer_id)
    assert store.sql("select body from shopify_deliveries") == [(None,)]
    token = {"Authorization": f"Bearer {create_token(store.store_id, MERCHANT, 'tests').facts['token']}"}
    export = app.test_client().get(f"/api/merchant/v1/customers/{customer_id}/export", headers=token).json["data"]
    assert export["profile"]["email"] == "quetzalcoatl@example.com" and {row["ref"] for row in export["bookings"]} == {b.ref for b in bookings}
    assert app.test_client().get("/api/merchant/v1/customers/123/export", headers=token).status_code == 404


def test_a_dump_alone_reveals_no_token(store, owner_url, redis_url):
    """I64: what stands in the database opens nothing without the installation's keys."""
    text = dump(owner_url, store.store_id, redis_url)
    assert "v1." in text and not any(token in text for token in [*store.shop.access, *store.shop.refresh])

"""The customer's page at Shopify shows their bookings as they are, written only when they change; gaps are found (I24)."""

from __future__ import annotations

import json
from datetime import timedelta

from booking.actions.cancel_booking import cancel_booking
from booking.actions.reschedule_booking import reschedule_booking
from tests.shopify.test_people import later
from tests.support.world import MERCHANT, at


def fields(store) -> dict[str, str]:
    return {key[2]: value["value"] for key, value in store.shop.metafields.items() if key[2] != "customer"}


def test_next_last_and_count_follow_the_bookings(store):
    b = store.book(at(10, 15))
    store.sync()
    shown = fields(store)
    assert shown["next_appointment"] == at(10, 15).isoformat() and shown["upcoming_appointments"] == "1" and "last_appointment" not in shown
    entry = json.loads(shown["calendar"])["upcoming"][0]
    assert (entry["ref"], entry["service"], entry["staff"], entry["zone"]) == (b.ref, "Massage", "Elena Marsh", "America/New_York")
    assert "token" not in shown["calendar"] and "http" not in shown["calendar"]
    reschedule_booking(store.store_id, MERCHANT, b.ref, starts_at=at(11, 16))
    store.sync()
    assert fields(store)["next_appointment"] == at(11, 16).isoformat()
    cancel_booking(store.store_id, MERCHANT, b.ref)
    store.sync()
    assert fields(store)["upcoming_appointments"] == "0" and "next_appointment" not in fields(store)


def test_time_alone_makes_the_next_one_the_last(store):
    store.book(at(10, 15))
    store.sync()
    store.set_clock(at(10, 16))
    store.sync()
    assert fields(store)["last_appointment"] == at(10, 15).isoformat() and fields(store)["upcoming_appointments"] == "0"


def test_what_changes_nothing_writes_nothing(store):
    b = store.book(at(10, 15))
    store.sync()
    written = len(store.writes())
    for _ in range(3):
        store.write("select shopify_mark('calendar', %s)", str(b.customer_id))
        store.sync()
    assert len(store.writes()) == written


def test_many_changes_at_once_are_one_write(store):
    store.book(at(10, 15))
    store.sync()
    written = len(store.calls("MetafieldsSet"))
    for hour in range(16, 21):
        store.book(at(10, hour))
    store.sync()
    assert len(store.calls("MetafieldsSet")) == written + 1 and fields(store)["upcoming_appointments"] == "6"


def test_definitions_are_made_once_an_installation(store):
    store.write("update shopify_installs set defined_at = null")
    store.write("select shopify_mark('reconcile', 'customers')")
    for _ in range(2):
        store.sync()
        store.write("update shopify_installs set reconciled_at = null")
    assert len(store.calls("MetafieldDefinitionCreate")) == 4
    assert store.shop.definitions["CUSTOMER", "$app", "next_appointment"]["name"] == "Next appointment"


def test_what_no_delivery_told_us_is_found_within_the_half_hour(store):
    there = store.shop.add_customer(firstName="Bea", email="bea@example.com", verifiedEmail=True)
    later(store, minutes=31)
    store.sync()
    assert store.sql("select name from customers") == [("Bea",)]
    later(store, minutes=5)
    store.shop.change_customer(there["id"], firstName="Beatrice")
    store.webhooks()
    store.sync()
    assert store.sql("select name from customers") == [("Bea",)]
    later(store, minutes=31)
    store.sync()
    assert store.sql("select name from customers") == [("Beatrice",)]


def test_a_look_that_breaks_off_is_begun_again(store, monkeypatch):
    """The cursor moves only when the end is reached: what lies behind a broken page is not passed over."""
    from sync.shopify import reconcile
    monkeypatch.setattr(reconcile, "PAGE", 2)
    for number in range(7):
        store.shop.add_customer(firstName=f"P{number}", email=f"p{number}@example.com")
        later(store, seconds=2)
    later(store, minutes=31)
    store.over.shopify.faults.order("shopify", "5xx", 2)
    store.sync()
    later(store, minutes=2)
    store.sync()
    assert store.sql("select count(*) from customers") == [(7,)] and store.sql("select customers_until is not null from shopify_installs") == [(True,)]


def test_trouble_with_one_thing_does_not_stop_the_others(store, monkeypatch):
    from sync.shopify import engine
    store.book(at(10, 15))
    store.sync()

    def broken(shop, subject, facts):
        raise KeyError("surprise")

    monkeypatch.setitem(engine.WORK, "order", broken)
    store.write("select shopify_mark('order', 'gid://shopify/Order/1')")
    store.book(at(10, 18))
    store.sync()
    assert fields(store)["upcoming_appointments"] == "2"
    assert store.sql("select kind, state, attempts from shopify_due where kind = 'order'") == [("order", "due", 1)]


def test_a_frozen_shop_is_left_alone_for_an_hour(store, monkeypatch):
    from gateways.shopify.wire import ShopUnavailable
    from sync.shopify import engine

    def frozen(shop, subject, facts):
        raise ShopUnavailable("402")

    monkeypatch.setitem(engine.WORK, "order", frozen)
    store.write("select shopify_mark('order', 'gid://shopify/Order/1')")
    store.sync()
    monkeypatch.undo()
    calls = len(store.calls())
    later(store, minutes=59)
    store.sync()
    assert len(store.calls()) == calls and "402" in store.sql("select last_error from shopify_installs")[0][0]
    later(store, minutes=2)
    store.sync()
    assert store.sql("select count(*) from shopify_due where kind = 'order'") == [(0,)]


def test_two_workers_at_once_are_one(store):
    """One of them holds the shop; the other finds nothing to hold (I22)."""
    from sync.shopify.shop import give_back, take
    held = take(store.store_id, store.over.settings)
    store.book(at(10, 15))
    store.sync()
    assert store.calls() == []
    give_back(held)
    store.sync()
    assert fields(store)["upcoming_appointments"] == "1"


def test_a_worker_that_died_lets_go_after_its_lease(store):
    from sync.shopify.shop import LEASE, take
    take(store.store_id, store.over.settings)
    store.book(at(10, 15))
    store.set_clock(store.now + LEASE + timedelta(seconds=1))
    store.sync()
    assert fields(store)["upcoming_appointments"] == "1"

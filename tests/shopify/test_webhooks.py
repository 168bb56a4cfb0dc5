"""Webhooks: nothing unsigned is kept, everything signed is kept once, and its effect is in step with its note (I23, I39, R45)."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from booking import keys
from gateways.shopify.accounts import Accounts
from models.session import database, use
from shopify_app.embed.connecting import SCOPES
from tests.shopify.delivering import deliver
from tests.shopify.tokens import SECRET
from webhooks.shopify_topics import COMPLIANCE, TOPICS

ROOT = Path(__file__).parents[2]
CHANGED = {"topic": "customers/update", "payload": {"id": 7, "email": "ada@example.com", "updated_at": "2027-03-01T12:00:00Z"}}


@pytest.fixture(scope="module")
def app(over, db) -> Flask:
    app = create_app(over.settings)
    yield app
    database().engine.dispose()
    use(db)
    keys.configure(over.settings)


def kept(store) -> list[tuple]:
    return store.sql("select topic, state, body is null from shopify_deliveries order by received_at, topic")


@pytest.mark.parametrize("wrong", [{"secret": "w" * 45}, {"X-Shopify-Hmac-Sha256": ""}, {"X-Shopify-Hmac-Sha256": "AAAA"},
                                   {"X-Shopify-Hmac-Sha256": "é"}])
@pytest.mark.parametrize("topic", ["customers/update", "customers/redact", "shop/redact"])
def test_a_signature_that_does_not_hold_is_401_and_nothing_is_kept(app, store, topic, wrong):
    assert deliver(app, store, {"topic": topic, "payload": {"id": 7}}, **wrong).status_code == 401
    assert kept(store) == [] and store.sql("select * from shopify_due") == []


def test_the_old_secret_counts_while_it_is_rotated_out(app, store, over):
    import dataclasses
    keys.configure(dataclasses.replace(over.settings, shopify_api_secret="n" * 40, shopify_old_secret=SECRET))
    assert deliver(app, store, CHANGED).status_code == 200
    keys.configure(over.settings)


def test_the_body_is_signed_as_it_was_sent(app, store):
    """One changed byte, one changed space: another body."""
    from gateways.shopify.signature import is_genuine, signed
    raw = b'{"id": 7, "name": "Z\xc3\xbcrich"}'
    assert is_genuine(raw, signed(raw, SECRET), [SECRET])
    assert not any(is_genuine(raw[:n] + bytes([raw[n] ^ 1]) + raw[n + 1:], signed(raw, SECRET), [SECRET]) for n in range(len(raw)))


def test_a_delivery_twice_is_one(app, store):
    for _ in range(3):
        assert deliver(app, store, CHANGED, webhook_id="same").status_code == 200
    assert kept(store) == [("customers/update", "due", False)]
    store.sync()
    assert kept(store) == [("customers/update", "applied", True)]
    deliver(app, store, CHANGED, webhook_id="same")
    store.sync()
    assert kept(store) == [("customers/update", "applied", True)] and len(store.calls("CustomerById")) == 1


def test_a_shop_we_do_not_know_is_answered_and_forgotten(app, store):
    assert deliver(app, store, CHANGED, **{"X-Shopify-Shop-Domain": "nobody.myshopify.com"}).status_code == 200
    assert kept(store) == []


def test_the_store_is_the_signed_shops_and_no_other(app, store, over, owner_url):
    from tests.shopify.world import Connected
    other = Connected(over, owner_url)
    deliver(app, other, CHANGED)
    assert kept(store) == [] and len(kept(other)) == 1


@pytest.mark.parametrize(("topic", "path"), [("customers/redact", "/webhooks/shopify"), ("customers/update", "/webhooks/shopify/compliance"), ("x/y", "/webhooks/shopify")])
def test_a_topic_at_the_wrong_door_has_no_effect(app, store, topic, path):
    import json

    from gateways.shopify.signature import signed
    raw = json.dumps({"id": 7}).encode()
    answer = app.test_client().post(path, data=raw, headers={
        "X-Shopify-Topic": topic, "X-Shopify-Hmac-Sha256": signed(raw, SECRET), "X-Shopify-Shop-Domain": store.shop.domain, "X-Shopify-Webhook-Id": "w"})
    assert answer.status_code == 200 and kept(store) == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'{"id": "\\u0000"}', b"\xff"])
def test_a_signed_body_that_makes_no_sense_is_400(app, store, body):
    from gateways.shopify.signature import signed
    answer = app.test_client().post("/webhooks/shopify", data=body, headers={
        "X-Shopify-Topic": "customers/update", "X-Shopify-Hmac-Sha256": signed(body, SECRET), "X-Shopify-Shop-Domain": store.shop.domain,
        "X-Shopify-Webhook-Id": "w"})
    assert answer.status_code == 400 and kept(store) == []


def test_payloads_of_any_shape_break_nothing(app, store):
    odd = [{}, {"id": "x"}, {"id": -1}, {"id": None, "admin_graphql_api_id": "gid://shopify/Evil/1"}, {"id": 2**70}, {"variants": "x"},
           {"current": [None]}, {"admin_graphql_api_customer_kept_id": 1, "customer": []}, {"myshopify_domain": "EVIL.example"}]
    for topic in sorted(set(TOPICS) - COMPLIANCE - {"app/uninstalled", "shop/update"}):
        for payload in odd:
            assert deliver(app, store, {"topic": topic, "payload": payload}).status_code == 200
    store.sync()
    assert {row[0] for row in store.sql("select state from shopify_deliveries")} == {"applied", "ignored"}


def test_an_echo_of_our_own_change_asks_for_nothing(app, store):
    from tests.shopify.test_people import new_customer
    new_customer(store)
    store.sync()
    [there] = store.shop.customers.values()
    read = len(store.calls("CustomerById"))
    for webhook in store.webhooks("customers/create", "customers/update"):
        deliver(app, store, webhook)
    store.sync()
    assert len(store.calls("CustomerById")) == read
    assert {row[1] for row in kept(store)} == {"ignored"}
    store.set_clock(store.now + timedelta(minutes=1))
    store.shop.change_customer(there["id"], firstName="Augusta")
    for webhook in store.webhooks("customers/update"):
        deliver(app, store, webhook)
    store.sync()
    assert store.sql("select name from customers") == [("Augusta Archer",)]


def test_the_effect_and_its_note_are_one_commit(app, store, monkeypatch):
    """A worker that dies between the two leaves neither; the next one does both."""
    from webhooks.shopify_topics import orders_create
    deliver(app, store, {"topic": "orders/create", "payload": {"id": 9}})

    def dies(tx, body):
        tx.db.exec_driver_sql("select shopify_mark('order', 'gid://shopify/Order/9')")
        raise RuntimeError("killed")

    monkeypatch.setattr(orders_create, "order_changed", dies)
    store.sync()
    assert store.sql("select kind from shopify_due") == [] and store.sql("select state, attempts from shopify_deliveries") == [("due", 1)]
    monkeypatch.undo()
    store.set_clock(store.now + timedelta(minutes=1))
    store.sync()
    assert store.sql("select state from shopify_deliveries") == [("applied",)]


def test_products_that_lost_a_variant_sell_nothing_by_it(app, store):
    from booking.shopify.orders import map_variant
    from tests.support.world import MERCHANT
    for number in (1, 2):
        map_variant(store.store_id, MERCHANT, f"gid://shopify/ProductVariant/{number}", "gid://shopify/Product/5", store.service)
    deliver(app, store, {"topic": "products/update", "payload": {"id": 5, "variants": [{"id": 2}]}})
    store.sync()
    assert store.sql("select variant_gid from shopify_variants") == [("gid://shopify/ProductVariant/2",)]


def test_a_shop_that_moves_keeps_its_store(app, store):
    moved = f"moved{store.shop.number}.myshopify.com"
    deliver(app, store, {"topic": "shop/update", "payload": {"id": store.shop.number, "myshopify_domain": moved}})
    store.sync()
    assert database().store_for_shop(moved) == store.store_id and database().store_for_shop(store.shop.domain) is None


class TestTheAppsFile:
    """shopify.app.toml by the rules of its schema (reference: the command line tool's app_config specifications)."""

    @pytest.fixture(scope="class")
    @classmethod
    def config(cls):
        return tomllib.loads((ROOT / "shopify.app.toml").read_text())

    def test_every_topic_has_its_file_and_every_file_its_topic(self, config):
        named = [topic for sub in config["webhooks"]["subscriptions"] for topic in sub.get("topics", []) + sub.get("compliance_topics", [])]
        assert sorted(named) == sorted(TOPICS) and len(named) == len(set(named))
        files = {path.stem for path in (ROOT / "webhooks/shopify_topics").glob("*.py")} - {"__init__"}
        assert files == {module.__name__.rpartition(".")[2] for module in TOPICS.values()}

    def test_the_keys_are_the_schemas(self, config):
        assert set(config) == {"client_id", "name", "application_url", "embedded", "access_scopes", "auth", "customer_authentication", "webhooks"}
        assert len(config["name"]) <= 30 and config["embedded"] is True and config["access_scopes"]["use_legacy_install_flow"] is False
        assert config["webhooks"]["api_version"] == "2026-10"
        for sub in config["webhooks"]["subscriptions"]:
            assert set(sub) <= {"topics", "compliance_topics", "uri", "include_fields"} and ("topics" in sub) != ("compliance_topics" in sub)
            assert sub["uri"] == ("/webhooks/shopify/compliance" if "compliance_topics" in sub else "/webhooks/shopify")
            assert all(re.fullmatch(r"[a-z_]+/[a-z_]+", topic) for topic in sub.get("topics", []) + sub.get("compliance_topics", []))
            if "include_fields" in sub:
                assert {"id", "customer_id"} & set(sub["include_fields"])

    def test_customers_come_back_where_the_portal_listens(self, config):
        found = Accounts("id", "secret", "https://{host}", "shop.example", 1, config["customer_authentication"]["javascript_origins"][0])
        assert config["customer_authentication"] == {
            "redirect_uris": [found.redirect_uri], "javascript_origins": [found.origin], "logout_urls": [found.origin + "/app/customers/signed-out"]}
        assert found.redirect_uri.startswith("https://")

    def test_the_scopes_are_those_the_app_asks_for(self, config):
        assert config["access_scopes"]["scopes"] == SCOPES

"""Signed deliveries with bodies their sender would never send: kept, or refused in the 400s; never a failure (I5, I53)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from app import create_app
from bench.campaigns.odd_values import BODIES, JSONS, TEXTS, Dice
from booking.actions.payment_accounts import connect_account
from gateways.shopify.signature import signed
from gateways.stripe.events import CONCERNS
from gateways.twilio import signature
from models.actor import SYSTEM
from models.session import database
from sandbox.stripe.events import sign
from sync.shopify.deliveries import apply_waiting
from tests.support.shopify import KEY, SECRET, ShopWorld
from webhooks.shopify_topics import COMPLIANCE, TOPICS

STRIPE = "whsec_" + "s" * 32
ODD = [*BODIES, *(json.dumps(value).encode() for value in JSONS), b'{"id": NaN}', b'{"id": 1e999, "email": Infinity}', b'{"id": 1, "note": "\\ud800"}',
       b'{"id": 1, "\\udfff": 1}', b'{"id": 1, "note": "a\\u0000b"}', b'{"id": ' + b"9" * 4_000 + b"}", b'{"shop_id": 1e400, "customer": []}']


@pytest.fixture(scope="module")
def app(settings):
    yield create_app(replace(settings, shopify_api_key=KEY, shopify_api_secret=SECRET, stripe_secret_key="sk_test_x", stripe_webhook_secret=STRIPE))
    database().engine.dispose()


@pytest.fixture
def world(app, owner_url):
    return ShopWorld(owner_url)


def of_shopify(app, world, topic, raw, number, **headers):
    path = "/webhooks/shopify/compliance" if topic in COMPLIANCE else "/webhooks/shopify"
    return app.test_client().post(path, data=raw, content_type="application/json", headers={
        "X-Shopify-Topic": topic, "X-Shopify-Hmac-Sha256": signed(raw, SECRET), "X-Shopify-Shop-Domain": world.shop,
        "X-Shopify-Webhook-Id": f"odd-{number}"} | headers).status_code


def test_shopify(app, world):
    """Every topic, odd bodies and odd headers; then the worker goes through what was kept and reaches the last one."""
    dice, number = Dice(5), 0
    for topic in sorted(set(TOPICS) - {"app/uninstalled", "shop/redact"}):
        for raw in dice.sample(ODD, 8):
            number += 1
            assert of_shopify(app, world, topic, raw, number) in (200, 400), (topic, raw)
    for name in ("X-Shopify-Webhook-Id", "X-Shopify-Triggered-At", "X-Shopify-Topic", "X-Shopify-Shop-Domain", "X-Shopify-Hmac-Sha256"):
        texts = [text for text in TEXTS if text.isprintable() and text.isascii()]
        for text in [t for t in texts if t[:4].isdecimal()] if name.endswith("At") else dice.sample(texts, 12):
            if text:
                number += 1
                assert of_shopify(app, world, "orders/updated", b'{"id": 5}', number, **{name: text}) in (200, 400, 401), (name, text)
    order = json.dumps({"id": 7, "admin_graphql_api_id": "gid://shopify/Order/7", "line_items": [], "note": "x" * 3_000_000}).encode()
    assert of_shopify(app, world, "orders/updated", order, "large") == 200
    assert of_shopify(app, world, "orders/updated", order * 2, "too-large") == 413
    assert apply_waiting(world.store_id) > 0
    assert world.sql("select topic, last_error from shopify_deliveries where (state = 'due' and attempts = 0) or last_error is not null") == []


def test_stripe(app, world):
    connect_account(world.store_id, SYSTEM, "acct_odd1234567890")
    event = {"id": "evt_1", "type": sorted(CONCERNS)[0], "created": 1_800_000_000, "account": "acct_odd1234567890", "data": {"object": {"id": "re_1"}}}
    bodies = [*ODD, *(json.dumps(event | {name: value}).encode() for name in event for value in (*JSONS, "a\x00b", "\ud800", "x" * 5_000, 10**400))]
    for raw in bodies:
        status = app.test_client().post("/webhooks/stripe", data=raw, headers={"Stripe-Signature": sign(raw, STRIPE)}).status_code
        assert status in (200, 400, 401, 413), raw[:300]


def test_twilio(app, world):
    for path in (f"/webhooks/twilio/status/{world.store_id}/1", f"/webhooks/twilio/status/{2**63 - 1}/{2**63 - 1}", "/webhooks/twilio/inbound"):
        for text in (text for text in TEXTS if len(text) < 400):
            form = {"MessageStatus": "delivered", "MessageSid": text, "ErrorCode": text, "From": text, "Body": "STOP", "OptOutType": text}
            sent = {name: value.encode("utf-8", "replace").decode() for name, value in form.items()}
            given = signature("t", f"http://{world.slug}.localhost{path}", sent)
            status = app.test_client().post(path, base_url=f"http://{world.slug}.localhost", data=sent, headers={"X-Twilio-Signature": given}).status_code
            assert status in (200, 204, 400, 403), (path, text)

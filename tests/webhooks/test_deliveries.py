"""The door of deliveries: what it says to everything that is no delivery, and that it is heard of like any other request."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from app import create_app
from models.session import Database, database, use
from sandbox.stripe.events import sign
from webhooks.deliveries import LARGEST, RECEIVERS

SECRET = "whsec_door"


@pytest.fixture(scope="module")
def client(settings) -> FlaskClient:
    app = create_app(replace(settings, stripe_secret_key="sk_test_x", stripe_publishable_key="pk_test_x", stripe_webhook_secret=SECRET,
                             shopify_api_key="key", shopify_api_secret="secret"))
    yield app.test_client()
    database().engine.dispose()


@pytest.mark.parametrize("path", RECEIVERS)
class TestNoDelivery:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
    def test_only_post(self, client, path, method):
        answer = client.open(path, method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
        assert bool(answer.data) is (method != "HEAD")

    def test_too_large(self, client, path):
        assert client.post(path, data=b"x" * (LARGEST + 1)).status_code == 413

    def test_unsigned(self, client, path):
        answer = client.post(path, data=b"{}")
        assert answer.status_code == 401
        assert answer.headers["Cache-Control"] == "private, no-store" and answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]

    def test_beside_it(self, client, path):
        assert client.post(path + "/", data=b"{}").status_code == 404


def test_what_is_largest_is_read(client):
    assert client.post("/webhooks/stripe", data=b"x" * LARGEST).status_code == 401


def test_it_is_logged_and_counted(client, caplog):
    caplog.set_level(logging.INFO, "opencals.request")
    answer = client.post("/webhooks/stripe?secret=1", data=b"{}")
    line = caplog.records[-1]
    assert (line.route, line.method, line.status) == ("/webhooks/stripe", "POST", 401)
    assert len(answer.headers["X-Request-Id"]) == 16
    assert 'opencals_requests_total{method="POST",route="/webhooks/stripe",status="401"}' in client.get("/metrics").text


def test_without_a_database_it_is_asked_for_again(client):
    raw = b'{"id":"evt_1","type":"refund.updated","account":"acct_1","created":1,"data":{"object":{"id":"re_1"}}}'
    before = database()
    use(Database("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    try:
        answer = client.post("/webhooks/stripe", data=raw, headers={"Stripe-Signature": sign(raw, SECRET)})
    finally:
        use(before)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")

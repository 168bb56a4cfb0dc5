"""The whole app, a Shopify shop in it, and what the extension of one of its customers sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from booking.shopify.connection import ShopFacts, TokenPair, connect_shop
from models.actor import SYSTEM
from models.booking_summary import BookingSummary
from models.session import database
from tests.support.shopify import KEY, SECRET, customer_token
from tests.support.world import World

PREFIX = "/api/customer/v1"
ADA, BEA = "gid://shopify/Customer/7001", "gid://shopify/Customer/7002"


class ShopWorld(World):
    """A World that is a Shopify store; `sold` books for a customer whom Shopify knows."""

    def __init__(self, owner_url: str, shop: str | None = None, **store: Any) -> None:
        super().__init__(owner_url, **store)
        self.shop = shop or f"{self.slug}.myshopify.com"
        self.as_owner("update stores set kind = 'shopify', shopify_domain = %s where store_id = %s", self.shop, self.store_id)
        connect_shop(SYSTEM, ShopFacts(f"gid://shopify/Shop/{self.store_id}", self.shop, "Harbor Massage", "shop@example.com", "USD",
                                       "America/New_York", "en"), TokenPair("shpat_test", 3600, "shprt_test", 7_776_000, "read_customers"))

    def sold(self, starts_at, *, gid: str = ADA, email: str = "ada@example.com", **more: Any) -> BookingSummary:  # noqa: ANN001
        b = self.book(starts_at, email=email, **more)
        self.known_at_shopify(b.customer_id, gid)
        return b

    def known_at_shopify(self, customer_id: int, gid: str) -> None:
        known = self.sql("select id from customers where shopify_id = %s", gid)
        if known:
            self.as_owner("update bookings set customer_id = %s where store_id = %s and customer_id = %s", known[0][0], self.store_id, customer_id)
        else:
            self.as_owner("update customers set shopify_id = %s where store_id = %s and id = %s", gid, self.store_id, customer_id)

    def as_owner(self, statement: str, *values: Any) -> None:
        with psycopg.connect(self.owner_url.replace("+psycopg", "")) as connection:
            connection.execute("select set_config('app.store_id', %s, true)", (str(self.store_id),))
            connection.execute(statement, values)


class Extension:
    """Requests of one session token, from a worker that has no origin. A dict goes as JSON."""

    def __init__(self, client: FlaskClient, token: str | None) -> None:
        self.client, self.token = client, token

    def send(self, method: str, path: str, body: Any = None, *, key: str | None = None, language: str = "en", **more: Any) -> TestResponse:
        headers = {"Origin": "null", "Accept-Language": language} | ({} if self.token is None else {"Authorization": f"Bearer {self.token}"})
        headers |= {"Idempotency-Key": key} if key else {}
        if body is not None:
            more["json"] = body
        response = self.client.open(PREFIX + path, method=method, headers=headers | more.pop("headers", {}), base_url="http://api.localhost", **more)
        assert response.headers["Access-Control-Allow-Origin"] == "*" and "Set-Cookie" not in response.headers, response.headers
        assert not 300 <= response.status_code < 400
        return response

    def get(self, path: str, **query: Any) -> Any:
        return self._good(self.send("GET", path, query_string=query))

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        return self._good(self.send("POST", path, {} if body is None else body, **more))

    def patch(self, path: str, body: Any) -> Any:
        return self._good(self.send("PATCH", path, body))

    def refused(self, status: int, code: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        response = self.send(method, path, body, **more)
        assert response.status_code == status, response.text
        assert response.mimetype == "application/problem+json"
        assert (response.json["code"], response.json["status"]) == (code, status), response.json
        return response.json

    @staticmethod
    def _good(response: TestResponse) -> Any:
        assert response.status_code == 200, response.text
        assert response.mimetype == "application/json"
        return response.json


@pytest.fixture(scope="module")
def app(settings) -> Iterator[Flask]:
    yield create_app(replace(settings, shopify_api_key=KEY, shopify_api_secret=SECRET))
    database().engine.dispose()


@pytest.fixture
def world(app, owner_url) -> ShopWorld:
    return ShopWorld(owner_url)


@pytest.fixture
def as_customer(app, world):  # noqa: ANN201
    """`as_customer(gid)` -> the extension of that customer, in `world` or another shop."""
    return lambda gid, shop=None, **more: Extension(app.test_client(), customer_token(shop or world.shop, gid, **more))


@pytest.fixture
def ada(as_customer) -> Extension:
    return as_customer(ADA)

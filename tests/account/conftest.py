"""The whole app, a Shopify shop in it, and what the extension of one of its customers sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from models.session import database
from tests.support.shopify import ADA, KEY, SECRET, ShopWorld, customer_token

PREFIX = "/api/customer/v1"


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

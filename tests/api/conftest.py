"""The whole app, a shop in it, and a client that carries the shop's token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from booking.actions.tokens import create_token
from models.session import database
from tests.support import audit_pairs
from tests.support.world import MERCHANT, World

PREFIX = "/api/merchant/v1"


class Api:
    """Requests of one token. A dict goes as JSON."""

    def __init__(self, client: FlaskClient, token: str | None) -> None:
        self.client, self.token = client, token

    def send(self, method: str, path: str, body: Any = None, *, key: str | None = None, **more: Any) -> TestResponse:
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        headers |= {"Idempotency-Key": key} if key else {}
        if body is not None:
            more["json"] = body
        return self.client.open(PREFIX + path, method=method, headers=headers | more.pop("headers", {}), base_url="http://api.localhost", **more)

    def get(self, path: str, **query: Any) -> Any:
        return self._good(self.send("GET", path, query_string=query), 200)

    def post(self, path: str, body: Any = None, status: int = 201, **more: Any) -> Any:
        return self._good(self.send("POST", path, body, **more), status)

    def patch(self, path: str, body: Any) -> Any:
        return self._good(self.send("PATCH", path, body), 200)

    def delete(self, path: str) -> None:
        response = self.send("DELETE", path)
        assert (response.status_code, response.data) == (204, b""), response.text

    def refused(self, status: int, code: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        response = self.send(method, path, body, **more)
        assert response.status_code == status, response.text
        assert response.mimetype == "application/problem+json"
        problem = response.json
        assert (problem["code"], problem["status"]) == (code, status) and problem["title"], problem
        return problem

    @staticmethod
    def _good(response: TestResponse, status: int) -> Any:
        assert response.status_code == status, response.text
        assert response.mimetype == "application/json"
        return response.json


def token_for(world: World) -> str:
    return create_token(world.store_id, MERCHANT, "tests").facts["token"]


@pytest.fixture(scope="module")
def app(settings, owner_url) -> Iterator[Flask]:
    audit_pairs.install(owner_url)
    yield create_app(settings)
    database().engine.dispose()


@pytest.fixture
def world(app, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def api(app, world) -> Api:
    return Api(app.test_client(), token_for(world))

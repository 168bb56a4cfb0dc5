"""The whole app, a shop in it, and a client that carries the shop's token."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from booking.actions.disputes import Disputed, record_dispute
from booking.actions.payment_accounts import connect_account
from booking.actions.tokens import create_token
from models.actor import SYSTEM
from models.payment import Payment
from models.session import database, transaction
from sync.imports import run_due
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

    def upload(self, path: str, text: str | bytes, status: int = 201, **query: str) -> Any:
        return self._good(self.send("POST", path, data=text, content_type="text/csv", query_string=query), status)

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


ROWS = ("id,starts_at,duration_minutes,service,staff,name,email,price\n"
        "1,2027-03-11 09:00,60,Massage,Elena Marsh,Cleo Vance,cleo@example.com,80\n"
        "2,nonsense,60,Massage,Elena Marsh,Eve Ray,eve@example.com,80\n")


def imported(api: Api, rows: str = ROWS) -> Any:
    """A file of two rows, uploaded and checked."""
    run = api.upload("/imports", rows)
    api.post(f"/imports/{run['id']}/check", {}, status=202)
    run_due(int(api.get("/store")["id"]))
    return api.get(f"/imports/{run['id']}")


def disputed(world: World, **facts: Any) -> int:
    """A card payment that its bank disputes; the dispute's id."""
    b = world.book(world.now + timedelta(days=11), email="dora@example.com", paid=2500, override=True)
    account_id = connect_account(world.store_id, SYSTEM, f"acct_{world.slug}")
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.execute(Payment.__table__.update().where(Payment.booking_id == b.id).values(provider_ref="pi_1"))
        tx.audit("record_payment", booking_id=b.id)
    told = Disputed(**({"reference": "du_1", "amount": 2500, "reason": "fraudulent", "status": "needs_response", "refundable": False, "answered": False,
                       "due_by": world.now + timedelta(days=7), "made_at": world.now} | facts))
    return record_dispute(world.store_id, SYSTEM, account_id, "pi_1", told).facts["dispute_id"]


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

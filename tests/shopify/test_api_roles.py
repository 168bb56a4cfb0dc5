"""The merchant API by role: every operation asked by a token, by owners, managers and staff in the Shopify admin, by another store, by nobody (A148, I27)."""

from __future__ import annotations

import re

import psycopg
import pytest

from booking.actions.tokens import create_token
from models.actor import SYSTEM
from sandbox.shopify.staff import STAFF
from shopify_app.api.door import OPERATIONS, PREFIX
from shopify_app.api.shapes.base import Csv
from tests.shopify.test_frame import InFrame, app, owner, store, token  # noqa: F401  (fixtures)
from tests.support.world import World

OWNERS = ("team", "domains", "tokens", "webhooks", "payment-account")
ROLE = "This person's role in the team does not reach to this operation."
RUBBISH = ({"json": {}}, {"json": {"no such field": 1}}, {"data": b"{", "content_type": "application/json"}, {"data": b"x", "content_type": "text/plain"},
           {"query_string": {"no such parameter": "1"}})
"""Who may not use an operation hears that first, whatever they send."""
TABLE = {
    # who: (what the operations of owners answer, what all the others answer)
    "token": ("in", "in"), "owner": ("in", "in"), "manager": ("role", "in"), "staff": ("role", "role"), "other store": ("in", "in"),
    "nobody": ("unauthorized", "unauthorized")}


@pytest.fixture
def bearer(app, owner, store, owner_url):  # noqa: F811
    def of(who: str) -> str:
        if who == "token":
            return create_token(store.store_id, SYSTEM, "tests").facts["token"]
        if who == "other store":
            return create_token(World(owner_url).store_id, SYSTEM, "tests").facts["token"]
        if who == "owner":
            return token(store.shop)
        if who in ("manager", "staff"):
            person = InFrame(app, store.shop, STAFF)
            assert person.admit().json["role"] == "staff"
            with psycopg.connect(store.owner_url.replace("+psycopg", "")) as c:
                c.execute("select set_config('app.store_id', %s, false)", (str(store.store_id),))
                c.execute("update users set role = %s where shopify_user_id = %s", (who, int(STAFF)))
            return token(store.shop, STAFF)
        return ""

    return of


@pytest.mark.parametrize("who", TABLE)
def test_every_operation_answers_by_role(app, bearer, who):  # noqa: F811
    client, headers = app.test_client(), {"Authorization": f"Bearer {bearer(who)}"}
    for op in OPERATIONS:
        if op.method == "DELETE" and "{" not in op.path and who in ("token", "owner", "other store"):
            continue  # would act, and nothing of it is about roles
        path = PREFIX + re.sub(r"{\w+}", "1", op.path)
        body = {"data": b"", "content_type": "text/csv"} if op.body is Csv else {"json": {}} if op.body else {}
        expected = TABLE[who][0 if op.path.split("/")[1] in OWNERS else 1]
        for sent in (body,) if expected == "in" else (body, *RUBBISH):
            answer = client.open(path, method=op.method, headers=headers, base_url="http://api.localhost", **sent)
            said = "unauthorized" if answer.status_code == 401 else "role" if answer.is_json and answer.json.get("detail") == ROLE else "in"
            assert said == expected, (op, sent, answer.text)
            assert answer.status_code == {"role": 403, "unauthorized": 401}.get(said, answer.status_code) < 500, (op, answer.text)
        if who == "other store" and "{" in op.path and "{name}" not in op.path:
            assert answer.status_code in (404, 422), (op, answer.text)

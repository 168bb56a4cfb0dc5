"""How a request comes in: token, query, JSON; how an answer goes out. One table of operations makes routes, checks and document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from flask import Blueprint, Response, g, request
from pydantic import BaseModel
from sqlalchemy import select
from werkzeug.exceptions import MethodNotAllowed, NotFound

from booking.access_tokens import parse
from booking.actions.tokens import USE_NOTED_EVERY, note_token_use
from booking.links import store_origin
from booking.rules.decision import Refused
from models.access import MerchantToken
from models.actor import SYSTEM, Actor
from models.session import Tx, reading
from models.store import Store
from shopify_app import session_tokens
from shopify_app.api import problems
from shopify_app.api.call import Call
from shopify_app.api.problems import Unreadable
from shopify_app.api.shapes.base import Csv, Nothing

PREFIX = "/api/merchant/v1"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
blueprint = Blueprint("merchant_api", __name__)
problems.install(blueprint)


@dataclass(frozen=True)
class Operation:
    """One route: for Flask, for validation, for the OpenAPI document. `query` maps parameter names to their meaning."""

    method: str
    path: str
    name: str
    summary: str
    body: type[BaseModel] | None
    query: dict[str, str]
    answer: type[BaseModel]
    status: int

    @property
    def pattern(self) -> str:
        return re.sub(r"{\w+}", r"[^/]+", PREFIX + self.path)


OPERATIONS: list[Operation] = []


def operation(method: str, path: str, *, summary: str, answer: type[BaseModel], body: type[BaseModel] | None = None,
              query: dict[str, str] | None = None, status: int | None = None) -> Callable:
    """Register a handler `f(call, **path_parameters)` that returns the answer: a model, or its fields."""

    def register(handler: Callable[..., Any]) -> Callable[..., Any]:
        entry = Operation(method, path, handler.__name__, summary, body, query or {}, answer, status or (204 if answer is Nothing else 200))
        OPERATIONS.append(entry)

        def view(**parameters: str) -> Response:
            call = _authenticate()
            call.query = _query(entry)
            call.body = _body(entry)
            return _answer(entry, handler(call, **parameters))

        blueprint.add_url_rule(PREFIX + re.sub(r"{(\w+)}", r"<\1>", path), handler.__name__, view, methods=[method])
        return handler

    return register


@blueprint.route(f"{PREFIX}/", defaults={"rest": ""}, methods=METHODS)
@blueprint.route(f"{PREFIX}/<path:rest>", methods=METHODS)
def elsewhere(rest: str) -> Response:
    """No operation has this path and method: 405 where only the method is wrong, else 404."""
    methods = {op.method for op in OPERATIONS if re.fullmatch(op.pattern, request.path)}
    raise MethodNotAllowed(sorted(methods)) if methods else NotFound


def number(text: str) -> int:
    """An opaque id; anything that cannot be one is unknown (404), not wrong (I28)."""
    if re.fullmatch(r"[1-9][0-9]{0,18}", text) is None or int(text) >= 2**63:
        raise Refused("not_found")
    return int(text)


def reference(text: str | None, field: str) -> int | None:
    """An id inside a body or query: an impossible one is as unknown as one that is not there."""
    if text is None:
        return None
    try:
        return number(text)
    except Refused:
        raise Refused("invalid", errors=[{"field": field, "problem": "is not known"}]) from None


def _authenticate() -> Call:
    """The store is the one the token names, and no other; every failure is the same 401 (I27).

    The bearer is a store's own token, or a session token of the Shopify admin.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    if session_tokens.looks_like_one(token):
        return _of_shopify(token)
    parsed = parse(token)
    if parsed is None:
        raise Refused("unauthorized")
    store_id, digest = parsed
    with reading(store_id) as tx:
        row = tx.db.execute(select(MerchantToken.id, MerchantToken.secret_hash, MerchantToken.last_used_at).where(
            MerchantToken.store_id == store_id, MerchantToken.secret_hash == digest, MerchantToken.revoked_at.is_(None))).one_or_none()
        if row is None or not compare_digest(row.secret_hash, digest):
            raise Refused("unauthorized")
        origin = _origin(tx, store_id)
        unnoted = row.last_used_at is None or tx.now - row.last_used_at >= USE_NOTED_EVERY
    if unnoted and request.method not in ("GET", "HEAD"):  # reading writes nothing, not even this (R5)
        note_token_use(store_id, SYSTEM, row.id)
    g.store_id = store_id
    return Call(store_id, Actor("token", "api", row.id), origin)


def _of_shopify(token: str) -> Call:
    found = session_tokens.merchant_of(token)
    if found is None:
        raise Refused("unauthorized", session=True)
    store_id, actor = found
    with reading(store_id) as tx:
        origin = _origin(tx, store_id)
    g.store_id = store_id
    return Call(store_id, actor, origin)


def _origin(tx: Tx, store_id: int) -> str:
    return store_origin(tx, tx.db.execute(select(Store.slug).where(Store.store_id == store_id)).scalar_one())


def _query(entry: Operation) -> dict[str, str]:
    unknown = sorted(set(request.args) - set(entry.query))
    if unknown:
        raise Refused("invalid", errors=[{"field": name[:60], "problem": "is not a parameter of this operation"} for name in unknown[:50]])
    for name, value in request.args.items():
        if "\x00" in value:
            raise Refused("invalid", errors=[{"field": name, "problem": "holds a zero byte"}])
    return {name: value for name, value in request.args.items() if value != ""}


def _body(entry: Operation) -> BaseModel | None:
    raw = request.get_data()
    if entry.body is None:
        return None
    if raw and request.mimetype != "application/json":
        raise Unreadable(415, "Send application/json.")
    try:
        parsed = json.loads(raw or b"{}")
        if _holds_zero(parsed):
            raise Unreadable(400, "The body holds a zero byte.")
    except (ValueError, RecursionError):
        raise Unreadable(400, "The body is not readable JSON.") from None
    return entry.body.model_validate(parsed)


def _holds_zero(value: Any) -> bool:
    """PostgreSQL's texts cannot hold U+0000."""
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_holds_zero(key) or _holds_zero(part) for key, part in value.items())
    return isinstance(value, list) and any(map(_holds_zero, value))


def _answer(entry: Operation, given: Any) -> Response:
    """Through the documented model, so that no answer differs from the document."""
    if entry.answer is Nothing:
        return Response(status=entry.status)
    if isinstance(given, Response):
        return given
    if entry.answer is Csv:
        return Response(given, entry.status, mimetype="text/csv")
    model = given if isinstance(given, BaseModel) else entry.answer.model_validate(given)
    return Response(model.model_dump_json(exclude_unset=True), entry.status, mimetype="application/json")

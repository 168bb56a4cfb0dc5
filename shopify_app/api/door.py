"""How a request comes in: token, JSON, query; how it goes out: JSON, or a problem (RFC 9457). One table of operations."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any

from flask import Blueprint, Response, g, request
from pydantic import BaseModel, ValidationError
from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from booking.access_tokens import parse
from booking.actions.action import Done, Once
from booking.keys import sign, unsign
from booking.links import store_origin
from booking.rules.decision import Refused
from booking.wording import words_for
from models.access import MerchantToken
from models.actor import Actor
from models.session import reading
from models.store import Store
from shopify_app.api.shapes import Nothing

PREFIX = "/api/merchant/v1"
STATUS = {"not_found": 404, "unauthorized": 401, "rate_limited": 429, "invalid": 422}
blueprint = Blueprint("merchant_api", __name__)


@dataclass(frozen=True)
class Operation:
    """One route: for Flask, for validation, for the OpenAPI document."""

    method: str
    path: str
    name: str
    summary: str
    body: type[BaseModel] | None
    query: dict[str, str]
    answer: Any
    status: int


OPERATIONS: list[Operation] = []


@dataclass
class Call:
    """A checked request of one store."""

    store_id: int
    actor: Actor
    origin: str
    store_name: str
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)

    def act(self, verb: Callable[..., Done], *args: Any, render: Callable[[Done], dict[str, Any]], **kwargs: Any) -> dict[str, Any]:
        """Run an action; with an Idempotency-Key the first answer is given again (I12)."""
        key = request.headers.get("Idempotency-Key")
        once = None
        if key:
            if len(key) > 255:
                raise Refused("invalid", errors=[{"field": "Idempotency-Key", "problem": "is longer than 255 characters"}])
            body = hashlib.sha256(request.get_data()).hexdigest()
            once = Once.of(f"token:{self.actor.id}", key, render, request.method, request.path, body)
        done = verb(self.store_id, self.actor, *args, once=once, **kwargs)
        return done.answer if done.answer is not None else render(done)

    def cursor(self, kind: str) -> Any:
        """The position of a signed cursor of this store and query, None for the beginning (I66)."""
        text = self.query.get("cursor")
        if not text:
            return None
        body = unsign("api-cursor", text)
        if not isinstance(body, list) or body[:2] != [self.store_id, self._scope(kind)]:
            raise Refused("invalid", errors=[{"field": "cursor", "problem": "does not belong to this list"}])
        return body[2]

    def next(self, kind: str, position: list[Any]) -> str:
        return sign("api-cursor", [self.store_id, self._scope(kind), position])

    def limit(self) -> int:
        text = self.query.get("limit", "50")
        if not text.isdecimal() or not 1 <= int(text) <= 200:
            raise Refused("invalid", errors=[{"field": "limit", "problem": "must be from 1 to 200"}])
        return int(text)

    def _scope(self, kind: str) -> str:
        filters = {k: v for k, v in sorted(self.query.items()) if k not in ("cursor", "limit")}
        return kind + hashlib.sha256(json.dumps(filters).encode()).hexdigest()[:16]


def operation(method: str, path: str, *, summary: str, answer: Any, body: type[BaseModel] | None = None,
              query: dict[str, str] | None = None, status: int | None = None) -> Callable:
    """Register a handler `f(call, **path_parameters)` that returns the answer's fields."""

    def register(handler: Callable[..., Any]) -> Callable[..., Any]:
        code = status or (204 if answer is Nothing else 200)
        entry = Operation(method, path, handler.__name__, summary, body, query or {}, answer, code)
        OPERATIONS.append(entry)

        def view(**parameters: str) -> Response:
            call = _authenticate()
            call.query = _query(entry)
            call.body = _body(entry)
            given = handler(call, **parameters)
            return Response(status=204) if code == 204 else _json(given, code)

        view.__name__ = handler.__name__
        blueprint.add_url_rule(PREFIX + re.sub(r"{(\w+)}", r"<\1>", path), handler.__name__, view, methods=[method])
        return handler

    return register


def number(text: str) -> int:
    """An opaque id; anything that cannot be one is unknown (404), not wrong (I28)."""
    if not text.isascii() or not text.isdecimal() or len(text) > 19 or int(text) >= 2**63:
        raise Refused("not_found")
    return int(text)


def reference(text: str | None, field_name: str) -> int | None:
    """An id inside a body: an impossible one is as unknown as one that is not there."""
    if text is None:
        return None
    try:
        return number(text)
    except Refused:
        raise Refused("invalid", errors=[{"field": field_name, "problem": "is not known"}]) from None


def _authenticate() -> Call:
    """The store is the one the token names, and no other; every failure is the same 401 (I27)."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    parsed = parse(token.strip()) if scheme.lower() == "bearer" else None
    store_id, digest = parsed or (0, "-")
    with reading(store_id) as tx:
        row = tx.db.execute(select(MerchantToken.id, MerchantToken.secret_hash).where(
            MerchantToken.store_id == store_id, MerchantToken.secret_hash == digest, MerchantToken.revoked_at.is_(None))).one_or_none()
        if row is None or not compare_digest(row.secret_hash, digest):
            raise Refused("unauthorized")
        slug, name = tx.db.execute(select(Store.slug, Store.name).where(Store.store_id == store_id)).one()
        origin = store_origin(tx, slug)
    g.store_id = store_id
    return Call(store_id, Actor("token", "api", row.id), origin, name)


def _query(entry: Operation) -> dict[str, str]:
    unknown = sorted(set(request.args) - set(entry.query))
    if unknown:
        raise Refused("invalid", errors=[{"field": name[:60], "problem": "is not a parameter of this list"} for name in unknown])
    for name, value in request.args.items():
        if "\x00" in value:
            raise Refused("invalid", errors=[{"field": name, "problem": "holds a zero byte"}])
    return {name: value for name, value in request.args.items() if value != ""}


def _body(entry: Operation) -> BaseModel | None:
    if entry.body is None:
        return None
    raw = request.get_data()
    if raw and request.mimetype != "application/json":
        raise _Unreadable(415, "Send application/json.")
    try:
        parsed = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        raise _Unreadable(400, "The body is not readable JSON.") from None
    if "\\u0000" in raw.decode("utf-8", "replace"):
        raise _Unreadable(400, "The body holds a zero byte.")
    return entry.body.model_validate(parsed)


class _Unreadable(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def _json(value: Any, status: int) -> Response:
    if isinstance(value, BaseModel):
        return Response(value.model_dump_json(), status, mimetype="application/json")
    return Response(json.dumps(value, default=str), status, mimetype="application/json")


def problem(status: int, code: str, title: str, *, detail: str | None = None, errors: list | None = None, **more: Any) -> Response:
    body = {"type": "about:blank", "title": title, "status": status, "code": code} | {
        k: v for k, v in {"detail": detail, "errors": errors, **more}.items() if v is not None}
    return Response(json.dumps(body, default=str), status, mimetype="application/problem+json")


@blueprint.errorhandler(Refused)
def _refused(refused: Refused) -> Response:
    status = STATUS.get(refused.code, 409)
    facts = {k: v for k, v in refused.facts.items() if k in ("deadline", "notice_hours", "state", "version", "limit", "bookings", "retry_after")}
    if hasattr(facts.get("deadline"), "isoformat"):
        facts["deadline"] = facts["deadline"].isoformat()
    detail = None
    if refused.code not in ("invalid", "unauthorized", "not_found"):
        detail = words_for("en").refusal(refused.code, refused.facts, "the shop")
    response = problem(status, refused.code, TITLES[refused.code], detail=detail, errors=refused.facts.get("errors"), **facts)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


@blueprint.errorhandler(ValidationError)
def _invalid(error: ValidationError) -> Response:
    errors = [{"field": ".".join(map(str, e["loc"])) or "body", "problem": e["msg"]} for e in error.errors(include_url=False, include_input=False)[:50]]
    return problem(422, "invalid", TITLES["invalid"], errors=errors)


@blueprint.errorhandler(_Unreadable)
def _unreadable(error: _Unreadable) -> Response:
    return problem(error.status, "invalid", "Not readable", detail=error.detail)


@blueprint.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    code = {404: "not_found", 413: "invalid"}.get(error.code or 500, "invalid")
    return problem(error.code or 500, code, error.name)


TITLES = {
    "slot_taken": "The time is taken", "too_late": "Past the notice", "limit_reached": "Limit reached", "not_allowed": "Not allowed",
    "closed": "The booking is closed", "checked_in": "The customer is checked in", "stale": "Changed meanwhile",
    "quote_changed": "The refund has changed", "no_change": "Nothing to change", "outside_hours": "Outside the bookable times",
    "invalid": "Please check the fields", "not_found": "Not found", "unauthorized": "Not authorized", "rate_limited": "Too many requests",
    "idempotency_mismatch": "The key was used for another request",
}

"""One table of operations makes an API's routes, its checks of requests and answers, and its part of the OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from booking.rules.decision import Refused
from jsonapi.call import Call
from jsonapi.problems import Unreadable, http_problem, wrong_fields
from jsonapi.shapes import Csv, Nothing

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Operation:
    """One route: for Flask, for validation, for the document. `query` maps parameter names to their meaning. A body that is Csv is a file
    and reaches the handler as bytes. `repeats`, of a write that takes no Idempotency-Key, says what a repeat does. `allow(call)` refuses
    who may not use it, before anything of the request is looked at. `also`: statuses it may have that its path and
    method do not tell of."""

    method: str
    path: str
    name: str
    summary: str
    body: type[BaseModel] | None
    query: dict[str, str]
    answer: type[BaseModel]
    status: int
    repeats: str | None = None
    allow: Callable[[Any], None] | None = None
    also: tuple[int, ...] = ()


class JsonApi:
    """The operations under `prefix`. `authenticate()` gives the Call of a request, or raises Refused("unauthorized")."""

    def __init__(self, blueprint: Blueprint, prefix: str, authenticate: Callable[[], Call]) -> None:
        self.blueprint, self.prefix, self.authenticate = blueprint, prefix, authenticate
        self.operations: list[Operation] = []
        for rule in (prefix, f"{prefix}/", f"{prefix}/<path:rest>"):
            blueprint.add_url_rule(rule, "elsewhere", self._elsewhere, methods=METHODS, provide_automatic_options=False)
        blueprint.before_app_request(self._no_way_round)

    def _no_way_round(self) -> Response | None:
        """What routing would lead elsewhere, such as a doubled slash, is unknown here: programs get a problem, never a page."""
        if not isinstance(request.routing_exception, RequestRedirect):
            return None
        ours = request.path == self.prefix or request.path.startswith(self.prefix + "/")
        return http_problem(NotFound()) if ours else None

    def operation(self, method: str, path: str, *, summary: str, answer: type[BaseModel], body: type[BaseModel] | None = None,
                  query: dict[str, str] | None = None, status: int | None = None, repeats: str | None = None,
                  allow: Callable[[Any], None] | None = None, also: tuple[int, ...] = ()) -> Callable:
        """Register a handler `f(call, **path_parameters)` that returns the answer: a model, or its fields."""

        def register(handler: Callable[..., Any]) -> Callable[..., Any]:
            entry = Operation(method, path, handler.__name__, summary, body, query or {}, answer,
                              status or (204 if answer is Nothing else 200), repeats, allow, also)
            self.operations.append(entry)

            def view(**parameters: str) -> Response:
                call = self.authenticate()
                if entry.allow is not None:
                    entry.allow(call)
                call.query, call.body = _query(entry), _body(entry)
                return _answer(entry, handler(call, **parameters))

            self.blueprint.add_url_rule(self.prefix + re.sub(r"{(\w+)}", r"<\1>", path), handler.__name__, view, methods=[method])
            return handler

        return register

    def _elsewhere(self, rest: str = "") -> Response:
        """No operation has this path and method: 405 where only the method is wrong, else 404."""
        path = request.path.removeprefix(self.prefix)
        methods = {op.method for op in self.operations if re.fullmatch(re.sub(r"{\w+}", "[^/]+", op.path), path)}
        raise MethodNotAllowed(sorted(methods)) if methods else NotFound


def number(text: str) -> int:
    """An opaque id; anything that cannot be one is unknown (404), not wrong (I28)."""
    if re.fullmatch(r"[1-9][0-9]{0,18}", text, re.ASCII) is None or int(text) >= 2**63:
        raise Refused("not_found")
    return int(text)


def _query(entry: Operation) -> dict[str, str]:
    unknown = sorted(set(request.args) - set(entry.query))
    if unknown:
        raise Refused("invalid", errors=[{"field": name[:60], "problem": "is not a parameter of this operation"} for name in unknown[:50]])
    for name, value in request.args.items():
        if "\x00" in value:
            raise Refused("invalid", errors=[{"field": name, "problem": "holds a zero byte"}])
    return {name: value for name, value in request.args.items() if value != ""}


def _body(entry: Operation) -> BaseModel | bytes | None:
    raw = request.get_data()
    if entry.body is None:
        return None
    if entry.body is Csv:
        if request.mimetype != "text/csv":
            raise Unreadable(415, "Send the file as text/csv.")
        return raw
    if raw and request.mimetype != "application/json":
        raise Unreadable(415, "Send application/json.")
    try:
        parsed = json.loads(raw or b"{}")
        if _holds_zero(parsed):
            raise Unreadable(400, "The body holds a zero byte.")
    except (ValueError, RecursionError):
        raise Unreadable(400, "The body is not readable JSON.") from None
    try:
        return entry.body.model_validate(parsed)
    except ValidationError as error:
        raise Refused("invalid", errors=wrong_fields(error)) from None


def _holds_zero(value: Any) -> bool:
    """PostgreSQL's texts cannot hold U+0000."""
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_holds_zero(key) or _holds_zero(part) for key, part in value.items())
    return isinstance(value, list) and any(map(_holds_zero, value))


def _answer(entry: Operation, given: Any) -> Response:
    """Through the documented model, so that no answer differs from the document; one that would is our failure."""
    if entry.answer is Nothing:
        return Response(status=entry.status)
    if isinstance(given, Response):
        return given
    if entry.answer is Csv:
        return Response(given, entry.status, mimetype="text/csv")
    model = given if isinstance(given, BaseModel) else entry.answer.model_validate(given)
    return Response(model.model_dump_json(exclude_unset=True), entry.status, mimetype="application/json")

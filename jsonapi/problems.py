"""Problem details (RFC 9457) with a stable `code`: how any JSON door says no, whatever went wrong."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from flask import Blueprint, Response
from pydantic import ValidationError
from sqlalchemy.exc import TimeoutError
from werkzeug.exceptions import HTTPException

from booking.rules.decision import Refused

log = logging.getLogger("opencals.errors")
STATUS = {"not_found": 404, "unauthorized": 401, "rate_limited": 429, "invalid": 422}
SHOWN_FACTS = ("deadline", "notice_hours", "state", "version", "limit", "bookings", "retry_after", "offer", "missing", "still_possible")
MOST_ERRORS = 50
TITLES = {
    "slot_taken": "The time is taken", "too_late": "Past the notice", "limit_reached": "Limit reached", "not_allowed": "Not allowed",
    "closed": "The booking is closed", "checked_in": "The customer is checked in", "stale": "Changed meanwhile",
    "quote_changed": "The refund has changed", "no_change": "Nothing to change", "outside_hours": "Outside the bookable times",
    "invalid": "Please check the request", "not_found": "Not found", "unauthorized": "Not authorized",
    "rate_limited": "Too many requests", "idempotency_mismatch": "The key was used for another request",
    "unavailable": "The booking system does not answer",
}


class Unreadable(Exception):
    """A request that cannot be understood: 400, 413 or 415."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def problem(status: int, code: str, *, title: str | None = None, detail: str | None = None, errors: list[dict[str, str]] | None = None,
            **facts: Any) -> Response:
    """A problem+json answer; facts that are None are left out."""
    body = {"type": "about:blank", "title": title or TITLES[code], "status": status, "code": code} | {
        name: value for name, value in {"detail": detail, "errors": errors, **facts}.items() if value is not None}
    return Response(json.dumps(body, default=str), status, mimetype="application/problem+json")


def refusal(error: Refused, detail: str | None, **more: Any) -> Response:
    """A rule's no, with the facts anyone may see; `detail` is the door's own sentence."""
    facts = {name: error.facts[name] for name in SHOWN_FACTS if error.facts.get(name) is not None}
    if "deadline" in facts:
        facts["deadline"] = facts["deadline"].isoformat()
    status = 403 if error.facts.get("kind") == "role" else STATUS.get(error.code, 409)
    response = problem(status, error.code, detail=detail, errors=error.facts.get("errors"), **facts | more)
    if error.code == "unauthorized":
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.code == "rate_limited":
        response.headers["Retry-After"] = str(error.facts.get("retry_after", 60))
    return response


def install(blueprint: Blueprint, refused: Callable[[Refused], Response]) -> None:
    """Register the answers for everything a handler of the blueprint may raise."""
    blueprint.register_error_handler(Refused, refused)
    blueprint.register_error_handler(Unreadable, lambda error: problem(error.status, "invalid", detail=error.detail))
    blueprint.register_error_handler(HTTPException, http_problem)
    blueprint.register_error_handler(Exception, _unexpected)


@contextmanager
def errors_as(told: Callable[[dict[str, str]], dict[str, str]]) -> Iterator[None]:
    """What an action finds wrong, as `told` says it to whoever sent the request."""
    try:
        yield
    except Refused as refused:
        if refused.code != "invalid":
            raise
        raise Refused("invalid", **refused.facts | {"errors": [told(error) for error in refused.facts["errors"]]}) from None


def wrong_fields(error: ValidationError) -> list[dict[str, str]]:
    """What is wrong with a body, by field."""
    found = error.errors(include_url=False, include_input=False, include_context=False)[:MOST_ERRORS]
    return [{"field": _path(e["loc"]), "problem": e["msg"].removeprefix("Value error, ")} for e in found]


def _path(location: tuple[int | str, ...]) -> str:
    """`customer.email`: tags of unions and keys of dictionaries are pydantic's own affair."""
    return ".".join(str(part)[:80] for part in location if not str(part).startswith("[")) or "body"


def http_problem(error: HTTPException) -> Response:
    status = error.code or 500
    response = problem(status, "not_found" if status == 404 else "invalid", title=error.name)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _unexpected(error: Exception) -> Response:
    """The database is away (503), or something is broken (500, logged): nothing has changed either way."""
    cause = getattr(error, "orig", error)  # what the driver said, whether or not SQLAlchemy wrapped it
    if isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError)) or isinstance(error, TimeoutError):
        log.warning("the database does not answer", extra={"error": type(error).__name__})
        response = problem(503, "unavailable", detail="Nothing has changed. Try again in a minute.")
        response.headers["Retry-After"] = "30"
        return response
    log.exception("unexpected error")
    return problem(500, "unavailable", title="Something went wrong", detail="Nothing has changed. It has been logged.")

"""How the merchant API says no: problem details (RFC 9457) with a stable `code`, the same words for unknown and foreign (I28)."""

from __future__ import annotations

import json
import logging
from typing import Any

import psycopg
from flask import Blueprint, Response
from psycopg.errors import ForeignKeyViolation
from pydantic import ValidationError
from sqlalchemy.exc import TimeoutError
from werkzeug.exceptions import HTTPException

from booking.rules.decision import Refused
from booking.wording import words_for
from shopify_app.session_tokens import RETRY_HEADER

log = logging.getLogger("opencals.errors")
STATUS = {"not_found": 404, "unauthorized": 401, "rate_limited": 429, "invalid": 422}
SHOWN_FACTS = ("deadline", "notice_hours", "state", "version", "limit", "bookings", "retry_after", "offer", "dates", "missing")
MOST_ERRORS = 50
TITLES = {
    "slot_taken": "The time is taken", "too_late": "Past the notice", "limit_reached": "Limit reached", "not_allowed": "Not allowed",
    "closed": "The booking is closed", "checked_in": "The customer is checked in", "stale": "Changed meanwhile",
    "quote_changed": "The refund has changed", "no_change": "Nothing to change", "outside_hours": "Outside the bookable times",
    "invalid": "Please check the request", "not_found": "Not found", "unauthorized": "Not authorized",
    "rate_limited": "Too many requests", "idempotency_mismatch": "The key was used for another request",
    "unavailable": "The booking system does not answer",
}
DETAILS = {
    "slot_taken": "Something else stands at that time. Choose another one; where the operation has `override`, true puts it there all the same.",
    "too_late": "Customers may no longer change this booking themselves. `override: true` changes it all the same.",
    "limit_reached": "The booking has been moved as often as customers may. `override: true` moves it all the same.",
    "outside_hours": "Nobody works at that time, or the class does not take place then. Outside hours needs `override: true`.",
    "stale": "The booking has another version now. Read it again and decide again.",
    "no_change": "The booking already is at that time with that person.",
    "idempotency_mismatch": "This Idempotency-Key came with another request before. Use a new key for a new request.",
    "checked_in": "The customer is already there. `override: true` changes the booking all the same.",
}


class Unreadable(Exception):
    """A request that cannot be understood: 400, 413 or 415."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def problem(status: int, code: str, *, title: str | None = None, detail: str | None = None, errors: list[dict[str, str]] | None = None,
            **facts: Any) -> Response:
    """A problem+json answer."""
    body = {"type": "about:blank", "title": title or TITLES[code], "status": status, "code": code} | {
        name: value for name, value in {"detail": detail, "errors": errors, **facts}.items() if value is not None}
    return Response(json.dumps(body, default=str), status, mimetype="application/problem+json")


def install(blueprint: Blueprint) -> None:
    """Register the answers for everything a handler may raise."""
    blueprint.register_error_handler(Refused, refused)
    blueprint.register_error_handler(ValidationError, _invalid)
    blueprint.register_error_handler(Unreadable, lambda error: problem(error.status, "invalid", detail=error.detail))
    blueprint.register_error_handler(HTTPException, _http)
    blueprint.register_error_handler(Exception, _unexpected)


def refused(error: Refused) -> Response:
    """A rule's no. `invalid`, `not_found` and `unauthorized` carry nothing that could tell two causes apart but their errors."""
    facts = {name: error.facts[name] for name in SHOWN_FACTS if error.facts.get(name) is not None}
    if "deadline" in facts:
        facts["deadline"] = facts["deadline"].isoformat()
    if "dates" in facts:
        facts["dates"] = [_date(one) for one in facts["dates"]]
    detail = DETAILS.get(error.code)
    if error.code == "closed":
        detail = words_for("en").refusal("closed", error.facts, "")
    if error.code == "not_allowed":
        detail = _not_allowed(error.facts)
    response = problem(STATUS.get(error.code, 409), error.code, detail=detail, errors=error.facts.get("errors"), **facts)
    if error.code == "unauthorized":
        response.headers["WWW-Authenticate"] = "Bearer"
        if error.facts.get("session"):
            response.headers[RETRY_HEADER] = "1"
    if error.code == "rate_limited":
        response.headers["Retry-After"] = str(error.facts.get("retry_after", 60))
    return response


def _date(one: dict[str, Any]) -> dict[str, Any]:
    """A date of a series or part of a visit that does not fit, and why (R31)."""
    at = one.get("starts_at") or one.get("local_start")
    return {"ref": one.get("ref"), "starts_at": at.isoformat() if at else None, "code": one["code"]}


def _not_allowed(facts: dict[str, Any]) -> str:
    match facts:
        case {"kind": "customer" | "session"}:
            return "Bookings refer to it, so it cannot be removed."
        case {"kind": "publish"}:
            return "The customer has not agreed to publishing it."
        case {"kind": "reply"}:
            return "It has been answered already; feedback is answered once."
        case {"kind": "cancel" | "reschedule"}:
            return "The policy does not let customers do this. `override: true` does it all the same."
        case {"kind": "offers"}:
            return "Nobody gives this service now, so no other time can be offered."
        case {"state": state}:
            return f"This cannot follow the state {state}."
    return "The store's settings do not allow this."


def _invalid(error: ValidationError) -> Response:
    found = error.errors(include_url=False, include_input=False, include_context=False)[:MOST_ERRORS]
    return problem(422, "invalid", errors=[{"field": _path(e["loc"]), "problem": e["msg"].removeprefix("Value error, ")} for e in found])


def _path(location: tuple[int | str, ...]) -> str:
    """`customer.email`: tags of unions and keys of dictionaries are pydantic's own affair."""
    return ".".join(str(part)[:80] for part in location if not str(part).startswith("[")) or "body"


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    response = problem(status, "not_found" if status == 404 else "invalid", title=error.name)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _unexpected(error: Exception) -> Response:
    """The database is away (503), or something is broken (500, logged): nothing has changed either way.

    Two requests at once can remove a thing and begin to use it. The later one meets the foreign key: an answer, not a failure.
    """
    cause = getattr(error, "orig", error)  # what the driver said, whether or not SQLAlchemy wrapped it
    if isinstance(cause, ForeignKeyViolation):
        return problem(409, "not_allowed", detail="Other things refer to it, or what it refers to has just been removed. Read them again.")
    if isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError)) or isinstance(error, TimeoutError):
        log.warning("the database does not answer", extra={"error": type(error).__name__})
        response = problem(503, "unavailable", detail="Nothing has changed. Try again in a minute.")
        response.headers["Retry-After"] = "30"
        return response
    log.exception("unexpected error")
    return problem(500, "unavailable", title="Something went wrong", detail="Nothing has changed. It has been logged.")

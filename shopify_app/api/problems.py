"""How the merchant API says no: what can be done about it, and the same words for unknown and foreign (I28)."""

from __future__ import annotations

from typing import Any

from flask import Response

from booking.rules.decision import Refused
from booking.wording import words_for
from jsonapi.problems import refusal
from shopify_app.dashboard.charge_words import missing_text
from shopify_app.session_tokens import RETRY_HEADER

DETAILS = {
    "slot_taken": "Something else stands at that time. Choose another one; where the operation has `override`, true puts it there all the same. A class never takes more than its seats.",
    "too_late": "Customers may no longer change this booking themselves. `override: true` changes it all the same.",
    "limit_reached": "The booking has been moved as often as customers may. `override: true` moves it all the same.",
    "outside_hours": "Nobody works at that time, customers could not choose the start themselves (too soon, too far ahead, between the steps), or the class does not take place then. `override: true` takes it all the same; a class needs a date, which is made first.",
    "stale": "The booking has another version now. Read it again and decide again.",
    "no_change": "The booking already is at that time with that person.",
    "idempotency_mismatch": "This Idempotency-Key came with another request before. Use a new key for a new request.",
    "checked_in": "The customer is already there. `override: true` changes the booking all the same.",
}
OF_KIND = {
    ("closed", "wait"): "They do not wait any more.", ("closed", "date"): "The class date has been cancelled already.",
    ("no_change", "dates"): "None of the dates that are meant is still to come.", ("no_change", "conflict"): "The booking has no conflict.",
}
"""The same codes about something else, by `kind`."""


def refused(error: Refused) -> Response:
    """A rule's no. `invalid`, `not_found` and `unauthorized` carry nothing that could tell two causes apart but their errors."""
    more = {"dates": [_date(one) for one in error.facts["dates"]]} if error.facts.get("dates") else {}
    detail = OF_KIND.get((error.code, error.facts.get("kind")), DETAILS.get(error.code))
    if error.code == "closed" and "import_state" in error.facts:
        detail = f"That is not possible while the import is in the state {error.facts['import_state']}."
    elif error.code == "closed" and detail is None:
        detail = words_for("en").refusal("closed", error.facts, "")
    if error.code == "not_allowed":
        detail = _not_allowed(error.facts)
    response = refusal(error, detail, **more)
    if error.code == "unauthorized" and error.facts.get("session"):
        response.headers[RETRY_HEADER] = "1"
    return response


def _date(one: dict[str, Any]) -> dict[str, Any]:
    """A date of a series or a class, or a part of a visit, that does not fit, and why (R31)."""
    at = one.get("starts_at") or one.get("local_start")
    return {"ref": one.get("ref"), "starts_at": at.isoformat() if at else None, "code": one["code"]}


def _not_allowed(facts: dict[str, Any]) -> str:
    match facts:
        case {"kind": "customer" | "session"}:
            return "Bookings, or people who wait or are about to book, refer to it, so it cannot be removed."
        case {"kind": "in_use"}:
            return "Other things refer to it now, or what it refers to has just been removed. Read them again."
        case {"kind": "owner"}:
            return "A store needs at least one owner. Make someone else an owner first."
        case {"kind": "domain"}:
            return "The host is not proven at the moment, so links cannot carry it."
        case {"kind": "role"}:
            return "This person's role in the team does not reach to this operation."
        case {"kind": "payments"}:
            return "This installation takes no card payments."
        case {"kind": "refund", "disputed": True}:
            return "The customer's bank is looking into the payment. The provider refuses refunds of it until that is decided."
        case {"kind": "publish"}:
            return "The customer has not agreed to publishing it."
        case {"kind": "reply"}:
            return "It has been answered already; feedback is answered once."
        case {"kind": "cancel" | "reschedule"}:
            return "The policy does not let customers do this. `override: true` does it all the same."
        case {"kind": "early"}:
            return "The booking has not begun yet, so nobody can have missed it. `override: true` notes it all the same."
        case {"kind": "charge", "missing": missing}:
            return missing_text(words_for("en"), missing)
        case {"kind": "offers"}:
            return "Nobody gives this service now, so no other time can be offered."
        case {"state": state}:
            return f"This cannot follow the state {state}."
    return "The store's settings do not allow this."

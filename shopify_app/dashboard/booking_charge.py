"""A fee for a missed appointment or a late cancellation, charged to the saved card: what may be, what was agreed to, then the charge (R22, A155)."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, request

from booking.actions.action import Once
from booking.actions.charge_card import charge_card
from booking.cards import Chargeable, chargeable, consent_for
from booking.rules.decision import Refused
from booking.rules.money import card_step
from booking.wording import Words
from models.booking_summary import BookingSummary
from models.session import Tx, reading
from shopify_app.dashboard import given
from shopify_app.dashboard.booking import require
from shopify_app.dashboard.charge_words import face, missing_text, reason_text
from shopify_app.dashboard.door import MANAGERS, Visit, screen


@screen("/bookings/<ref>/charge", roles=MANAGERS, methods=("GET", "POST"))
def booking_charge(visit: Visit, ref: str) -> Any:
    with reading(visit.store_id) as tx:
        b = require(tx, ref)
        found = chargeable(tx, b)
        if request.method == "GET" or found.missing is not None:
            return _page(visit, tx, b, found, status=200 if request.method == "GET" else 409)
        amount = given.amount(request.form.get("amount"), b.currency)
        problem = _wrong(visit.words, amount, found.most, b.currency)
        if amount is None or problem is not None:
            return _page(visit, tx, b, found, status=422, problems={"amount": problem})
    try:
        charge_card(visit.store_id, visit.actor, b.ref, amount=amount, reason=found.reason, once=Once.of(
            f"user:{visit.user.user_id}", given.text(request.form.get("once"), 64) or secrets.token_hex(8),
            lambda made: {"ref": made.booking.ref}, "charge", b.ref, amount))
    except Refused:
        with reading(visit.store_id) as tx:
            b = require(tx, ref)
            return _page(visit, tx, b, chargeable(tx, b), status=409, problem=visit.words._(
                "What may be charged has changed since you opened the page. Nothing was charged."))
    return visit.go(f"/bookings/{b.ref}", done="charging")


def _wrong(w: Words, amount: int | None, most: int, currency: str) -> str | None:
    if amount is None or not 0 < amount <= most:
        return w._("Please enter an amount of at most {amount}.").format(amount=w.money(most, currency))
    return given.steps_problem(w, currency) if amount % card_step(currency) else None


def _page(visit: Visit, tx: Tx, b: BookingSummary, found: Chargeable, *, status: int = 200, problem: str | None = None,
          problems: dict[str, str | None] | None = None) -> Response:
    w = visit.words
    return visit.show(
        "booking_charge.html", here="bookings", status=status, b=b, most=found.most, missing=missing_text(w, found.missing), problem=problem,
        problems=problems or {}, reason=reason_text(w, found.reason), card=found.card and face(w, found.card),
        consent=consent_for(tx, b.id, found.card.id) if found.card else None, once=secrets.token_hex(16),
        amount=request.form.get("amount") if problems else given.plain_amount(found.most, b.currency))

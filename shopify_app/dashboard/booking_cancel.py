"""Cancelling for the shop: what comes back is the shop's choice, said in money before it is done (A103, D26i)."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from booking import facts
from booking.actions.cancel_booking import LONGEST_REASON, cancel_booking
from booking.rules.decision import Refused
from booking.rules.status import CLOSED
from models.booking_summary import BookingSummary
from models.session import Tx, reading
from shopify_app.dashboard import given, warnings
from shopify_app.dashboard.booking import require, show_booking
from shopify_app.dashboard.booking_verbs import refuse
from shopify_app.dashboard.door import EVERYONE, MANAGERS, Visit, screen


@screen("/bookings/<ref>/cancel", roles=EVERYONE, methods=("GET", "POST"))
def booking_cancel(visit: Visit, ref: str) -> Any:
    if request.method == "POST":
        return _cancel(visit, ref)
    with reading(visit.store_id) as tx:
        b = require(tx, ref)
        if b.status not in CLOSED:
            return _page(visit, tx, b)
    return show_booking(visit, ref, problem=visit.words.refusal("closed", {"state": b.status}, visit.store.name), status=409)


def _cancel(visit: Visit, ref: str) -> Response:
    """Cancel as shown: what has changed since, in the booking, the rules or the money, is shown first."""
    form, w = request.form, visit.words
    with reading(visit.store_id) as tx:
        b = require(tx, ref)
        version, seats = given.whole(form.get("version")), _seats(b)
        if b.status in CLOSED or version != b.version:
            refused = Refused("closed", state=b.status) if b.status in CLOSED else Refused("stale", version=b.version, state=b.status)
        else:
            found = warnings.of_change(w, "cancel", b, tx.now)
            if not warnings.all_shown(found):
                return _page(visit, tx, b, status=409)
            choice = form.get("refund", "policy") if visit.may(MANAGERS) else "policy"
            refund: str | int | None = _amount(tx, b) if choice == "amount" else choice
            if refund is None or choice not in ("policy", "full", "none", "amount"):
                left = w.money(_left(tx, b), b.currency)
                return _page(visit, tx, b, status=422, problems={"amount": w._("Please enter an amount of at most {amount}.").format(amount=left)})
            if isinstance(refund, int) and not _moves(tx, b, refund, seats):
                return _page(visit, tx, b, status=422, problems={"amount": given.steps_problem(w, b.currency)})
            quote = facts.quote_cancellation(tx, b, seats=seats)
            if choice == "policy" and form.get("policy_amount") != f"{quote.outcome} {quote.amount}":
                return _page(visit, tx, b, status=409, problem=w._("The refund under the policy has changed since you opened the page."))
            refused = None
    if refused is not None:
        return refuse(visit, ref, refused)
    try:
        cancel_booking(visit.store_id, visit.actor, b.ref, reason=given.text(form.get("reason"), LONGEST_REASON), refund=refund, seats=seats,
                       version=version, override=bool(found), notify=form.get("notify") == "1", hold_money=form.get("hold") == "1")
    except Refused as problem:
        return refuse(visit, ref, problem)
    return visit.go(f"/bookings/{ref}", done="cancelled" if seats == b.seats else "seats_cancelled")


def _page(visit: Visit, tx: Tx, b: BookingSummary, *, status: int = 200, problems: dict[str, str] | None = None,
          problem: str | None = None) -> Response:
    w, seats = visit.words, _seats(b)
    quote = facts.quote_cancellation(tx, b, seats=seats)
    full = facts.quote_by_shop(tx, b, "full", seats=seats)
    left = _left(tx, b)
    policy = w._("{amount} as credit, {kept} kept") if quote.outcome == "credit" else w._("{amount} back, {kept} kept")
    return visit.show(
        "booking_cancel.html", here="bookings", status=status, b=b, seats=seats, warnings=warnings.of_change(w, "cancel", b, tx.now),
        policy=policy.format(amount=w.money(quote.amount, b.currency), kept=w.money(quote.kept, b.currency)),
        policy_amount=f"{quote.outcome} {quote.amount}", full=w.money(full.amount, b.currency), left=w.money(left, b.currency),
        has_money=left > 0, may_choose=visit.may(MANAGERS), by_itself="card" in dict(full.ways), problems=problems or {},
        problem=problem, typed=request.form.to_dict(), longest=LONGEST_REASON)


def _seats(b: BookingSummary) -> int:
    """How many seats are meant: all unless a number of them is named."""
    number = given.whole(request.values.get("seats"))
    return number if number is not None and 1 <= number <= b.seats else b.seats


def _moves(tx: Tx, b: BookingSummary, amount: int, seats: int) -> bool:
    """Whether just this amount can go back the way it was paid (R25)."""
    return facts.quote_by_shop(tx, b, amount, seats=seats).amount == amount


def _left(tx: Tx, b: BookingSummary) -> int:
    """What can still come back: what went back as credit is gone too."""
    return sum(payment.left for payment in facts.load_payments(tx, b))


def _amount(tx: Tx, b: BookingSummary) -> int | None:
    """The typed amount in minor units, None when it is no amount or more than there is."""
    amount = given.amount(request.form.get("amount"), b.currency)
    return amount if amount is not None and 0 <= amount <= _left(tx, b) else None

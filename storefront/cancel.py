"""Cancelling in two steps: what happens to the money, in words; then the decision (A8, A86, A87, R27)."""

from __future__ import annotations

import secrets

from flask import g, redirect, request

from booking import facts, quotes
from booking.actions.action import Once
from booking.actions.cancel_booking import LONGEST_REASON, cancel_booking
from booking.cards import fee_after
from booking.rules.decision import Refused
from models.session import Tx, reading
from storefront import given
from storefront.blueprint import bp, page
from storefront.booking_page import render_booking
from storefront.door import Door, enter
from storefront.presenting import detail


@bp.get("/account/bookings/<ref>/cancel")
@bp.get("/manage/<ref>/cancel")
def cancel(ref: str):  # noqa: ANN201
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
        return _show(tx, door)


@bp.post("/account/bookings/<ref>/cancel")
@bp.post("/manage/<ref>/cancel")
def confirm_cancel(ref: str):  # noqa: ANN201
    """Apply exactly what was shown, or show the new outcome for a fresh decision."""
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
    if door.by_link and door.b.store_require_login_to_cancel and door.person is None:
        return redirect(f"/account/bookings/{ref}/cancel", 303)
    quote, seats = request.form.get("quote", ""), _seats(request.form.get("seats"), door)
    try:
        once = Once.of(f"page:{door.b.id}", given.text(request.form.get("once"), 64) or secrets.token_hex(8),
                       lambda done: {"ref": done.booking.ref}, "cancel", ref, quote, seats)
        cancel_booking(g.store_id, door.actor, ref, quote=quote, reason=given.text(request.form.get("reason"), LONGEST_REASON + 1), seats=seats, once=once)
    except Refused as refused:
        with reading(g.store_id) as tx:
            door = enter(tx, ref)
            problem = door.words.refusal(refused.code, refused.facts, door.b.store_name)
            if refused.code in ("quote_changed", "invalid", "stale") and door.b.holding:
                return _show(tx, door, problem=problem, status=422 if refused.code == "invalid" else 409)
            return render_booking(tx, door, problem=problem, status=409)
    return redirect(door.url(done="cancelled" if seats == door.b.seats else "seats"), 303)


def _show(tx: Tx, door: Door, *, problem: str | None = None, status: int = 200):  # noqa: ANN202
    b, w = door.b, door.words
    decision = facts.decisions(b, tx.now)["cancel"]
    if not decision.allowed:
        return render_booking(tx, door, problem=w.refusal(decision.reason or "", decision.facts, b.store_name), status=409)
    seats = _seats(request.values.get("seats"), door)
    quote = facts.quote_cancellation(tx, b, seats=seats)
    policy = facts.effective_policy(b)
    fee = fee_after(tx, b, quote)
    charge = w._("{venue} may charge up to {amount} to your saved card.").format(venue=b.store_name, amount=w.money(fee, b.currency)) if fee else ""
    return page(
        "cancel.html", door.store, w, person=door.person, door=door, b=detail(door, tx.now), problem=problem, charge=charge,
        outcome=w.refund(quote.facts(), b.store_name), until=w.when(quote.until, b.zone) if quote.until else None,
        deadline=w.deadline("cancel", decision.deadline, b.zone) if decision.deadline else "", quote=quotes.sign(quote, b, seats),
        seats=seats, of_seats=b.seats, may_drop=b.seats > 1 and policy.part_cancel, longest=LONGEST_REASON, once=secrets.token_hex(16),
        needs_login=door.by_link and b.store_require_login_to_cancel and door.person is None,
        may_move=facts.decisions(b, tx.now)["reschedule"].allowed), status


def _seats(wanted: str | None, door: Door) -> int:
    return given.seats(wanted, door.b.seats, door.b.seats)

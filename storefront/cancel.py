"""Cancelling in two steps: what happens to the money, in words; then the decision (A8, A86, A87, R27)."""

from __future__ import annotations

import secrets

from flask import g, redirect, request

from booking import facts, quotes
from booking.actions.cancel_booking import LONGEST_REASON, cancel_booking
from booking.actions.visits import cancel_visit_part
from booking.rules.decision import Refused
from models.session import Tx, reading
from storefront import cancel_several, given
from storefront.blueprint import bp, page
from storefront.booking_page import render_booking
from storefront.cancel_several import own_page
from storefront.door import Door, enter, once_of
from storefront.fee_notes import fee_note
from storefront.move_reason import typed_reason
from storefront.presenting import detail
from storefront.together import VISIT, Group, decisions_of, group_of, scope_asked, scope_choices

SEVERAL = ("following", "all", "visit")


@bp.get("/account/bookings/<ref>/cancel")
@bp.get("/manage/<ref>/cancel")
def cancel(ref: str):  # noqa: ANN201
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
        group = group_of(tx, door)
        return _show(tx, door, group)


@bp.post("/account/bookings/<ref>/cancel")
@bp.post("/manage/<ref>/cancel")
def confirm_cancel(ref: str):  # noqa: ANN201
    """Apply exactly what was shown, or show the new outcome for a fresh decision."""
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
    if door.needs_login:
        return redirect(own_page(door, request.form.get("scope"), _seats(request.form.get("seats"), door)), 303)
    if request.form.get("scope") in SEVERAL:
        return cancel_several.confirm_several(door, request.form["scope"])
    quote, seats, as_credit = request.form.get("quote", ""), _seats(request.form.get("seats"), door), request.form.get("back") == "credit"
    try:
        once, reason = once_of(door, "cancel", ref, quote, seats, as_credit), typed_reason()
        if door.b.visit_id is not None and seats == door.b.seats:
            cancel_visit_part(g.store_id, door.actor, ref, quote=quote, reason=reason, as_credit=as_credit, once=once)
        else:
            cancel_booking(g.store_id, door.actor, ref, quote=quote, reason=reason, seats=seats, as_credit=as_credit, once=once)
    except Refused as refused:
        with reading(g.store_id) as tx:
            door = enter(tx, ref)
            problem = door.words.refusal(refused.code, refused.facts, door.b.store_name)
            if refused.code in ("quote_changed", "invalid", "stale") and door.b.holding:
                return _show(tx, door, group_of(tx, door), problem=problem, status=422 if refused.code == "invalid" else 409)
            return render_booking(tx, door, problem=problem, status=409)
    return redirect(door.url(done="cancelled" if seats == door.b.seats else "seats"), 303)


def _show(tx: Tx, door: Door, group: Group | None, *, problem: str | None = None, status: int = 200):  # noqa: ANN202
    b, w = door.b, door.words
    decided, scope = decisions_of(door, group, tx.now), scope_asked(group, "cancel")
    decision = decided["cancel"]
    if group is not None and scope in SEVERAL and (decision.allowed or group.kind != VISIT):
        return cancel_several.show_several(tx, door, group, scope, problem=problem, status=status)
    if not decision.allowed:
        return render_booking(tx, door, problem=w.refusal(decision.reason or "", decision.facts, b.store_name), status=409)
    seats = _seats(request.values.get("seats"), door)
    as_credit = request.values.get("back") == "credit"
    quote = facts.quote_cancellation(tx, b, seats=seats, as_credit=as_credit)
    policy = facts.effective_policy(b)
    return page(
        "cancel.html", door.store, w, person=door.person, door=door, b=detail(door, tx.now), problem=problem,
        charge=fee_note(tx, [(b, quote)] if seats == b.seats else (), w),
        outcome=w.refund(quote.facts(), b.store_name), until=w.when(quote.until, door.zone) if quote.until and quote.until != decision.deadline else None,
        deadline=w.deadline("cancel", decision.deadline, door.zone) if decision.deadline else "", quote=quotes.sign(quote, b, seats),
        may_choose=facts.may_keep_as_credit(b) and facts.quote_cancellation(tx, b, seats=seats).cash > 0, as_credit=as_credit,
        seats=seats, of_seats=b.seats, may_drop=b.seats > 1 and policy.part_cancel, longest=LONGEST_REASON, typed=typed_reason(), once=secrets.token_hex(16),
        sign_in=own_page(door, scope if group is not None else None, seats), scopes=scope_choices(group, "cancel", w), scope=scope,
        may_move=decided["reschedule"].allowed), status


def _seats(wanted: str | None, door: Door) -> int:
    return given.seats(wanted, door.b.seats, door.b.seats)

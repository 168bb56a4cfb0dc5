"""Cancelling several dates of a series, or a whole visit: each with its money, the sum, and what stays; then the decision (R27, R31, R32)."""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

from flask import g, redirect, request

from booking import facts
from booking.actions.cancel_booking import LONGEST_REASON
from booking.actions.cancel_series import CancelPreview, cancel_series, preview_cancel_series
from booking.actions.visits import cancel_visit, preview_cancel_visit
from booking.rules.decision import Refused
from models.session import Tx, reading
from storefront.blueprint import page
from storefront.booking_page import render_booking
from storefront.door import Door, enter, once_of
from storefront.fee_notes import fee_note
from storefront.move_reason import typed_reason
from storefront.presenting import why_not
from storefront.together import VISIT, Group, decisions_of, group_of, scope_asked, scope_choices


def show_several(tx: Tx, door: Door, group: Group, scope: str, *, problem: str | None = None, status: int = 200):  # noqa: ANN201
    """Every booking that would go with its outcome, those that stay with the reason, and the sum."""
    b, w, last = door.b, door.words, None
    if scope == VISIT:
        may = decisions_of(door, group, tx.now)["cancel"]
        may.require()
        last = may.deadline
    as_credit = request.values.get("back") == "credit"
    preview = _preview(tx, b.ref, scope, as_credit)
    money = _preview(tx, b.ref, scope, False) if as_credit else preview
    total = preview.total
    return page(
        "cancel_several.html", door.store, w, person=door.person, door=door, scope=scope, problem=problem, preview=preview,
        scopes=scope_choices(group, "cancel", w), parts=[
            (part.booking.service_name, w.when(part.booking.starts_at, door.zone_of(part.booking)), w.refund(part.quote.facts(), b.store_name))
            for part in preview.parts],
        stays=[(w.when(stay.booking.starts_at, door.zone_of(stay.booking)), why_not("cancel", stay.decision, door, stay.booking))
               for stay in preview.stays],
        outcome=w.refund(total.facts(), b.store_name) if total else "", until=w.when(total.until, door.zone) if total and total.until and total.until != last else None,
        deadline=w.deadline("cancel", last, door.zone) if last else None,
        charge=fee_note(tx, [(part.booking, part.quote) for part in preview.parts], w),
        may_choose=money.total is not None and money.total.cash > 0 and any(facts.may_keep_as_credit(part.booking) for part in money.parts),
        as_credit=as_credit, quote=preview.sign(), longest=LONGEST_REASON, typed=typed_reason(), once=secrets.token_hex(16),
        sign_in=own_page(door)), status


def _preview(tx: Tx, ref: str, scope: str, as_credit: bool) -> CancelPreview:
    return preview_cancel_visit(tx, ref, as_credit=as_credit) if scope == VISIT else preview_cancel_series(tx, ref, scope, as_credit=as_credit)


def confirm_several(door: Door, scope: str):  # noqa: ANN201
    """Apply exactly what was listed, or list it anew for a fresh decision."""
    ref, quote, as_credit = door.b.ref, request.form.get("quote", ""), request.form.get("back") == "credit"
    verb, values = (cancel_visit, {}) if scope == VISIT else (cancel_series, {"scope": scope})
    try:
        if door.by_link and scope != VISIT:
            raise Refused("invalid")  # a link opens its own booking, never other dates (R6)
        verb(g.store_id, door.actor, ref, quote=quote, as_credit=as_credit, reason=typed_reason(),
             once=once_of(door, "cancel-several", ref, quote, scope, as_credit), **values)
    except Refused as refused:
        with reading(g.store_id) as tx:
            door = enter(tx, ref)
            group = group_of(tx, door)
            problem = door.words.refusal(refused.code, refused.facts, door.b.store_name)
            if refused.code in ("quote_changed", "invalid", "stale") and group is not None and scope_asked(group, "cancel") == scope:
                return show_several(tx, door, group, scope, problem=problem, status=422 if refused.code == "invalid" else 409)
            return render_booking(tx, door, problem=problem, status=409)
    return redirect(door.url(done="several_cancelled"), 303)


def own_page(door: Door, scope: str | None = None, seats: int | None = None) -> str:
    """This page for who has signed in, with what was chosen where that is not what it begins with."""
    chosen = {"scope": "this" if scope == "this" else None, "seats": None if seats == door.b.seats else seats,
              "back": "credit" if request.values.get("back") == "credit" else None}
    query = urlencode({name: value for name, value in chosen.items() if value is not None})
    return f"/account/bookings/{door.b.ref}/cancel" + (f"?{query}" if query else "")

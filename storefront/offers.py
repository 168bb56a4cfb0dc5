"""The shop's counter-offers: look, take one with one button, or decline them all (R5, R35, A63, A67, A93)."""

from __future__ import annotations

import secrets

from flask import g, redirect, request

from booking.actions.accept_offer import accept_offer
from booking.actions.decline_offers import decline_offers
from booking.rules.counter_offers import chosen_number
from booking.rules.decision import Refused
from models.session import Tx, reading
from storefront import given
from storefront.blueprint import bp, page
from storefront.booking_page import render_booking
from storefront.door import Door, enter, once_of
from storefront.offer_lines import offer_lines
from storefront.presenting import detail


@bp.get("/account/bookings/<ref>/offers/<n>")
@bp.get("/manage/<ref>/offers/<n>")
def offer_page(ref: str, n: str):  # noqa: ANN201
    """Offer `n` chosen, one button. Reading changes nothing, whoever opens the link (R5)."""
    with reading(g.store_id) as tx:
        return show_offers(tx, enter(tx, ref), n, request.args.get("round"))


@bp.post("/account/bookings/<ref>/offers")
@bp.post("/manage/<ref>/offers")
def accept(ref: str):  # noqa: ANN201
    """The click on one of them, of the round the page showed: another one has other times under the same numbers."""
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
    n, of_round = given.whole_number(request.form.get("offer")), given.whole_number(request.form.get("round"))
    try:
        if n is None:
            raise Refused("invalid")
        _require_named(of_round)
        accept_offer(g.store_id, door.actor, ref, n, of_round=of_round, once=once_of(door, "accept", ref, of_round, n))
    except Refused as refused:
        with reading(g.store_id) as tx:
            return _refused(tx, enter(tx, ref), refused)
    return redirect(door.url(done="accepted"), 303)


@bp.post("/account/bookings/<ref>/offers/decline")
@bp.post("/manage/<ref>/offers/decline")
def decline(ref: str):  # noqa: ANN201
    """None of them, of the round the page showed."""
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
    of_round = given.whole_number(request.form.get("round"))
    try:
        _require_named(of_round)
        decline_offers(g.store_id, door.actor, ref, of_round=of_round)
    except Refused as refused:
        with reading(g.store_id) as tx:
            return _refused(tx, enter(tx, ref), refused)
    return redirect(door.url(done="declined"), 303)


def show_offers(tx: Tx, door: Door, wanted: str | None, of_round: str | None = None, *, problem: str | None = None, status: int = 200):  # noqa: ANN201
    """All that stand, the wanted one chosen; without any, the booking as it is and a word about it. What somebody else has taken
    cannot be chosen."""
    w, lines = door.words, offer_lines(tx, door)
    if not lines:
        return render_booking(tx, door, problem=problem, status=status,
                              notice=None if problem else w._("These offers can no longer be accepted. This is how your booking stands now."))
    free = [line for line in lines if line.free]
    chosen = chosen_number(wanted, of_round, {(line.round, line.n) for line in free})
    notice = None
    if not free:
        notice = w._("All of these times have been taken meanwhile. {venue} can offer you others.").format(venue=door.b.store_name)
    elif wanted and chosen is None:
        notice = w._("The time in your link can no longer be accepted. These are still possible.")
    if not wanted and len(free) == 1:
        chosen = free[0].n
    return page("offers.html", door.store, w, person=door.person, door=door, b=detail(door, tx.now), offers=lines, chosen=chosen,
                notice=None if problem else notice, problem=problem, once=secrets.token_hex(16)), status


def _require_named(of_round: int | None) -> None:
    """An answer that names no round is to none: whoever sent it looks at the offers again."""
    if of_round is None:
        raise Refused("stale", kind="offers")


def _refused(tx: Tx, door: Door, refused: Refused):  # noqa: ANN202
    """What went wrong, and what is still possible: the other offers stay (R35)."""
    w = door.words
    problem = {
        "slot_taken": w._("That time has just been taken. Nothing has changed; please choose another one."),
        "outside_hours": w._("That time is no longer possible. Nothing has changed; please choose another one."),
        "stale": None if refused.facts.get("kind") == "offers" else w._("That offer can no longer be accepted. Nothing has changed."),
        "not_found": w._("That offer can no longer be accepted. Nothing has changed."),
        "invalid": w._("Please choose one of the times."),
    }.get(refused.code) or w.refusal(refused.code, refused.facts, door.b.store_name)
    return show_offers(tx, door, None, problem=problem, status=422 if refused.code == "invalid" else 409)

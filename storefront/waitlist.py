"""Opting in to earlier times, changing the wishes, leaving; through the account or the link (R34, A48, A64, A94, A95)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g, redirect, request

from booking import waitlist as read
from booking.actions.join_waitlist import join_waitlist
from booking.actions.leave_waitlist import leave_waitlist
from booking.offers import find_offer
from booking.rules.decision import Refused
from booking.rules.waitlist import BANDS, EVERY_DAY, weekdays_of
from booking.wording.staff_nouns import earlier_prompt
from models.session import Tx, reading
from storefront import given
from storefront.blueprint import bp, page
from storefront.booking_page import render_booking
from storefront.door import Door, enter
from storefront.presenting import detail
from storefront.waiting_lines import band_names
from storefront.zones import shown_zone


@dataclass(frozen=True, slots=True)
class Choice:
    """A box to tick."""

    value: str
    text: str
    ticked: bool


@bp.get("/account/bookings/<ref>/waitlist")
@bp.get("/manage/<ref>/waitlist")
def waiting(ref: str):  # noqa: ANN201
    with reading(g.store_id) as tx:
        return _show(tx, enter(tx, ref))


@bp.post("/account/bookings/<ref>/waitlist")
@bp.post("/manage/<ref>/waitlist")
def opt_in(ref: str):  # noqa: ANN201
    """Opt in, or save other wishes; the place in line stays."""
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
    form = request.form
    days = [number for number in map(given.whole_number, form.getlist("day")) if number is not None]
    try:
        join_waitlist(g.store_id, door.actor, ref, weekdays=days, bands=form.getlist("band"), anyone=form.get("who") == "anyone")
    except Refused as refused:
        with reading(g.store_id) as tx:
            door = enter(tx, ref)
            if refused.code == "invalid":
                return _show(tx, door, errors=_sentences(refused, door), typed=form, status=422)
            return render_booking(tx, door, problem=door.words.refusal(refused.code, refused.facts, door.b.store_name), status=409)
    return redirect(door.url("waitlist", saved=1), 303)


@bp.post("/account/bookings/<ref>/waitlist/leave")
@bp.post("/manage/<ref>/waitlist/leave")
def opt_out(ref: str):  # noqa: ANN201
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
    try:
        leave_waitlist(g.store_id, door.actor, ref)
    except Refused as refused:
        with reading(g.store_id) as tx:
            return render_booking(tx, enter(tx, ref), problem=door.words.refusal(refused.code, refused.facts, door.b.store_name), status=409)
    return redirect(door.url(done="left"), 303)


def _show(tx: Tx, door: Door, *, errors: dict[str, str] | None = None, typed: Any = None, status: int = 200):  # noqa: ANN202
    b, w = door.b, door.words
    terms, entry = read.waiting_of(tx, b)
    decision = read.decision_of(b, terms, entry, tx.now)
    if not decision.allowed:
        return render_booking(tx, door, problem=w.refusal(decision.reason or "", decision.facts, b.store_name), status=409)
    offer = find_offer(tx, b.service_id)
    days = set(typed.getlist("day")) if typed is not None else {str(d) for d in weekdays_of(entry.weekdays if entry else EVERY_DAY)}
    bands = set(typed.getlist("band")) if typed is not None else set(entry.bands if entry else BANDS)
    anyone = typed.get("who") == "anyone" if typed is not None else entry is not None and entry.staff_id is None
    held = read.standing_offer(tx, entry.id) if entry else None
    return page(
        "waitlist.html", door.store, w, person=door.person, door=door, b=detail(door, tx.now), entry=entry, errors=errors or {},
        saved=request.args.get("saved"), prompt=earlier_prompt(w, terms.nouns),
        deaf=door.person is not None and not read.hears(door.person.email, door.person.phone, door.person.preferences),
        place=read.place_of(tx, entry) if entry else None,
        until=w.when(decision.deadline, door.zone) if entry and decision.deadline else None, rest_hours=terms.rest_hours,
        held=(w.when(held.starts_at, shown_zone(b.location_kind, held.zone, door.own_zone)), held.staff_name, w.when(held.expires_at, door.zone),
              read.entry_path(b.store_id, entry.id, b.link_epoch, offer=held.id)) if held and entry else None,
        days=w.week.in_order([Choice(str(number), name, str(number) in days) for number, name in enumerate(w.weekday_names("wide"))]),
        bands=[Choice(band, text, band in bands) for band, text in band_names(w, terms.bands)],
        may_choose=offer is not None and len(offer.at(b.location_id).staff) > 1, anyone=anyone, staff_name=b.staff_name), status


def _sentences(refused: Refused, door: Door) -> dict[str, str]:
    w = door.words
    texts = {"weekdays": w._("Please choose at least one day."), "bands": w._("Please choose at least one time of day.")}
    return {error["field"]: texts[error["field"]] for error in refused.facts["errors"]}

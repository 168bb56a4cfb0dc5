"""Moving a booking: choose a time, see old and new, confirm (A58, A82, A118, R15). Three plain pages; no JavaScript needed."""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import partial
from typing import NamedTuple

from flask import g, redirect, request

from booking.actions.difference import to_collect
from booking.actions.reschedule_booking import ANYONE, reschedule_booking
from booking.held_place import before_move
from booking.move_times import OTHER_PRICE, MoveTimes, move_times
from booking.rules import moves
from booking.rules.decision import Refused
from booking.wording.policies import latest_lines
from gateways.stripe import deposits
from gateways.stripe.errors import Trouble
from models.booking_summary import BookingSummary
from models.session import Tx, reading
from storefront import given, move_several
from storefront.blueprint import bp, page
from storefront.booking_page import render_booking
from storefront.door import Door, enter, once_of
from storefront.move_notes import move_notes, paid_first
from storefront.move_reason import is_missing, reason_field, typed_reason
from storefront.move_terms import MoveTerms, takes_back_note
from storefront.paying import to_pay
from storefront.picker import keep, parse_at, pick
from storefront.presenting import detail
from storefront.take_back import moving_parts, takes_back
from storefront.together import VISIT, Group, decisions_of, group_of, scope_asked, scope_choices
from storefront.zones import zone_names, zone_of_picker


@bp.get("/account/bookings/<ref>/reschedule")
@bp.get("/manage/<ref>/reschedule")
def reschedule(ref: str):  # noqa: ANN201
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
        group = group_of(tx, door)
        decision = decisions_of(door, group, tx.now)["reschedule"]
        at = parse_at(request.args.get("at"))
        back = at is not None and scope_asked(group, "reschedule") in ("this", VISIT) and takes_back(tx, moving_parts(door.b, group), at, _staff(request.args.get("staff")))
        if not decision.allowed and not back:
            return render_booking(tx, door, problem=door.words.refusal(decision.reason or "", decision.facts, door.b.store_name), status=409)
        return show_picker(tx, door, group) if at is None else _show_summary(tx, door, group, at)


@bp.post("/account/bookings/<ref>/reschedule")
@bp.post("/manage/<ref>/reschedule")
def confirm_reschedule(ref: str):  # noqa: ANN201
    """The confirm click: the move, or where a card pays for it first the page for that (R26). A refusal comes back with the present state
    and fresh times; the booking is as it was (I8)."""
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
    if request.form.get("scope") in ("following", "all", "visit"):
        return move_several.confirm_several(door, request.form["scope"], _fresh)
    at, version = parse_at(request.form.get("starts_at")), given.whole_number(request.form.get("version"))
    staff, price, pays = _staff(request.form.get("staff")), given.whole_number(request.form.get("price")), given.whole_number(request.form.get("pays"))
    try:
        if at is None or version is None:
            raise Refused("invalid")
        if pays and price is not None:
            return to_pay(lambda browser: deposits.begin_move(
                g.store_id, door.actor, ref, starts_at=at, staff_id=staff, version=version, price=price, pays=pays, browser=browser,
                reason=typed_reason()))
        reschedule_booking(g.store_id, door.actor, ref, starts_at=at, staff_id=staff, version=version, price=price, reason=typed_reason(),
                           once=once_of(door, "reschedule", ref, at.isoformat(), staff, price))
    except Trouble:
        with reading(g.store_id) as tx:
            door = enter(tx, ref)
            return _show_summary(tx, door, group_of(tx, door), at, status=503, problem=door.words._(
                "The card service doesn't answer at the moment. Nothing has been moved or paid; please try again in a minute."))
    except Refused as refused:
        with reading(g.store_id) as tx:
            door = enter(tx, ref)
            problem = door.words.refusal(refused.code, refused.facts, door.b.store_name)
            if refused.code in ("slot_taken", "outside_hours", "no_change", "quote_changed") or refused.facts.get("pay"):
                return _fresh(tx, door, problem=problem, status=409)
            if is_missing(refused) and at is not None:
                return _show_summary(tx, door, group_of(tx, door), at, without_reason=True)
            if staff and any(error["field"] == "staff" for error in refused.facts.get("errors", ())):  # who was shown has left since
                return _fresh(tx, door, problem=door.words.refusal("slot_taken", {}, door.b.store_name), status=409)
            return render_booking(tx, door, problem=problem, status=422 if refused.code == "invalid" else 409)
    return redirect(door.url(done="moved"), 303)


def _fresh(tx: Tx, door: Door, *, problem: str, status: int):  # noqa: ANN202
    return show_picker(tx, door, group_of(tx, door), problem=problem, status=status)


def show_picker(tx: Tx, door: Door, group: Group | None, *, problem: str | None = None, status: int = 200):  # noqa: ANN201
    """Free times: of a visit those at which all its parts fit (R32)."""
    visit = group is not None and group.kind == VISIT
    w, times = door.words, move_times(tx, group.parts if visit else (door.b,))
    b = times.parts[0]
    # Whoever has left cannot be kept: where a switch is allowed, those who are there are shown at once (R14).
    anyone = times.may_choose and (times.left or request.args.get("staff") == "anyone")
    picker = pick(tx, times.offer, w, moving=b, find=partial(times.days, tx, None if anyone else times.own), until=times.until,
                  shown=zone_of_picker(times.offer, None, b, door.own_zone))
    zone = door.zone
    return page("reschedule.html", door.store, w, person=door.person, door=door, b=detail(door, tx.now), picker=picker, problem=problem,
                may_choose=times.may_choose and not times.left, left=b.staff_name if times.left else None, anyone=anyone, base=door.base + "/reschedule", keep=door.query | keep(staff="anyone" if anyone else None),
                plain=door.query, zones=zone_names() if b.location_kind == "online" else (), zone=zone, when=w.when(door.b.starts_at, zone),
                no_times=w.refusal(*OTHER_PRICE, b.store_name) if times.other_price else w._("There are no other free times for this service at the moment."),
                latest=latest_lines(w, times.policy, b.original_starts_at, b.zone)), status


def _show_summary(tx: Tx, door: Door, group: Group | None, at: datetime, *, without_reason: bool = False, problem: str | None = None,  # noqa: ANN202
                  status: int = 200):
    """Old and new side by side, with what the move means for money (R26, R33), and the button."""
    b, w = door.b, door.words
    scope = scope_asked(group, "reschedule")
    if group is not None and scope != "this":
        try:
            return move_several.show_several(tx, door, group, scope, at, staff_id=ANYONE if request.args.get("staff") == "anyone" else None)
        except Refused as refused:
            return show_picker(tx, door, group, problem=w.refusal(refused.code, refused.facts, b.store_name), status=409)
    times = move_times(tx, (b,))
    wanted = _staff(request.args.get("staff"))  # the extension leads here with whom was chosen there
    anyone = times.may_choose and wanted is not None
    back = takes_back(tx, (b,), at, wanted)
    try:
        new = _old_place(tx, b) if back else _new_place(tx, b, times, at, anyone=anyone)
    except Refused as refused:
        return show_picker(tx, door, group, problem=w.refusal(refused.code, refused.facts, b.store_name), status=409)
    [pays] = [0] if back else to_collect(tx, [b], [new.price])
    notes = [takes_back_note(b, door)] if back else [
        *move_notes(tx, b, door, new.price, pays), *paid_first(w, pays, b.currency), *MoveTerms(tx, [b], door, [new.price], [pays]).notes(at)]
    zone = door.zone
    return page("reschedule_confirm.html", door.store, w, person=door.person, door=door, b=detail(door, tx.now), back=back,
                old=(w.date(b.starts_at, zone), w.span(b.starts_at, b.ends_at, zone), b.staff_name),
                new=(w.date(new.starts_at, zone), w.span(new.starts_at, new.ends_at, zone), new.staff_name), notes=notes,
                there=w.when(new.starts_at, b.zone) if zone != b.zone else "", starts_at=at.isoformat(),
                staff="" if new.staff_id == b.staff_id else new.staff_id, price=new.price, once=secrets.token_hex(16),
                reason=reason_field(() if back else (b,), w, missing=without_reason), scopes=scope_choices(group, "reschedule", w),
                pays=pays, problem=problem, asked="anyone" if anyone else ""), 422 if without_reason else status


class Place(NamedTuple):
    """Where the booking would go, and at which price."""

    starts_at: datetime
    ends_at: datetime
    staff_id: int
    staff_name: str
    price: int


def _new_place(tx: Tx, b: BookingSummary, times: MoveTimes, at: datetime, *, anyone: bool) -> Place:
    slot = times.at(tx, None if anyone else b.staff_id, at)
    person = times.person(tx, slot, _staff(request.form.get("staff") or request.args.get("staff")))
    return Place(slot.starts_at, slot.ends_at, person.id, person.name, moves.price_after(times.policy, b.price, times.new_price))


def _old_place(tx: Tx, b: BookingSummary) -> Place:
    was = before_move(tx, b)
    return Place(was.starts_at, was.ends_at, was.staff_id, was.staff_name, was.price)


def _staff(text: str | None) -> int | None:
    """The person the summary named, None for the same one; ANYONE is what pages of the release before send."""
    return ANYONE if text == "anyone" else given.whole_number(text, longest=19)

"""Moving a booking: choose a time, see old and new, confirm (A58, A82, A118, R15). Three plain pages; no JavaScript needed."""

from __future__ import annotations

import secrets
from functools import partial

from flask import g, redirect, request

from booking import facts
from booking.actions.action import Once
from booking.actions.reschedule_booking import ANYONE, reschedule_booking
from booking.offers import find_offer
from booking.rules import moves
from booking.rules.decision import Refused
from booking.slots import free_days
from booking.visit_times import visit_days
from booking.rules.wall_time import local_date
from models.session import Tx, reading
from storefront import given, move_several
from storefront.blueprint import bp, page
from storefront.booking_page import render_booking
from storefront.door import Door, enter
from storefront.move_notes import move_notes
from storefront.picker import keep, parse_at, pick
from storefront.presenting import detail
from storefront.together import VISIT, Group, decisions_of, group_of, scope_asked, scope_choices
from storefront.zones import shown_zone, zone_names, zone_of_picker


@bp.get("/account/bookings/<ref>/reschedule")
@bp.get("/manage/<ref>/reschedule")
def reschedule(ref: str):  # noqa: ANN201
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
        group = group_of(tx, door)
        decision = decisions_of(door, group, tx.now)["reschedule"]
        if not decision.allowed:
            return render_booking(tx, door, problem=door.words.refusal(decision.reason or "", decision.facts, door.b.store_name), status=409)
        at = parse_at(request.args.get("at"))
        return show_picker(tx, door, group) if at is None else _show_summary(tx, door, group, at)


@bp.post("/account/bookings/<ref>/reschedule")
@bp.post("/manage/<ref>/reschedule")
def confirm_reschedule(ref: str):  # noqa: ANN201
    """The confirm click. A refusal comes back with the present state and fresh times; the booking is as it was (I8)."""
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
    if request.form.get("scope") in ("following", "all", "visit"):
        return move_several.confirm_several(door, request.form["scope"], _fresh)
    at, version = parse_at(request.form.get("starts_at")), given.whole_number(request.form.get("version"))
    staff, price = _staff(request.form.get("staff")), given.whole_number(request.form.get("price"))
    try:
        if at is None or version is None:
            raise Refused("invalid")
        once = Once.of(f"page:{door.b.id}", given.text(request.form.get("once"), 64) or secrets.token_hex(8), lambda done: {"ref": done.booking.ref},
                       "reschedule", ref, at.isoformat(), staff, price)
        reschedule_booking(g.store_id, door.actor, ref, starts_at=at, staff_id=staff, version=version, price=price, once=once)
    except Refused as refused:
        with reading(g.store_id) as tx:
            door = enter(tx, ref)
            problem = door.words.refusal(refused.code, refused.facts, door.b.store_name)
            if refused.code in ("slot_taken", "outside_hours", "no_change", "quote_changed"):
                return _fresh(tx, door, problem=problem, status=409)
            return render_booking(tx, door, problem=problem, status=422 if refused.code == "invalid" else 409)
    return redirect(door.url(done="moved"), 303)


def _fresh(tx: Tx, door: Door, *, problem: str, status: int):  # noqa: ANN202
    return show_picker(tx, door, group_of(tx, door), problem=problem, status=status)


def show_picker(tx: Tx, door: Door, group: Group | None, *, problem: str | None = None, status: int = 200):  # noqa: ANN201
    """Free times: of a visit those at which all its parts fit (R32)."""
    visit = group is not None and group.kind == VISIT
    b, w = group.parts[0] if visit else door.b, door.words
    offer = find_offer(tx, b.service_id)
    left = not visit and (offer is None or not offer.only(b.staff_id))
    may_choose = not visit and facts.effective_policy(b).change_staff and offer is not None and len(offer.staff) > (0 if left else 1)
    # Whoever has left cannot be kept: where a switch is allowed, those who are there are shown at once (R14).
    anyone = may_choose and (left or request.args.get("staff") == "anyone")
    # Under `equal_only` times of another price are not shown at all (R26).
    fits = offer is not None and (facts.effective_policy(b).price_difference != "equal_only" or offer.price * b.seats == b.price)
    picker = pick(tx, offer, w, staff_id=None if anyone else b.staff_id, seats=b.seats, moving=b,
                  find=partial(visit_days, tx, group.parts) if visit else None, shown=zone_of_picker(offer, None, b, door.person)) if offer and fits else None
    zone = shown_zone(b.location_kind, b.zone, door.person)
    return page("reschedule.html", door.store, w, person=door.person, door=door, b=detail(door, tx.now), picker=picker, problem=problem,
                may_choose=may_choose and not left, left=b.staff_name if left else None, anyone=anyone, base=door.base + "/reschedule", keep=door.query | keep(staff="anyone" if anyone else None),
                plain=door.query, zones=zone_names() if b.location_kind == "online" else (), zone=zone, when=w.when(door.b.starts_at, zone)), status


def _show_summary(tx: Tx, door: Door, group: Group | None, at):  # noqa: ANN001, ANN202
    """Old and new side by side, with what the move means for money (R26, R33), and the button."""
    b, w = door.b, door.words
    offer, scope = find_offer(tx, b.service_id), scope_asked(group)
    if group is not None and scope != "this":
        try:
            return move_several.show_several(tx, door, group, scope, at, staff_id=_staff(request.args.get("staff")))
        except Refused as refused:
            return show_picker(tx, door, group, problem=w.refusal(refused.code, refused.facts, b.store_name), status=409)
    anyone = request.args.get("staff") == "anyone" and facts.effective_policy(b).change_staff
    day = local_date(at, b.zone)
    slot = next((s for s in free_days(tx, offer, day, day, staff_id=None if anyone else b.staff_id, seats=b.seats, moving=b).on(day)
                 if s.starts_at == at), None) if offer else None
    if slot is None or offer is None:
        return show_picker(tx, door, group, problem=w.refusal("slot_taken", {}, b.store_name), status=409)
    names = {person.id: person.name for person in offer.staff}
    staff = b.staff_name if b.staff_id in slot.staff else names[slot.staff[0]]
    price = moves.price_after(facts.effective_policy(b), b.price, offer.price * b.seats)
    notes = move_notes(tx, b, w, price, slot.starts_at)
    zone = shown_zone(b.location_kind, b.zone, door.person)
    return page("reschedule_confirm.html", door.store, w, person=door.person, door=door, b=detail(door, tx.now),
                old=(w.date(b.starts_at, zone), w.span(b.starts_at, b.ends_at, zone), b.staff_name),
                new=(w.date(slot.starts_at, zone), w.span(slot.starts_at, slot.ends_at, zone), staff), notes=notes,
                starts_at=at.isoformat(), staff="anyone" if anyone and b.staff_id not in slot.staff else "", price=price, once=secrets.token_hex(16),
                scopes=scope_choices(group, "reschedule", w), asked="anyone" if anyone else ""), 200


def _staff(text: str | None) -> int | None:
    return ANYONE if text == "anyone" else None

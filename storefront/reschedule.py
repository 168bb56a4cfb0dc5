"""Moving a booking: choose a time, see old and new, confirm (A58, A82, A118, R15). Three plain pages; no JavaScript needed."""

from __future__ import annotations

import secrets

from flask import g, redirect, request

from booking import facts
from booking.actions.action import Once
from booking.actions.reschedule_booking import ANYONE, reschedule_booking
from booking.offers import find_offer
from booking.rules import refund
from booking.rules.decision import Refused
from booking.slots import free_days
from booking.rules.wall_time import local_date
from booking.wording import Words
from models.booking_summary import BookingSummary
from models.session import Tx, reading
from storefront import given
from storefront.blueprint import bp, page
from storefront.booking_page import render_booking
from storefront.door import Door, enter
from storefront.picker import keep, parse_at, pick
from storefront.presenting import detail


@bp.get("/account/bookings/<ref>/reschedule")
@bp.get("/manage/<ref>/reschedule")
def reschedule(ref: str):  # noqa: ANN201
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
        decision = facts.decisions(door.b, tx.now)["reschedule"]
        if not decision.allowed:
            return render_booking(tx, door, problem=door.words.refusal(decision.reason or "", decision.facts, door.b.store_name), status=409)
        at = parse_at(request.args.get("at"))
        return show_picker(tx, door) if at is None else _show_summary(tx, door, at)


@bp.post("/account/bookings/<ref>/reschedule")
@bp.post("/manage/<ref>/reschedule")
def confirm_reschedule(ref: str):  # noqa: ANN201
    """The confirm click. A refusal comes back with the present state and fresh times; the booking is as it was (I8)."""
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
    at, version = parse_at(request.form.get("starts_at")), given.whole_number(request.form.get("version"))
    staff = _staff(request.form.get("staff"), door)
    try:
        if at is None or version is None:
            raise Refused("invalid")
        once = Once.of(f"page:{door.b.id}", given.text(request.form.get("once"), 64) or secrets.token_hex(8), lambda done: {"ref": done.booking.ref},
                       "reschedule", ref, at.isoformat(), staff)
        reschedule_booking(g.store_id, door.actor, ref, starts_at=at, staff_id=staff, version=version, once=once)
    except Refused as refused:
        with reading(g.store_id) as tx:
            door = enter(tx, ref)
            problem = door.words.refusal(refused.code, refused.facts, door.b.store_name)
            if refused.code in ("slot_taken", "outside_hours", "no_change"):
                return show_picker(tx, door, problem=problem, status=409)
            return render_booking(tx, door, problem=problem, status=422 if refused.code == "invalid" else 409)
    return redirect(door.url(done="moved"), 303)


def show_picker(tx: Tx, door: Door, *, problem: str | None = None, status: int = 200):  # noqa: ANN201
    b, w = door.b, door.words
    offer = find_offer(tx, b.service_id)
    may_choose = facts.effective_policy(b).change_staff and offer is not None and len(offer.staff) > 1
    anyone = may_choose and request.args.get("staff") == "anyone"
    picker = pick(tx, offer, w, staff_id=None if anyone else b.staff_id, seats=b.seats, moving=b) if offer else None
    return page("reschedule.html", door.store, w, person=door.person, door=door, b=detail(door, tx.now), picker=picker, problem=problem,
                may_choose=may_choose, anyone=anyone, base=door.base + "/reschedule", keep=door.query | keep(staff="anyone" if anyone else None),
                plain=door.query), status


def _show_summary(tx: Tx, door: Door, at):  # noqa: ANN001, ANN202
    """Old and new side by side, with what the move means for money (R26, R33), and the button."""
    b, w = door.b, door.words
    offer = find_offer(tx, b.service_id)
    anyone = request.args.get("staff") == "anyone" and facts.effective_policy(b).change_staff
    day = local_date(at, b.zone)
    slot = next((s for s in free_days(tx, offer, day, day, staff_id=None if anyone else b.staff_id, seats=b.seats, moving=b).on(day)
                 if s.starts_at == at), None) if offer else None
    if slot is None or offer is None:
        return show_picker(tx, door, problem=w.refusal("slot_taken", {}, b.store_name), status=409)
    names = {person.id: person.name for person in offer.staff}
    staff = b.staff_name if b.staff_id in slot.staff else names[slot.staff[0]]
    notes = move_notes(tx, b, w)
    return page("reschedule_confirm.html", door.store, w, person=door.person, door=door, b=detail(door, tx.now),
                old=(w.date(b.starts_at, b.zone), w.span(b.starts_at, b.ends_at, b.zone), b.staff_name),
                new=(w.date(slot.starts_at, b.zone), w.span(slot.starts_at, slot.ends_at, b.zone), staff), notes=notes,
                starts_at=at.isoformat(), staff="anyone" if anyone and b.staff_id not in slot.staff else "", once=secrets.token_hex(16)), 200


def move_notes(tx: Tx, b: BookingSummary, w: Words) -> list[str]:
    """What a move means for money and approval, said before it is confirmed (R17, R26, R33)."""
    notes = [w._("Your payment stays with the booking; nothing is charged again.")] if b.paid else []
    share = refund.share_now(facts.policies(b), b.starts_at, b.zone, tx.now, b.paid)
    if b.paid and refund.sticky_after_move(facts.sticky(b), share) not in (None, facts.sticky(b)):
        notes.append(w._("After this move at most {percent}% of what you paid can come back if you cancel later.").format(percent=int(share * 100)))
    if facts.effective_policy(b).approval in ("manual", "reschedule_only"):
        notes.append(w._("{venue} confirms moves personally. Your present time stays yours until then.").format(venue=b.store_name))
    return notes


def _staff(text: str | None, door: Door) -> int | None:
    return ANYONE if text == "anyone" else None

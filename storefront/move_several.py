"""Moving several dates of a series by the same shift, or a whole visit: old and new of each, what does not fit, what stays (R31, R32)."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask import g, redirect, request

from booking.actions.difference import to_collect
from booking.actions.planned_together import MoveTogether
from booking.actions.reschedule_booking import ANYONE
from booking.actions.reschedule_series import Target, preview_reschedule_series, price_there, reschedule_series
from booking.actions.visits import reschedule_visit
from booking.move_times import move_times
from booking.offers import find_offer
from booking.rules.decision import Refused
from booking.rules.wall_time import local_date
from booking.wording import Words
from gateways.stripe import deposits
from gateways.stripe.errors import Trouble
from models.session import Tx, reading
from storefront import given
from storefront.blueprint import page
from storefront.booking_page import render_booking
from storefront.door import Door, enter, once_of
from storefront.move_notes import move_notes, own_notes, paid_together, visit_notes
from storefront.move_reason import is_missing, reason_field, typed_reason
from storefront.move_terms import MoveTerms, takes_back_note
from storefront.paying import to_pay
from storefront.picker import parse_at
from storefront.presenting import detail, why_not
from storefront.take_back import takes_back
from storefront.together import VISIT, Group, group_of, scope_choices


def show_several(tx: Tx, door: Door, group: Group, scope: str, at: datetime, *, staff_id: int | None = None, without_reason: bool = False,  # noqa: ANN201
                 problem: str | None = None, status: int = 200):
    """Old and new side by side for each booking; the form carries which ones fit and their price together.

    Refused slot_taken when the chosen time itself cannot be had.
    """
    b, w = door.b, door.words
    if scope == VISIT:
        fits, misfits, stays = _visit(tx, group, at), [], []
    else:
        preview = preview_reschedule_series(tx, b.ref, scope, at, staff_id=staff_id)
        fits, misfits, stays = list(preview.fits), list(preview.misfits), list(preview.stays)
    if not any(target.booking.ref == b.ref for target in fits) or (scope == VISIT and len(fits) < len(group.parts)):
        raise Refused("slot_taken")
    back = scope == VISIT and takes_back(tx, group.parts, at)
    goes_back = {target.booking.ref for target in fits if back or scope != VISIT and _taken_back(tx, target, staff_id)}
    pays = _pays(tx, [target for target in fits if target.booking.ref not in goes_back])
    of_each = _part if scope == VISIT else _date
    lines = [_line(target, door, [], [takes_back_note(target.booking, door)]) if target.booking.ref in goes_back
             else of_each(tx, target, door, pays[target.booking.ref]) for target in fits]
    common = lines[0].notes if all(line.notes == lines[0].notes for line in lines) else []
    together = _of_visit(tx, group, door, at, fits, pays) if scope == VISIT and not back else []
    return page(
        "move_several.html", door.store, w, person=door.person, door=door, b=detail(door, tx.now), scope=scope,
        scopes=scope_choices(group, "reschedule", w), back=back, moves=[line._replace(notes=[]) for line in lines] if common else lines,
        notes=common + paid_together(w, sum(pays.values()), b.currency) + together, pays=sum(pays.values()), problem=problem,
        misfits=[(w.when(target.booking.starts_at, door.zone_of(target.booking)), _new(target, door), _reason(target.problem, w)) for target in misfits],
        stays=[(w.when(stay.booking.starts_at, door.zone_of(stay.booking)), why_not("reschedule", stay.decision, door, stay.booking))
               for stay in stays],
        starts_at=at.isoformat(), staff="anyone" if staff_id == ANYONE else "", price=sum(target.price for target in fits),
        expect=",".join(target.booking.ref for target in fits), without=",".join(target.booking.ref for target in misfits),
        reason=reason_field([] if back else [target.booking for target in fits], w, missing=without_reason), once=secrets.token_hex(16)), 422 if without_reason else status


def confirm_several(door: Door, scope: str, picker: Any):  # noqa: ANN201
    """Move what was listed, all of it or nothing, or where a card pays for it first on to the page for that (R26);
    `picker(tx, door, problem=, status=)` shows fresh times after a refusal."""
    form, ref = request.form, door.b.ref
    at, version, price = parse_at(form.get("starts_at")), given.whole_number(form.get("version")), given.whole_number(form.get("price"))
    values: dict[str, Any] = {"version": version, "price": price, "reason": typed_reason()}
    if scope != VISIT:
        values |= {"scope": scope, "expect": set(_refs("expect")), "without": set(_refs("without")),
                   "staff_id": ANYONE if form.get("staff") == "anyone" else None}
    try:
        if at is None or version is None or price is None or (door.by_link and scope != VISIT):
            raise Refused("invalid")  # a link opens its own booking, never other dates (R6)
        if pays := given.whole_number(form.get("pays")):
            plan = MoveTogether(scope, at, values.get("staff_id"), values.get("expect"), values.get("without", ()))
            return to_pay(lambda browser: deposits.begin_move_together(
                g.store_id, door.actor, ref, plan, version=version, price=price, pays=pays, browser=browser, reason=values["reason"]))
        once = once_of(door, "move-several", ref, scope, at.isoformat(), form.get("expect"), form.get("without"), price)
        verb = reschedule_visit if scope == VISIT else reschedule_series
        verb(g.store_id, door.actor, ref, starts_at=at, once=once, **values)
    except Trouble:
        with reading(g.store_id) as tx:
            door = enter(tx, ref)
            return _again(tx, door, scope, at, values.get("staff_id"), picker, status=503, problem=door.words._(
                "The card service doesn't answer at the moment. Nothing has been moved or paid; please try again in a minute."))
    except Refused as refused:
        with reading(g.store_id) as tx:
            door = enter(tx, ref)
            problem = door.words.refusal(refused.code, refused.facts, door.b.store_name)
            if refused.code in ("slot_taken", "outside_hours", "no_change", "quote_changed") or refused.facts.get("pay"):
                return picker(tx, door, problem=problem, status=409)
            if is_missing(refused) and at is not None:
                return _again(tx, door, scope, at, values.get("staff_id"), picker, without_reason=True)
            return render_booking(tx, door, problem=problem, status=422 if refused.code == "invalid" else 409)
    return redirect(door.url(done="moved" if scope == VISIT else "several_moved"), 303)


def _again(tx: Tx, door: Door, scope: str, at: datetime, staff_id: int | None, picker: Any, **said: Any):  # noqa: ANN202
    """The same list once more, with what is said of it: a reason that is missing, a card service that is down."""
    try:
        group = group_of(tx, door)
        if group is None:
            raise Refused("stale")
        return show_several(tx, door, group, scope, at, staff_id=staff_id, **said)
    except Refused as refused:
        return picker(tx, door, problem=door.words.refusal(refused.code, refused.facts, door.b.store_name), status=409)


def _visit(tx: Tx, group: Group, at: datetime) -> list[Target]:
    """Where the parts go when the visit starts at `at`: an offered time, or the old one while a move waits. Empty when it cannot; refused
    where one has another price now and may not take it."""
    head, times = group.parts[0], move_times(tx, group.parts)
    if takes_back(tx, group.parts, at):
        return [Target(part, part.starts_at + (at - head.starts_at), None, part.price) for part in group.parts]
    times.require_price()
    day = local_date(at, head.zone)
    around = timedelta(days=1)
    days = times.days(tx, times.own, day - around, day + around).days
    if not any(slot.starts_at == at for _, slots in days for slot in slots):
        return []
    return [Target(part, part.starts_at + (at - head.starts_at), None, price_there(part, find_offer(tx, part.service_id))) for part in group.parts]


class Line(NamedTuple):
    """A booking that moves. `notes` are said once for all where they are the same for each; `terms` are of its own time and money."""

    service: str
    old: str
    new: str
    notes: list[str]
    terms: list[str]


def _taken_back(tx: Tx, target: Target, staff_id: int | None) -> bool:
    """Whether a date of a series goes back to the time it had: nothing is paid for it, whatever that time would cost anew."""
    return target.starts_at is not None and takes_back(tx, (target.booking,), target.starts_at, staff_id)


def _pays(tx: Tx, moving: list[Target]) -> dict[str, int]:
    """By ref what a card pays first."""
    amounts = to_collect(tx, [target.booking for target in moving], [target.price for target in moving])
    return {target.booking.ref: amount for target, amount in zip(moving, amounts, strict=True)}


def _date(tx: Tx, target: Target, door: Door, pays: int) -> Line:
    """A date of a series, which moves for itself."""
    b, price, at = target.booking, target.price, target.starts_at
    assert at is not None, "what clocks skip does not fit"
    return _line(target, door, move_notes(tx, b, door, price, pays), MoveTerms(tx, [b], door, [price], [pays]).notes(at))


def _part(tx: Tx, target: Target, door: Door, pays: int) -> Line:
    """A part of a visit: what is true of it alone."""
    return _line(target, door, own_notes(tx, target.booking, door.words, target.price, pays), [])


def _line(target: Target, door: Door, notes: list[str], terms: list[str]) -> Line:
    b = target.booking
    return Line(b.service_name, door.words.when(b.starts_at, door.zone_of(b)), _new(target, door), notes, terms)


def _of_visit(tx: Tx, group: Group, door: Door, at: datetime, fits: list[Target], pays: dict[str, int]) -> list[str]:
    """What is true of the visit as a whole: its parts are cancelled together, and wait together (R32)."""
    terms = MoveTerms(tx, group.parts, door, [target.price for target in fits], [pays.get(target.booking.ref, 0) for target in fits])
    return terms.notes(at) + visit_notes(group.parts, door, tx.now)


def _new(target: Target, door: Door) -> str:
    return door.words.when(target.starts_at, door.zone_of(target.booking)) if target.starts_at else ""


def _reason(code: str | None, w: Words) -> str:
    return {
        "outside_hours": w._("There is no such time on that day."), "slot_taken": w._("The new time is taken or cannot be booked."),
    }.get(code or "", w._("That time is not possible for this date."))


def _refs(name: str) -> list[str]:
    return [ref for ref in given.text(request.form.get(name), 2000).split(",") if ref]

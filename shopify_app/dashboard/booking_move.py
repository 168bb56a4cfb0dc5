"""Moving a booking: a free time, or any time with what stands against it said first (A37, A103, A121)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, request

from booking.actions.reschedule_booking import ANYONE, reschedule_booking
from booking.offers import ServiceOffer, find_offer
from booking.rules.decision import Refused
from booking.rules.status import CLOSED
from models.booking_summary import BookingSummary
from models.session import Tx, reading
from shopify_app.dashboard import given, times, warnings
from shopify_app.dashboard.booking import require, show_booking
from shopify_app.dashboard.booking_verbs import refuse, sentence
from shopify_app.dashboard.door import EVERYONE, Visit, screen


@screen("/bookings/<ref>/move", roles=EVERYONE, methods=("GET", "POST"))
def booking_move(visit: Visit, ref: str) -> Any:
    if request.method == "POST":
        return _move(visit, ref)
    with reading(visit.store_id) as tx:
        b = require(tx, ref)
        if b.status not in CLOSED:
            return _page(visit, tx, b)
    return show_booking(visit, ref, problem=visit.words.refusal("closed", {"state": b.status}, visit.store.name), status=409)


def _move(visit: Visit, ref: str) -> Response:
    """Move as shown. Whatever has come up since it was shown is shown first."""
    at, wanted = given.instant(request.form.get("at")), _wanted(request.form.get("staff"))
    version, notify = given.whole(request.form.get("version")), request.form.get("notify") == "1"
    with reading(visit.store_id) as tx:
        b = require(tx, ref)
        if b.status in CLOSED or at is None or version is None or version != b.version:
            refused = Refused("closed", state=b.status) if b.status in CLOSED else Refused("stale", version=b.version, state=b.status)
        else:
            found = _warnings(visit, tx, b, at, wanted)
            if isinstance(found, Response):
                return found
            if not warnings.all_shown(found):
                return _confirm(visit, tx, b, at, wanted, found, status=409)
            refused = None
    if refused is not None or at is None:
        return refuse(visit, ref, refused or Refused("stale"))
    try:
        reschedule_booking(visit.store_id, visit.actor, b.ref, starts_at=at, staff_id=wanted, version=version, override=bool(found),
                           notify=notify)
    except Refused as problem:
        if not warnings.without_override(problem):
            return refuse(visit, ref, problem)
        with reading(visit.store_id) as tx:
            return _page(visit, tx, require(tx, ref), problem=sentence(visit, problem), status=409)
    return visit.go(f"/bookings/{ref}", done="moved")


def _warnings(visit: Visit, tx: Tx, b: BookingSummary, at: datetime, wanted: int | None) -> warnings.Warnings | Response:
    """What stands against the move, or the page that says why it cannot be."""
    w, offer = visit.words, find_offer(tx, b.service_id)
    staff_id = None if wanted == ANYONE else wanted or b.staff_id
    try:
        if offer is None:
            raise Refused("not_allowed", kind="reschedule")
        if at == b.starts_at and staff_id == b.staff_id:
            raise Refused("no_change")
        return warnings.of_change(w, "reschedule", b, tx.now) | warnings.of_time(w, tx, offer, at, staff_id=staff_id, seats=b.seats, moving=b)
    except Refused as refused:
        problem = w._("This person does not give the service.") if refused.code == "invalid" else \
            w._("There is no class date at this time.") if refused.code == "outside_hours" else sentence(visit, refused)
        return _page(visit, tx, b, problem=problem, status=409, confirm=False)


def _page(visit: Visit, tx: Tx, b: BookingSummary, *, problem: str | None = None, status: int = 200, confirm: bool = True) -> Response:
    """The week of free times and the typed one; with a time chosen, the summary to confirm."""
    offer = find_offer(tx, b.service_id)
    wanted = _wanted(request.values.get("staff"))
    read = times.read_time(visit, b.zone)
    if confirm and read.at is not None and problem is None:
        found = _warnings(visit, tx, b, read.at, wanted)
        return found if isinstance(found, Response) else _confirm(visit, tx, b, read.at, wanted, found)
    staff_id = None if wanted == ANYONE else wanted or b.staff_id
    chosen = "anyone" if wanted == ANYONE else str(wanted or b.staff_id)
    path, keep = f"/bookings/{b.ref}/move", {"staff": chosen}
    week = None if offer is None else times.offered(
        visit, tx, offer, path, keep, zone=b.zone, first=times.first_day(tx.now, b.zone, b.starts_at), staff_id=staff_id, seats=b.seats, moving=b)
    return visit.show("booking_move.html", here="bookings", status=422 if read.problems and status == 200 else status, b=b, week=week, read=read,
                      path=path, people=_people(visit, b, offer), staff=chosen, problem=problem, keep=keep)


def _confirm(visit: Visit, tx: Tx, b: BookingSummary, at: datetime, wanted: int | None, found: warnings.Warnings, *,
             status: int = 200) -> Response:
    w, offer = visit.words, find_offer(tx, b.service_id)
    names = {person.id: person.name for person in offer.staff} if offer else {}
    who = w._("anyone free") if wanted == ANYONE else names.get(wanted or b.staff_id, b.staff_name)
    return visit.show("booking_move_confirm.html", here="bookings", status=status, b=b, warnings=found, at=at, who=who, tx_now=tx.now,
                      staff="anyone" if wanted == ANYONE else wanted or b.staff_id, notify=request.form.get("notify", "1") == "1")


def _people(visit: Visit, b: BookingSummary, offer: ServiceOffer | None) -> list[tuple[str, str]]:
    """Who could take it: the person it has first, then the others, then anyone."""
    others = [(str(person.id), person.name) for person in (offer.staff if offer else ()) if person.id != b.staff_id]
    return [(str(b.staff_id), b.staff_name), *others] + ([("anyone", visit.words._("Anyone free"))] if others else [])


def _wanted(text: str | None) -> int | None:
    """The person asked for: an id, ANYONE, or None for the one it has."""
    return ANYONE if text == "anyone" else given.whole(text)

"""Waiting for a place in a full class (R34)."""

from __future__ import annotations

from flask import abort, g, redirect, request

from booking import waitlist as read
from booking.access import SignedIn, StoreView, visitor
from booking.actions.join_class_waitlist import join_class_waitlist, may_join
from booking.actions.people import guest
from booking.rules.decision import Refused
from booking.wording import Words
from models.actor import Actor
from models.session import Tx, reading
from storefront import given
from storefront.blueprint import bp, page, words
from storefront.book import field_errors
from storefront.cookies import login_secret
from storefront.zones import chosen_zone, shown_zone

PATH = "/book/<int(max=9223372036854775807):service_id>/waitlist/<int(max=9223372036854775807):session_id>"


@bp.get(PATH)
def class_waitlist(service_id: int, session_id: int):  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, person, date = _open(tx, service_id, session_id)
        w, may = words(store, person), may_join(tx, date)
        problem = None if may.allowed else w.refusal(may.reason or "", may.facts, store.name)
        return _show(store, person, date, w, {}, {}, problem=problem, may=may.allowed, status=200 if may.allowed else 409)


@bp.post(PATH)
def join_class(service_id: int, session_id: int):  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, person, date = _open(tx, service_id, session_id)
    w, form = words(store, person), request.form
    typed = {name: given.text(form.get(name), 320) for name in ("name", "email", "phone")}
    try:
        done = join_class_waitlist(
            g.store_id, Actor("customer", "account", person.customer_id if person else None), session_id,
            seats=given.seats(form.get("seats"), date.capacity, 1), customer_id=person.customer_id if person else None,
            person=None if person else guest(typed["name"], typed["email"], typed["phone"], w.locale), source=request.remote_addr or "")
    except Refused as refused:
        if refused.code == "invalid":
            return _show(store, person, date, w, typed, field_errors(refused.facts.get("errors", []), w), status=422)
        if refused.code == "no_change":
            return redirect(f"/book/{service_id}", 303)
        problem, again = w.refusal(refused.code, refused.facts, store.name), refused.code in ("rate_limited", "stale")
        return _show(store, person, date, w, typed, {}, problem=problem, may=again, status=429 if refused.code == "rate_limited" else 409)
    if person is None:
        # Who typed an address is told by mail only: the page must not open what belongs to that address.
        return redirect(f"/book/{service_id}/waitlist/{session_id}?done=1", 303)
    how = "joined" if done.facts["new"] else "seats" if done.facts["changed"] else "held" if done.facts["held"] else None
    return redirect(read.entry_path(g.store_id, done.facts["id"], **({"done": how} if how else {})), 303)


def _open(tx: Tx, service_id: int, session_id: int) -> tuple[StoreView, SignedIn | None, read.ClassDate]:
    store, person = visitor(tx, login_secret())
    date = read.find_date(tx, session_id)
    if date is None or date.service_id != service_id or not store.open_for_booking:
        abort(404)
    return store, person, date


def _show(store: StoreView, person: SignedIn | None, date: read.ClassDate, w: Words, typed: dict[str, str], errors: dict[str, str], *,
          problem: str | None = None, may: bool = True, status: int = 200):  # noqa: ANN202
    zone = shown_zone(date.location_kind, date.zone, chosen_zone(person))
    return page(
        "class_waitlist.html", store, w, person=person, date=date, typed=typed, errors=errors, problem=problem, may=may, done=request.args.get("done"),
        when=w.date(date.starts_at, zone), time=w.span(date.starts_at, date.ends_at, zone), zone=zone, starts_at=date.starts_at.isoformat(),
        deaf=person is not None and not read.hears(person.email, person.phone, person.preferences),
        seats=given.seats(request.values.get("seats"), date.capacity, 1), most=min(date.capacity, 10),
        left=date.capacity - date.seats_taken), status

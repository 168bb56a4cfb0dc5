"""Booking (again): service, time, details, done (A125, R12, R47)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import abort, g, redirect, request
from sqlalchemy import select

from booking.access import SignedIn, StoreView, visitor
from booking.actions.create_booking import create_booking
from booking.actions.hold_slot import hold_slot
from booking.actions.people import guest
from booking.credit import Left, credit_of
from booking.deposits import taken_online
from booking.facts import read_policy
from booking.links import manage_path
from booking.offers import ServiceOffer, find_offer
from booking.rules.decision import Refused
from booking.rules.moves import needs_approval
from booking.waitlist import full_dates, terms_of
from booking.wording import Words
from booking.wording.policies import policy_lines
from gateways.stripe import deposits
from gateways.stripe.errors import Trouble
from models.actor import Actor
from models.service import Service
from models.session import Tx, reading
from storefront import given
from storefront.blueprint import bp, page, words
from storefront.cookies import browser, login_secret
from storefront.paying import to_pay
from storefront.picker import keep, parse_at, pick, staff_choice
from storefront.presenting import credit_lines
from storefront.zones import chosen_zone, shown_zone, zone_names, zone_of_picker


@bp.get("/book")
def services():  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, person = visitor(tx, login_secret())
        w = words(store, person)
        rows = tx.db.execute(select(
            Service.id, Service.name, Service.description, Service.duration_s, Service.price, Service.deposit, Service.currency,
        ).where(Service.store_id == g.store_id, Service.active).order_by(Service.name)).all() if store.open_for_booking else []
    return page("services.html", store, w, person=person, services=[
        (f"/book/{row.id}", row.name, row.description, w.duration(row.duration_s), w.money(row.price, row.currency) if row.price else "")
        for row in rows])


@bp.get("/product:<int(max=9223372036854775807):service_id>")
@bp.get("/product:<int(max=9223372036854775807):service_id>/staff:<int(max=9223372036854775807):staff_id>")
def direct(service_id: int, staff_id: int | None = None):  # noqa: ANN201
    """The short address of a service, with one person or anyone, for a shop's own pages and cards (A150)."""
    return redirect(f"/book/{service_id}" + (f"?staff={staff_id}" if staff_id else ""), 302)


@bp.get("/book/<int(max=9223372036854775807):service_id>")
def choose_time(service_id: int):  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, person, offer = _open(tx, service_id)
        return _picker(tx, store, person, offer)


@bp.post("/book/<int(max=9223372036854775807):service_id>")
def take_time(service_id: int):  # noqa: ANN201
    """Keep the chosen time for ten minutes while the details are typed (D33c)."""
    with reading(g.store_id) as tx:
        store, person, offer = _open(tx, service_id)
    at, staff_id = parse_at(request.form.get("at")), staff_choice(offer, request.form.get("staff"))
    seats = _seats(request.form.get("seats"), offer)
    response = redirect("/book", 303)
    try:
        if at is None:
            raise Refused("invalid")
        held = hold_slot(g.store_id, _actor(person), service_id=service_id, starts_at=at, staff_id=staff_id, seats=seats,
                         owner=browser(response))
    except Refused as refused:
        with reading(g.store_id) as tx:
            return _picker(tx, store, person, offer, problem=_sentence(refused, words(store, person), store),
                           status=422 if refused.code == "invalid" else 409)
    query = urlencode(keep(at=at.isoformat(), staff=held.facts["staff_id"], seats=seats))
    response.headers["Location"] = f"/book/{service_id}/details?{query}"
    return response


@bp.get("/book/<int(max=9223372036854775807):service_id>/details")
def details(service_id: int):  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, person, offer = _open(tx, service_id)
        deposit = taken_online(tx, offer, _seats(request.args.get("seats"), offer))
        return _details(store, person, offer, words(store, person), {}, [], now=tx.now, deposit=deposit, credit=_credit(tx, person, offer, deposit))


@bp.post("/book/<int(max=9223372036854775807):service_id>/details")
def confirm(service_id: int):  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, person, offer = _open(tx, service_id)
        deposit = taken_online(tx, offer, _seats(request.form.get("seats"), offer))
        credit, now = _credit(tx, person, offer, deposit), tx.now
    w, form = words(store, person), request.form
    at, staff_id = parse_at(form.get("at")), staff_choice(offer, form.get("staff"))
    typed = {name: given.text(form.get(name), 320) for name in ("name", "email", "phone", "notes")} | {
        "delivery_address": given.text(form.get("delivery_address"), 401)}
    comes = typed["delivery_address"] if any(person.location_kind == "delivery" for person in offer.only(staff_id)) else None
    use_credit = form.get("credit") == "on" and bool(credit)  # it covers the deposit
    try:
        if at is None:
            raise Refused("invalid", errors=[{"field": "at", "problem": "is missing"}])
        someone = None if person else guest(typed["name"], typed["email"], typed["phone"], w.locale)
        if use_credit and deposit and form.get("agree") != "on":
            raise Refused("invalid", errors=[{"field": "agree", "problem": "is missing"}])
        if deposit and not use_credit:
            return to_pay(lambda owner: deposits.begin(
                g.store_id, _actor(person), service_id=service_id, starts_at=at, staff_id=staff_id, seats=_seats(form.get("seats"), offer),
                person=someone, customer_id=person.customer_id if person else None, notes=typed["notes"], owner=owner,
                agreed=form.get("agree") == "on", delivery_address=comes))
        b = create_booking(
            g.store_id, _actor(person), service_id=service_id, starts_at=at, staff_id=staff_id, seats=_seats(form.get("seats"), offer),
            customer_id=person.customer_id if person else None, hold=browser(), notes=typed["notes"], delivery_address=comes,
            use_credit=use_credit, credit_covers=deposit if use_credit else 0, person=someone).booking
    except Trouble:
        return _details(store, person, offer, w, typed, [], now=now, status=503, deposit=deposit, credit=credit, trouble=w._(
            "The card service doesn't answer at the moment. Nothing has been booked or paid; please try again in a minute."))
    except Refused as refused:
        if refused.code == "invalid":
            return _details(store, person, offer, w, typed, refused.facts.get("errors", []), now=now, status=422, deposit=deposit, credit=credit)
        with reading(g.store_id) as tx:
            return _picker(tx, store, person, offer, problem=_sentence(refused, w, store), status=429 if refused.code == "rate_limited" else 409)
    done = "requested" if b.status == "pending" else "booked"
    if person:
        return redirect(f"/account/bookings/{b.ref}?done={done}", 303)
    return redirect(manage_path(b, done=done), 303)


def _open(tx: Tx, service_id: int) -> tuple[StoreView, SignedIn | None, ServiceOffer]:
    store, person = visitor(tx, login_secret())
    offer = find_offer(tx, service_id)
    if offer is None or not offer.active:
        abort(404)
    if not store.open_for_booking:
        abort(redirect("/book", 303))  # which says so, and where one's bookings are
    return store, person, offer


def _picker(tx: Tx, store: StoreView, person: SignedIn | None, offer: ServiceOffer, *, problem: str | None = None, status: int = 200):  # noqa: ANN202
    w = words(store, person)
    staff_id = staff_choice(offer, request.values.get("staff"))
    seats = _seats(request.values.get("seats"), offer)
    own = chosen_zone(person)
    picker = pick(tx, offer, w, staff_id=staff_id, seats=seats, shown=zone_of_picker(offer, staff_id, None, own))
    full = full_dates(tx, offer.id, seats=seats) if offer.capacity > 1 and terms_of(tx).waitlist else []
    return page("choose_time.html", store, w, person=person, offer=offer, picker=picker, full=[
                    (f"/book/{offer.id}/waitlist/{date.id}?seats={seats}", w.when(date.starts_at, shown_zone(date.location_kind, date.zone, own)), date.staff_name) for date in full], problem=problem, staff_id=staff_id, seats=seats,
                length=w.duration(offer.shape.duration), price=w.money(offer.price, offer.currency) if offer.price else "",
                zones=zone_names() if all(one.location_kind == "online" for one in offer.only(staff_id)) else (),
                zone=own or offer.zone, base=f"/book/{offer.id}", keep=keep(staff=staff_id, seats=seats if seats > 1 else None)), status


def _details(store: StoreView, person: SignedIn | None, offer: ServiceOffer, w: Words, typed: dict[str, str],
             errors: list[dict[str, str]], *, now: datetime, credit: list[Left], status: int = 200, deposit: int = 0, trouble: str | None = None):  # noqa: ANN202
    at = parse_at(request.values.get("at"))
    staff = next((s for s in offer.staff if str(s.id) == request.values.get("staff")), offer.staff[0] if offer.staff else None)
    if at is None or staff is None:
        return redirect(f"/book/{offer.id}", 303)
    seats = _seats(request.values.get("seats"), offer)
    end = datetime.fromtimestamp(at.timestamp() + offer.shape.duration, at.tzinfo)
    zone = shown_zone(staff.location_kind, staff.zone, chosen_zone(person))
    policy = read_policy(offer.policy).with_time_to_answer()
    return page(
        "details.html", store, w, person=person, offer=offer, typed=typed, errors=field_errors(errors, w), at=at.isoformat(), staff=staff,
        comes=staff.location_kind == "delivery", seats=seats, date=w.date(at, zone), time=w.span(at, end, zone),
        there=w.when(at, staff.zone) if zone != staff.zone else "", waits=needs_approval(policy, first=True, starts_at=at, zone=staff.zone, now=now),
        price=w.money(offer.price * seats, offer.currency) if offer.price else "", trouble=trouble, agreed=request.form.get("agree") == "on",
        use_credit=request.method != "POST" or request.form.get("credit") == "on",
        deposit=w.money(deposit, offer.currency) if deposit else "", policy=policy_lines(w, policy, at, staff.zone, offer.currency, now, free=not offer.price, shown=zone),
        **_credit_facts(w, credit, offer.price * seats, offer)), status


def _credit(tx: Tx, person: SignedIn | None, offer: ServiceOffer, deposit: int) -> list[Left]:
    """What a signed-in customer can pay with, where it covers the deposit; guests have no credit."""
    found = credit_of(tx, person.customer_id, offer.currency) if person and offer.price else []
    return found if sum(one.left for one in found) >= deposit else []


def _credit_facts(w: Words, credit: list[Left], price: int, offer: ServiceOffer) -> dict[str, Any]:
    """The credit that would be used, and what is left to pay then (R21); empty without credit."""
    used = min(price, sum(one.left for one in credit))
    return {"credit": w.money(used, offer.currency) if used else "", "after_credit": w.money(price - used, offer.currency),
            "credit_lines": credit_lines(w, credit, offer.zone)}


def field_errors(errors: list[dict[str, str]], w: Words) -> dict[str, str]:
    """A sentence for each wrong field of a form about a person."""
    sentences = {
        "email": w._("Please enter an e-mail address, such as name@example.com."),
        "phone": w._("Please enter the phone number with its country code, such as +1 212 555 0100."),
        "name": w._("Please enter your name (at most 120 characters)."),
        "seats": w._("Please choose how many places you need."),
        "delivery_address": w._("Please tell us where to come (at most 400 characters)."),
        "agree": w._("Please accept what cancelling and moving mean before you pay."),
    }
    return {error["field"]: sentences.get(error["field"], w._("Please check what you entered.")) for error in errors}


def _sentence(refused: Refused, w: Words, store: StoreView) -> str:
    if refused.code == "slot_taken":
        return w._("That time has just been taken. Please choose another one.")
    return w.refusal(refused.code, refused.facts, store.name)


def _actor(person: SignedIn | None) -> Actor:
    return Actor("customer", "account", person.customer_id if person else None)


def _seats(wanted: str | None, offer: ServiceOffer) -> int:
    return given.seats(wanted, offer.capacity, 1)

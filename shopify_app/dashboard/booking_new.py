"""Booking for a customer: service, time, customer, done (A54). One address; what is known so far stands in its query."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, request

from booking.actions.action import Once
from booking.actions.create_booking import create_booking
from booking.actions.people import Person
from booking.offers import ServiceOffer, find_offer
from booking.rules.decision import Refused
from models import customer_list, diary
from models.session import Tx, reading
from shopify_app.dashboard import given, times, warnings
from shopify_app.dashboard.booking_verbs import sentence
from shopify_app.dashboard.door import EVERYONE, Visit, field_problems, screen

PATH = "/bookings/new"
KNOWN = ("service", "staff", "seats", "customer", "at", "date", "time")
METHODS = ("cash", "external", "gift_card")
TYPED = ("name", "email", "phone", "notes", "delivery_address", "amount", "method", "notify")


@screen(PATH, roles=EVERYONE, methods=("GET", "POST"))
def booking_new(visit: Visit) -> Any:
    if request.method == "POST":
        return _book(visit)
    with reading(visit.store_id) as tx:
        return _page(visit, tx)


def _book(visit: Visit) -> Response:
    """Book as shown; what has come up since is shown first, and everything typed stays."""
    form, w = request.form, visit.words
    with reading(visit.store_id) as tx:
        offer = find_offer(tx, given.whole(form.get("service")) or 0)
        at = given.instant(form.get("at"))
        if offer is None or at is None:
            return _page(visit, tx, status=422)
        staff_id, seats, customer_id = _staff(offer), _seats(offer), given.whole(form.get("customer"))
        try:
            found = warnings.of_time(w, tx, offer, at, staff_id=staff_id, seats=seats)
        except Refused as refused:
            return _page(visit, tx, problem=_problem(visit, refused), status=409, details=False)
        if not warnings.all_shown(found):
            return _page(visit, tx, status=409)
        amount = given.amount(form.get("amount"), offer.currency) if form.get("amount", "").strip() else 0
    if amount is None:
        return _again(visit, {"amount": w._("Please enter an amount, such as 25.50.")})
    if amount > offer.price * seats:
        return _again(visit, {"amount": w._("That is more than the price.")})
    payments = [{"amount": amount, "method": form.get("method") if form.get("method") in METHODS else "cash"}] if amount else []
    person = None if customer_id else Person(*(given.text(form.get(name), 320) for name in ("name", "email", "phone")))
    try:
        done = create_booking(
            visit.store_id, visit.actor, service_id=offer.id, starts_at=at, staff_id=staff_id, seats=seats, person=person,
            customer_id=customer_id, payments=payments, notes=given.text(form.get("notes"), 2000), delivery_address=given.text(form.get("delivery_address"), 401), notify=form.get("notify") == "1",
            override=bool(found), once=Once.of(f"user:{visit.user.user_id}", given.text(form.get("once"), 64) or secrets.token_hex(8),
                                               lambda made: {"ref": made.booking.ref}, "book", offer.id, at.isoformat(), staff_id, seats))
    except Refused as refused:
        if refused.code == "invalid":
            return _again(visit, field_problems(visit.words, refused))
        with reading(visit.store_id) as tx:
            return _page(visit, tx, problem=_problem(visit, refused), status=409, details=False)
    ref = done.answer["ref"] if done.answer else done.booking.ref
    return visit.go(f"/bookings/{ref}", done="booked")


def _again(visit: Visit, problems: dict[str, str]) -> Response:
    with reading(visit.store_id) as tx:
        return _page(visit, tx, problems=problems, status=422)


def _page(visit: Visit, tx: Tx, *, problem: str | None = None, problems: dict[str, str] | None = None, status: int = 200,
          details: bool = True) -> Response:
    """The step whose answer is still missing."""
    known = {name: given.text(request.values.get(name), 40) for name in KNOWN}
    known = {name: value for name, value in known.items() if value}
    offer = find_offer(tx, given.whole(known.get("service")) or 0)
    if offer is None:
        services = [row for row in diary.choices(tx)["service"] if row.active]
        return visit.show("booking_new_service.html", here="bookings", status=status, services=services, keep=_without(known, "service"), path=PATH)
    read = times.read_time(visit, offer.zone)
    staff_id, seats = _staff(offer), _seats(offer)
    found: warnings.Warnings | None = None
    if details and read.at is not None and problem is None:
        try:
            found = warnings.of_time(visit.words, tx, offer, read.at, staff_id=staff_id, seats=seats)
        except Refused as refused:
            problem, status = _problem(visit, refused), 409
    if found is None or read.at is None:
        return _times(visit, tx, offer, known, read, staff_id, seats, problem, status)
    return _details(visit, tx, offer, known | {"at": read.at.isoformat()}, read, staff_id, seats, found, problems or {}, status)


def _times(visit: Visit, tx: Tx, offer: ServiceOffer, known: dict[str, str], read: times.Typed, staff_id: int | None, seats: int,
           problem: str | None, status: int) -> Response:
    keep = _without(known, "at", "date", "time")
    week = times.offered(visit, tx, offer, PATH, keep, zone=offer.zone, first=times.first_day(tx.now, offer.zone), staff_id=staff_id, seats=seats)
    people = [("", visit.words._("Anyone free")), *((str(person.id), person.name) for person in offer.staff)]
    return visit.show("booking_new_time.html", here="bookings", status=422 if read.problems and status == 200 else status, offer=offer, week=week,
                      read=read, people=people, staff=staff_id or "", seats=seats, problem=problem, path=PATH, keep=keep,
                      hidden=_without(keep, "staff", "seats"), back=visit.url(PATH, **_without(keep, "service")))


def _details(visit: Visit, tx: Tx, offer: ServiceOffer, known: dict[str, str], read: times.Typed, staff_id: int | None, seats: int,
             found: warnings.Warnings, problems: dict[str, str], status: int) -> Response:
    who = given.text(request.values.get("who"), 120)
    customer = customer_list.one(tx, given.whole(known.get("customer")) or 0)
    names = {person.id: person.name for person in offer.staff}
    keep = _without(known, "date", "time", "customer")
    entered = {name: request.form.get(name, "") for name in TYPED} if request.method == "POST" else {"notify": "1"}
    return visit.show(
        "booking_new_details.html", here="bookings", status=status, offer=offer, at=read.at, who=names.get(staff_id or 0, visit.words._("anyone free")),
        staff=staff_id or "", seats=seats, warnings=found, problems=problems, customer=customer, asked=who, typed=entered, path=PATH, keep=keep,
        matches=customer_list.search(tx, who, limit=12) if who and customer is None else [], once=secrets.token_hex(16),
        methods=[(method, visit.words.method(method)) for method in METHODS],
        comes=any(person.location_kind == "delivery" for person in offer.only(staff_id)), change=visit.url(PATH, **_without(known, "at", "date", "time")), price=visit.words.money(offer.price * seats, offer.currency))


def _problem(visit: Visit, refused: Refused) -> str:
    w = visit.words
    if refused.code == "invalid":
        return w._("This person does not give the service.")
    if refused.code == "outside_hours":
        return w._("There is no class date at this time.")
    return w._("That time has just been taken. Please choose another.") if refused.code == "slot_taken" else sentence(visit, refused)


def _staff(offer: ServiceOffer) -> int | None:
    wanted = given.whole(request.values.get("staff"))
    return wanted if any(person.id == wanted for person in offer.staff) else None


def _seats(offer: ServiceOffer) -> int:
    wanted = given.whole(request.values.get("seats"))
    return wanted if wanted is not None and 1 <= wanted <= offer.capacity else 1


def _without(values: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if name not in names}

"""Customers: the list, and one of them with everything the shop knows (A3, A91, R44)."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Response, request
from sqlalchemy import select

from booking.actions.customers import update_customer
from booking.actions.people import Person
from booking.cards import cards_of
from booking.keys import sign, unsign
from booking.rules.decision import Refused
from booking.wording import Words
from models import customer_list, diary
from models.customer import Customer
from models.customer_list import ListedCustomer
from models.diary import Filters
from models.refund import Credit
from models.session import Tx, reading
from shopify_app.dashboard import given
from shopify_app.dashboard.charge_words import face
from shopify_app.dashboard.door import EVERYONE, MANAGERS, Visit, field_problems, screen

PAGE = 50
BOOKINGS = 20
FIELDS = ("name", "email", "phone")


class Profile(NamedTuple):
    """The columns of a customer the screens show beside the list's."""

    version: int
    locale: str | None
    preferences: dict[str, Any]
    email_canonical: str | None
    feed: bool


@screen("/customers", roles=EVERYONE)
def customers(visit: Visit) -> Any:
    asked = given.text(request.args.get("q"), 120)
    with reading(visit.store_id) as tx:
        if asked:
            rows = customer_list.search(tx, asked, limit=PAGE)
        else:
            rows = customer_list.page(tx, after=_position(visit), limit=PAGE + 1)
    more = visit.url("/customers", cursor=sign("customer-cursor", [visit.store_id, rows[PAGE - 1].name, str(rows[PAGE - 1].id)])) \
        if len(rows) > PAGE else None
    return visit.show("customers.html", here="customers", rows=rows[:PAGE], asked=asked, more=more)


def _position(visit: Visit) -> tuple[str, int] | None:
    body = unsign("customer-cursor", request.args.get("cursor", ""))
    if not isinstance(body, list) or len(body) != 3 or body[0] != visit.store_id:
        return None
    return body[1], int(body[2])


@screen("/customers/<int:customer_id>", roles=EVERYONE)
def customer(visit: Visit, customer_id: int) -> Any:
    return show_customer(visit, customer_id)


def show_customer(visit: Visit, customer_id: int, *, problem: str | None = None, status: int = 200) -> Response:
    """One customer; where the record was merged into another, the way to that one."""
    with reading(visit.store_id) as tx:
        c = customer_list.one(tx, given.known_id(customer_id))
        if c is None:
            return _gone(visit, tx, customer_id)
        profile = _profile(tx, c.id)
        ahead = diary.page(tx, Filters(customer_id=c.id, starts_from=tx.now), limit=BOOKINGS)
        past = diary.page(tx, Filters(customer_id=c.id, starts_to=tx.now, latest_first=True), limit=BOOKINGS)
        credits = tx.db.execute(select(Credit.amount, Credit.used, Credit.currency, Credit.expires_at, Credit.place, Credit.created_at).where(
            Credit.store_id == tx.store_id, Credit.customer_id == c.id).order_by(Credit.created_at)).all()
        same = customer_list.duplicates_of(tx, c, profile.email_canonical)
        cards = [face(visit.words, card) for card in cards_of(tx, c.id)]
    return visit.show("customer.html", here="customers", status=status, c=c, profile=profile, ahead=ahead, past=past, credits=credits, cards=cards,
                      same=same, problem=problem, preferences=preferences(visit.words, profile.preferences), may_manage=visit.may(MANAGERS))


def _gone(visit: Visit, tx: Tx, customer_id: int) -> Response:
    kept = tx.db.execute(select(Customer.merged_into).where(Customer.store_id == tx.store_id, Customer.id == customer_id)).scalar()
    if kept is None:
        raise Refused("not_found")
    return visit.go(f"/customers/{kept}")


def _profile(tx: Tx, customer_id: int) -> Profile:
    return Profile._make(tx.db.execute(select(
        Customer.version, Customer.locale, Customer.preferences, Customer.email_canonical, Customer.feed_secret_hash.is_not(None),
    ).where(Customer.store_id == tx.store_id, Customer.id == customer_id)).one())


def preferences(w: Words, chosen: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(kind, e-mail, SMS) in words: what the customer agreed to."""
    kinds = (("transactional", w._("About bookings")), ("reminders", w._("Reminders")), ("offers", w._("Earlier times")),
             ("marketing", w._("News and offers")))
    said = {True: w._("yes"), False: w._("no"), None: w._("not chosen")}
    return [(text, said[(chosen.get("email") or {}).get(kind)], said[(chosen.get("sms") or {}).get(kind)]) for kind, text in kinds]


@screen("/customers/<int:customer_id>/edit", roles=EVERYONE, methods=("GET", "POST"))
def customer_edit(visit: Visit, customer_id: int) -> Any:
    """Name, address and phone. Of two who edit at once the second sees both versions."""
    with reading(visit.store_id) as tx:
        c = customer_list.one(tx, given.known_id(customer_id))
        if c is None:
            raise Refused("not_found")
        version = _profile(tx, c.id).version
    now = {"name": c.name, "email": c.email or "", "phone": c.phone or ""}
    if request.method == "GET":
        return _form(visit, c, now, version)
    entered = {name: given.text(request.form.get(name), 320) for name in FIELDS}
    try:
        update_customer(visit.store_id, visit.actor, c.id, Person(**entered), {name for name in FIELDS if entered[name] != now[name]},
                        version=given.whole(request.form.get("version")))
    except Refused as refused:
        if refused.code == "stale":
            return _form(visit, c, entered, version, theirs=now, status=409)
        if refused.code != "invalid":
            raise
        return _form(visit, c, entered, given.whole(request.form.get("version")) or version, problems=field_problems(visit.words, refused), status=422)
    return visit.go(f"/customers/{c.id}", done="saved")


def _form(visit: Visit, c: ListedCustomer, values: dict[str, str], version: int, *, problems: dict[str, str] | None = None,
          theirs: dict[str, str] | None = None, status: int = 200) -> Response:
    w = visit.words
    labels = {"name": w._("Name"), "email": w._("E-mail"), "phone": w._("Phone")}
    both = [(labels[name], theirs[name], values[name]) for name in FIELDS if theirs[name] != values[name]] if theirs else []
    return visit.show("customer_edit.html", here="customers", status=status, c=c, values=values, version=version, problems=problems or {}, both=both,
                      proven=c.email_verified_at is not None)

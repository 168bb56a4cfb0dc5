"""The page where a card is typed, into fields of Stripe's: its address holds a secret of this browser and no booking (I19, I45)."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import abort, g, make_response, redirect, request

from booking.access import SignedIn, StoreView, visitor
from booking.actions.intents import OpenIntent, client_secret, intent_of_page
from booking.actions.pay_together import same
from booking.keys import settings
from booking.links import manage_path
from booking.offers import find_offer
from booking.waitlist import entry_path, find_entry, told_in
from booking.wording import Words
from booking.wording.cards import decline_text
from gateways.stripe import pages
from gateways.stripe.client import account_by_id, enabled
from gateways.stripe.errors import Trouble
from models.booking_summary import BookingSummary, find, find_by_id
from models.session import Tx, reading
from storefront.blueprint import bp, page, words
from storefront.cookies import browser, login_secret
from storefront.zones import chosen_zone, shown_zone

LONGEST_SECRET = 64
DONE = {"setup": "card", "difference": "moved", "visit": "moved", "following": "several_moved", "all": "several_moved"}


class Reader(NamedTuple):
    """Who looks at the page: in which language, and in which zone what is online is told."""

    store: StoreView
    person: SignedIn | None
    b: BookingSummary | None
    words: Words
    zone: str | None


@bp.get("/pay/<secret>")
def pay_page(secret: str):  # noqa: ANN201
    with reading(g.store_id) as tx:
        return _show(tx, secret, _intent(tx, secret))


@bp.post("/pay/<secret>/done")
def paid(secret: str):  # noqa: ANN201
    """The page's script says the provider has it: look there, and take over what is true."""
    with reading(g.store_id) as tx:
        intent = _intent(tx, secret)
        w = _reader(tx, intent).words
    try:
        now = pages.finish(g.store_id, intent.id)
    except Trouble:
        with reading(g.store_id) as tx:
            return _show(tx, secret, _intent(tx, secret), status=503, problem=w._(
                "We could not reach the card service just now. Nothing is lost: this page shows the outcome in a minute."))
    assert now is not None
    if now.state == "open":
        problem = decline_text(w, now.error) if now.error else w._("Your bank has not answered yet. Please look again in a minute.")
        with reading(g.store_id) as tx:
            return _show(tx, secret, now, problem=problem, status=409)
    return redirect(f"/pay/{secret}/back" if now.state == "succeeded" else f"/pay/{secret}", 303)


@bp.get("/pay/<secret>/back")
def back(secret: str):  # noqa: ANN201
    """To the booking, through the door the visitor came by; to the times when there is none."""
    with reading(g.store_id) as tx:
        intent = _intent(tx, secret)
        _, person = visitor(tx, login_secret())
        b = find_by_id(tx, intent.booking_id) if intent.booking_id else None
    if "entry" in intent.facts:  # a place held for someone who waited: its page opens that and nothing else
        more = {"done": "taken"} if intent.state == "succeeded" else {"offer": intent.facts["offer"]}
        return redirect(entry_path(g.store_id, int(intent.facts["entry"]), **more), 303)
    if b is None:
        return redirect(f"/book/{intent.facts['service_id']}", 303)
    done = {} if intent.state != "succeeded" else {"done": DONE.get(intent.facts.get("scope") or intent.kind) or (
        "requested" if b.status == "pending" else "booked")}
    if person is not None and person.customer_id == b.customer_id and not intent.facts.get("by_link"):
        return redirect(f"/account/bookings/{b.ref}" + (f"?done={done['done']}" if done else ""), 303)
    return redirect(manage_path(b, **done), 303)


def _intent(tx: Tx, secret: str) -> OpenIntent:
    """The intent this browser began, or 404."""
    intent = intent_of_page(tx, secret, browser()) if enabled() and len(secret) <= LONGEST_SECRET and secret.isascii() else None
    return intent if intent is not None else abort(404)


def _show(tx: Tx, secret: str, intent: OpenIntent, *, problem: str | None = None, status: int = 200):  # noqa: ANN202
    reader = _reader(tx, intent)
    b, w = reader.b, reader.words
    rows = [found for ref in intent.facts.get("versions", ()) if (found := find(tx, ref)) is not None]
    live = intent.state == "open" and intent.client_sealed is not None and (intent.expires_at is None or intent.expires_at > tx.now)
    if intent.kind == "difference" and b is not None and not (
            same(intent, rows) if rows else b.version == intent.facts["version"] and b.holding):
        live = False  # what was to be moved has changed since: nobody need pay for that to find out (I9)
    facts: dict[str, Any] = {"problem": problem, "kind": intent.kind, "live": live, "state": intent.state, "secret": secret,
                             "summary": _summary(tx, intent, reader, rows), "n": len(rows) or 1, "js_url": settings().stripe_js_url}
    facts["amount"] = w.money(intent.amount, intent.currency) if intent.currency else ""
    facts["minutes"] = max(1, ceil((intent.expires_at - tx.now).total_seconds() / 60)) if intent.expires_at else 0
    facts["consent"] = intent.facts.get("text", "")
    facts["back"] = w._("Back to this time") if "entry" in intent.facts else w._("Choose another time") if intent.kind == "deposit" else w._("Back to the booking")
    if live:
        facts |= {"key": settings().stripe_publishable_key, "account": account_by_id(tx, intent.account_id).name,
                  "client": client_secret(tx, intent), "return_url": f"{request.host_url}pay/{secret}"}
    response = make_response(page("pay.html", reader.store, w, person=reader.person, **facts), status)
    response.headers["Content-Security-Policy"] = content_security()
    return response


def _reader(tx: Tx, intent: OpenIntent) -> Reader:
    """As the page this one was reached from: a link is read in its customer's language whoever is signed in, and so is a wait."""
    store, person = visitor(tx, login_secret())
    b = find_by_id(tx, intent.booking_id) if intent.booking_id else None
    entry = find_entry(tx, int(intent.facts["entry"])) if "entry" in intent.facts else None
    locale, zone = (b.customer_locale, b.customer_zone) if b else told_in(tx, entry) if entry else (None, None)
    owner = None if b and person and person.customer_id != b.customer_id else person
    return Reader(store, person, b, words(store, owner, locale), chosen_zone(owner) or zone)


def _summary(tx: Tx, intent: OpenIntent, reader: Reader, rows: list[BookingSummary]) -> list[str]:
    """What it is about: the booking, where it and what goes with it are to move, or the draft of one."""
    b, w = reader.b, reader.words
    if rows and intent.state == "open":
        return _moves(intent, sorted(rows, key=lambda one: (one.starts_at, one.id)), reader)
    if b is not None and intent.kind == "difference" and intent.state == "open":
        return [b.service_name, *_move(tx, intent, b, w, shown_zone(b.location_kind, b.zone, reader.zone))]
    if b is not None:
        return [b.service_name, w.when(b.starts_at, shown_zone(b.location_kind, b.zone, reader.zone))]
    offer = find_offer(tx, int(intent.facts["service_id"]))
    if offer is None:
        return []
    at = datetime.fromisoformat(intent.facts["starts_at"])
    staff = next((s for s in offer.staff if str(s.id) == intent.facts["staff_id"]), None)
    zone = shown_zone(staff.location_kind, staff.zone, reader.zone) if staff else offer.zone
    lines = [offer.name, w.date(at, zone), w.span(at, at + timedelta(seconds=offer.shape.duration), zone)]
    return lines + ([f"{staff.name}, {staff.location_name}"] if staff else [])


def _move(tx: Tx, intent: OpenIntent, b: BookingSummary, w: Words, zone: str) -> list[str]:
    """Where the booking is to go, and to whom where that changes."""
    offer = find_offer(tx, b.service_id)
    person = next((one.name for one in offer.staff if str(one.id) == intent.facts["staff_id"]), b.staff_name) if offer else b.staff_name

    def place(at: datetime, staff: str) -> str:
        when = w.when(at, zone)
        return when if person == b.staff_name else w._("{when}, with {staff}").format(when=when, staff=staff)

    return [w._("{new} (before: {old})").format(new=place(datetime.fromisoformat(intent.facts["starts_at"]), person), old=place(b.starts_at, b.staff_name))]


def _moves(intent: OpenIntent, rows: list[BookingSummary], reader: Reader) -> list[str]:
    """Where each of several is to go; nothing is paid for one that goes back to the time it had."""
    services, to, w = list(dict.fromkeys(b.service_name for b in rows)), intent.facts["to"], reader.words

    def told(b: BookingSummary) -> str:
        zone = shown_zone(b.location_kind, b.zone, reader.zone)
        return w._("{new} (before: {old})").format(new=w.when(datetime.fromisoformat(to[b.ref]), zone), old=w.when(b.starts_at, zone))

    lines = [(b.service_name, told(b)) for b in rows if b.ref in to]
    return [" + ".join(services), *(f"{service}{w.colon} {line}" if len(services) > 1 else line for service, line in lines)]


def content_security() -> str:
    """This page alone loads the provider's script, talks to its API and shows its frames (I45, I48)."""
    script = _origin(settings().stripe_js_url)
    api = _origin(settings().stripe_api_base or "https://api.stripe.com")
    return (f"default-src 'none'; script-src 'self' {script}; style-src 'self'; img-src 'self' https: data:; font-src 'self'; "
            f"connect-src 'self' {api}; frame-src {script} https://hooks.stripe.com; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"



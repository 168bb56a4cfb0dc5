"""The page behind the links of those who wait: take what is held, leave it to the next, or stop (R5, R34, D29).

Each link opens this page and only looks; the buttons act. The token opens one entry and nothing else: not the booking, whose own
link comes with its confirmation.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import abort, g, redirect, request

from booking import facts
from booking import waitlist as read
from booking.access import StoreView, visitor
from booking.actions.action import Once
from booking.actions.claim_earlier_slot import claim_earlier_slot, refuse_earlier_slot
from booking.actions.leave_waitlist import leave_entry
from booking.deposits import taken_online
from booking.facts import read_policy
from booking.offers import find_offer
from booking.rules import terms
from booking.rules.decision import Refused
from booking.rules.moves import needs_approval
from booking.wording import Words
from booking.wording.policies import policy_lines
from gateways.stripe import deposits
from gateways.stripe.errors import Trouble
from models.actor import Actor
from models.booking_summary import BookingSummary, find_by_id
from models.session import Tx, reading
from storefront import given
from storefront.blueprint import bp, page, words
from storefront.paying import to_pay
from storefront.zones import chosen_zone, shown_zone

ENTRY = "/waitlist/<int(max=9223372036854775807):entry_id>"


@dataclass(frozen=True)
class Way:
    """An entry opened by its token. `b` is its booking: the one to move, or the one a seat has become; `asked` the request whose time
    is waited for, `date` the class date. `own_zone`: the visitor's, else the one the customer has told."""

    entry: read.Entry
    b: BookingSummary | None
    asked: BookingSummary | None
    date: read.ClassDate | None
    own_zone: str | None
    token: str
    store: StoreView
    words: Words

    @property
    def actor(self) -> Actor:
        return Actor("link", "link", self.entry.id if self.b is None else self.b.id)

    @property
    def about(self) -> BookingSummary | read.ClassDate:
        """What says service, place and time."""
        found = self.b or self.asked or self.date
        assert found is not None, "every kind has one"
        return found

    def zone(self, zone: str) -> str:
        """The zone something at that place is told in: of what is online the customer's own (R13)."""
        return shown_zone(self.about.location_kind, zone, self.own_zone)

    def url(self, part: str = "", **parameters: object) -> str:
        return f"/waitlist/{self.entry.id}{part and '/' + part}?{urlencode({'token': self.token} | parameters)}"


@dataclass(frozen=True, slots=True)
class Seat:
    """What taking a place of a class, or a time, means, as on the way to any booking: price, deposit and policy in words."""

    seats: int
    price: str
    deposit: str
    policy: list[str]
    waits: bool


@bp.get(ENTRY)
def entry_page(entry_id: int):  # noqa: ANN201
    with reading(g.store_id) as tx:
        return _show(tx, _enter(tx, entry_id))


@bp.post(f"{ENTRY}/take")
def take(entry_id: int):  # noqa: ANN201
    """The click on "take it": the booking moves, or the seat is booked, once its deposit is paid where there is one (A156)."""
    with reading(g.store_id) as tx:
        way = _enter(tx, entry_id)
        seat = _seat(tx, way)
    offer_id = given.whole_number(request.form.get("offer"), longest=19)
    try:
        if offer_id is None:
            raise Refused("not_found")
        if seat is not None and seat.deposit:
            return to_pay(lambda browser: deposits.begin_seat(
                g.store_id, way.actor, entry_id, offer_id, browser=browser, agreed=request.form.get("agree") == "on"))
        once = Once.of(f"waitlist:{entry_id}", given.text(request.form.get("once"), 64) or secrets.token_hex(8),
                       lambda done: {"ref": done.booking.ref}, "take", entry_id, offer_id)
        claim_earlier_slot(g.store_id, way.actor, entry_id, offer_id, once=once)
    except Trouble:
        with reading(g.store_id) as tx:
            way = _enter(tx, entry_id)
            return _show(tx, way, status=503, problem=way.words._(
                "The card service doesn't answer at the moment. Nothing has been booked or paid; please try again in a minute."))
    except Refused as refused:
        return _refused(entry_id, refused)
    return redirect(way.url(done="taken"), 303)


@bp.post(f"{ENTRY}/refuse")
def refuse(entry_id: int):  # noqa: ANN201
    with reading(g.store_id) as tx:
        way = _enter(tx, entry_id)
    offer_id = given.whole_number(request.form.get("offer"), longest=19)
    try:
        if offer_id is None:
            raise Refused("not_found")
        refuse_earlier_slot(g.store_id, way.actor, entry_id, offer_id)
    except Refused as refused:
        return _refused(entry_id, refused)
    return redirect(way.url(done="refused"), 303)


@bp.post(f"{ENTRY}/stop")
def stop(entry_id: int):  # noqa: ANN201
    with reading(g.store_id) as tx:
        way = _enter(tx, entry_id)
    leave_entry(g.store_id, way.actor, entry_id)
    return redirect(way.url(done="stopped"), 303)


def _enter(tx: Tx, entry_id: int) -> Way:
    """The entry for this request, or 404: the same for unknown, foreign and wrong token (I28, I31)."""
    entry, token = read.find_entry(tx, entry_id), request.args.get("token", "")
    b = find_by_id(tx, entry.booking_id) if entry and entry.booking_id else None
    epoch = b.link_epoch if b is not None and entry.kind == "earlier" else read.NOBODYS
    if not read.opens(token, g.store_id, entry_id, epoch) or entry is None:
        abort(404)
    store, _ = visitor(tx, None)
    locale, zone = read.told_in(tx, entry)
    return Way(entry, b, read.request_of(tx, entry), read.find_date(tx, entry.session_id) if entry.session_id else None,
               chosen_zone(None) or zone, token, store, words(store, None, locale))


def _refused(entry_id: int, refused: Refused):  # noqa: ANN202
    with reading(g.store_id) as tx:
        way = _enter(tx, entry_id)
        w = way.words
        if refused.code == "invalid":
            return _show(tx, way, unaccepted=w._("Please accept what cancelling and moving mean before you pay."), status=422)
        problem = w._("This time is no longer held for you. Nothing has changed.") if refused.code in ("stale", "not_found", "slot_taken", "outside_hours") \
            else w.refusal(refused.code, refused.facts, way.store.name)
        return _show(tx, way, problem=problem, status=409)


def _show(tx: Tx, way: Way, *, problem: str | None = None, unaccepted: str | None = None, status: int = 200):  # noqa: ANN202
    entry, w = way.entry, way.words
    wanted = given.whole_number(request.args.get("offer"), longest=19)
    held = read.standing_offer(tx, entry.id) if entry.state == "waiting" else None
    gone = wanted is not None and (held is None or held.id != wanted) and (entry.state == "waiting" or entry.end_reason == "past")
    about = way.about
    return page(
        "waitlist_entry.html", way.store, w, way=way, entry=entry, service=about.service_name, now=w.when(about.starts_at, way.zone(about.zone)),
        there=f"{about.staff_name}, {about.location_name}", problem=problem,
        gone=gone and not problem and request.args.get("done") is None, done=request.args.get("done"), stops=request.args.get("action") == "stop",
        refuses=request.args.get("action") == "refuse", held=None if held is None else _held(way, held), notes=_notes(tx, way, held), seat=_seat(tx, way) if held else None,
        unaccepted=unaccepted,
        place=read.place_of(tx, entry) if entry.state == "waiting" else None, once=secrets.token_hex(16),
        waits=way.b is not None and way.b.status == "pending"), status


def _held(way: Way, held: read.Held) -> dict[str, object]:
    w, zone = way.words, way.zone(held.zone)
    return {"id": held.id, "date": w.date(held.starts_at, zone), "time": w.span(held.starts_at, held.ends_at, zone),
            "staff": held.staff_name, "until": w.when(held.expires_at, zone), "starts_at": held.starts_at.isoformat(), "zone": zone,
            "when": w.when(held.starts_at, zone)}


def _seat(tx: Tx, way: Way) -> Seat | None:
    """The terms of the place or the time that is held; None where it is a booking that would move."""
    entry, w = way.entry, way.words
    offer = find_offer(tx, entry.service_id) if entry.kind != "earlier" else None
    if offer is None:
        return None
    start, zone = way.about.starts_at, way.about.zone
    deposit, price, policy = taken_online(tx, offer, entry.seats), offer.price * entry.seats, read_policy(offer.policy)
    return Seat(entry.seats, w.money(price, offer.currency) if price else "", w.money(deposit, offer.currency) if deposit else "",
                policy_lines(w, policy, start, zone, offer.currency, tx.now, free=not offer.price, shown=way.zone(zone)),
                needs_approval(policy, first=True, starts_at=start, zone=zone, now=tx.now))


def _notes(tx: Tx, way: Way, held: read.Held | None) -> list[str]:
    """What taking it means for the money and for changes: the same rules count from the new start."""
    b, w = way.b, way.words
    if b is None or held is None or way.entry.kind != "earlier":
        return []
    notes = [w._("Your payment stays with the booking; nothing is charged.")] if b.paid else []
    now, then = (terms.sticky_after_move(facts.sticky(b), terms.terms_now(facts.policies(b), start, b.zone, tx.now, b.paid)) or terms.FULL
                 for start in (b.starts_at, held.starts_at))
    if b.paid and (then.share < now.share or (then.credit and not now.credit)):
        notes.append(w._("After that less may come back if you cancel:"))
        there = b._replace(starts_at=held.starts_at, zone=held.zone)
        notes += policy_lines(w, facts.shown_policy(tx, there), held.starts_at, held.zone, b.currency, tx.now, original=b.original_starts_at,
                              shown=way.zone(held.zone))
    return notes

"""From bookings to what templates show. Nothing a customer may not see passes here (I32)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from booking import facts
from booking.credit import Left
from booking.actions.visits import visit_decision
from booking.places import Place, place_of
from booking.addresses import first_name, mask_address, mask_email, mask_phone
from booking.rules.decision import Decision
from booking.rules.policy import Flags, Policy
from booking.rules.status import CLOSED
from booking.rules.wall_time import local_date
from booking.rules.windows import deadline
from booking.wording import Words
from booking.wording.policies import policy_lines
from booking.wording.phones import readable_phone
from models.booking_list import ListedBooking
from models.booking_summary import BookingSummary
from storefront.door import Door
from storefront.move_notes import given_up
from storefront.zones import shown_zone


class Card(NamedTuple):
    """One booking in a list. `there`: when it is at the place, where the rest is told in the customer's own zone (R13). `parts`: of a
    visit what it has, each with its own time."""

    url: str
    service: str
    line: str
    day: str
    weekday: str
    month: str
    year: str
    date: str
    start: str
    time: str
    status: str
    status_text: str
    can_move: bool
    can_cancel: bool
    instead_url: str | None = None
    there: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """What the customer may do, or the sentence why not; then `deadline` says until when one could (R10, R11)."""

    allowed: bool
    sentence: str
    reason: str | None
    still: str | None = None
    deadline: str | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """One booking on its own page. `zone` is the place's; `there`: when it is in that zone, where all else is told in another."""

    ref: str
    service: str
    status: str
    status_text: str
    closed: bool
    rows: list[tuple[str, str]]
    map_url: str | None
    when: str
    starts_at: str
    zone: str
    move: Action
    cancel: Action
    policy: list[str]
    person: list[tuple[str, str]]
    version: int
    waits: str | None = None
    instead_schedule: bool = False
    again_url: str = "/book"
    place: Place | None = None
    there: str = ""
    money: list[str] = field(default_factory=list)


def card(b: BookingSummary | ListedBooking, w: Words, now: datetime, present: int, own: str | None) -> Card:
    """`present`: the year it is, which a line does not name; `own`: the customer's zone."""
    can_move, can_cancel, instead = facts.may_change(b, now) if b.holding else (False, False, False)
    zone = shown_zone(b.location_kind, b.zone, own)
    start = b.local_start if zone == b.zone else b.starts_at.astimezone(ZoneInfo(zone))
    day, span = start.date(), w.span(b.starts_at, b.ends_at, zone)
    weekday, month, year, date = w.tile(day, present)
    line = w.dot.join([span, b.staff_name, b.location_name, *([w.money(b.price, b.currency)] if b.price else [])])
    return Card(
        f"/account/bookings/{b.ref}", b.service_name, line, str(day.day), weekday, month, year, date, w.clock(start), span,
        b.status, w.status(b.status), can_move, can_cancel, again_url(b) if instead else None, "" if zone == b.zone else there(b, w))


def again_url(b: BookingSummary | ListedBooking) -> str:
    """Where to book the same again: the service with the person, or the list where it is no longer offered."""
    return f"/book/{b.service_id}?staff={b.staff_id}" if b.service_active else "/book"


def there(b: BookingSummary | ListedBooking, w: Words) -> str:
    """The second line of what is told in another zone than the place's: when it is there."""
    return w.when(b.starts_at, b.zone)


def cards(found: Sequence[BookingSummary | ListedBooking], w: Words, now: datetime, own: str | None = None) -> list[Card]:
    """The lines of a list; the open parts of a visit are one, where its first comes, whatever lies between them (R32)."""
    groups: dict[int, list[Any]] = {}
    present = local_date(now, shown_zone(found[0].location_kind, found[0].zone, own)).year if found else 0
    for b in found:
        groups.setdefault(b.visit_id if b.visit_id is not None and b.holding else b.id, []).append(b)
    return [card(group[0], w, now, present, own) if len(group) == 1 else _visit_card(sorted(group, key=lambda b: b.starts_at), w, now, present, own)
            for group in groups.values()]


def _visit_card(parts: list[Any], w: Words, now: datetime, present: int, own: str | None) -> Card:
    first, last = parts[0], max(parts, key=lambda b: b.ends_at)
    span, price = w.span(first.starts_at, last.ends_at, shown_zone(first.location_kind, first.zone, own)), sum(b.price for b in parts)
    lines = [card(b, w, now, present, own) for b in parts]
    told = tuple(w.dot.join([one.time if one.date == lines[0].date else f"{one.date}{w.comma}{one.time}", b.service_name, b.staff_name])
                 for one, b in zip(lines, parts, strict=True))
    places = " + ".join(dict.fromkeys(b.location_name for b in parts))
    cancel = visit_decision("cancel", parts, now)
    return lines[0]._replace(service=" + ".join(b.service_name for b in parts), time=span, parts=told,
                   line=w.dot.join([places, *([w.money(price, first.currency)] if price else [])]),
                   can_move=visit_decision("reschedule", parts, now).allowed, can_cancel=cancel.allowed,
                   instead_url=again_url(first) if cancel.facts.get("instead") else None)


def detail(door: Door, now: datetime, decided: dict[str, Decision] | None = None, policy: Policy | None = None) -> Detail:
    """The booking's own page; `decided` where more than this booking decides what may be done (R32), `policy` where its rules are told."""
    b, w, zone = door.b, door.words, door.zone
    decided = decided or facts.decisions(b, now)
    change = facts.change_facts(b)
    waits = None
    if b.status == "pending" and b.approval_deadline:
        waits = w._("{venue} answers by {when}.").format(venue=b.store_name, when=w.when(b.approval_deadline, zone))
        if b.held and b.held["released"]:
            waits = given_up(b, w) + " " + waits
        elif b.held:
            old = w.when(datetime.fromisoformat(b.held["starts_at"]), shown_zone(b.location_kind, b.held["zone"], door.own_zone))
            waits = w._("Until {venue} has answered, your booking for {old} stays yours.").format(venue=b.store_name, old=old) + " " + waits
    return Detail(
        b.ref, b.service_name, b.status, w.status(b.status), b.status in CLOSED, rows(b, w, zone, by_link=door.by_link),
        f"https://www.openstreetmap.org/search?query={quote(b.location_address)}" if b.location_address and b.location_kind == "place" else None,
        w.when(b.starts_at, zone), b.starts_at.isoformat(), b.zone,
        action("reschedule", decided["reschedule"], door, decided["reschedule"].deadline or deadline("reschedule", change)),
        action("cancel", decided["cancel"], door, decided["cancel"].deadline or deadline("cancel", change)),
        [] if policy is None or b.status in CLOSED else _rules(door, policy, decided, now), _person(door), b.version, waits,
        decided["cancel"].facts.get("instead", False), again_url(b), place_of(b), there="" if zone == b.zone else there(b, w))


def _rules(door: Door, policy: Policy, decided: dict[str, Decision], now: datetime) -> list[str]:
    """Of the policy what the customer can still use, and when the rest ended (R10); why stands beside the buttons."""
    b, w = door.b, door.words
    still = policy.with_flags(Flags(decided["reschedule"].allowed, decided["cancel"].allowed))
    ended = {kind: w.when(one.deadline, door.zone) for kind, one in decided.items() if one.reason == "too_late" and one.deadline}
    return [*([w._("Cancelling online ended {when}.").format(when=ended["cancel"])] if "cancel" in ended else []),
            *policy_lines(w, still, b.starts_at, b.zone, b.currency, now, free=not b.price and not b.paid, original=b.original_starts_at,
                          shown=door.zone),
            *([w._("Moving online ended {when}.").format(when=ended["reschedule"])] if "reschedule" in ended else [])]


def rows(b: BookingSummary, w: Words, zone: str, *, by_link: bool) -> list[tuple[str, str]]:
    """The facts of A57: service, staff, date, time, address, deposit status. Told in `zone`; where that is not the place's, the time
    there too (R13). The customer's own address is masked for whoever holds the link (R6)."""
    found = [(w._("Service"), b.service_name), (w._("With"), b.staff_name), (w._("Date"), w.date(b.starts_at, zone)),
             (w._("Time"), w.span(b.starts_at, b.ends_at, zone)),
             *([] if zone == b.zone else [(w._("Time at {venue}").format(venue=b.store_name), there(b, w))]),
             (w._("Where"), _where(b, w, by_link=by_link))]
    if b.seats > 1:
        found.append((w._("Seats"), str(b.seats)))
    if b.price:
        found.append((w._("Price"), w.money(b.price, b.currency)))
    found.append((w._("Deposit"), deposit(b, w)))
    if b.due and b.holding:
        found.append((w._("Still to pay"), w._("{amount}, at {venue}").format(amount=w.money(b.due, b.currency), venue=b.store_name)))
    return found


def _where(b: BookingSummary, w: Words, *, by_link: bool) -> str:
    """Name and address; of a meeting online that it is one, of a delivery where the shop comes."""
    place = place_of(b)
    if place.kind == "online":
        return w._("{place}, online").format(place=place.name)
    if place.kind == "delivery" and place.address:
        return w._("At your address: {address}").format(address=mask_address(place.address) if by_link else place.address)
    return place.line


def deposit(b: BookingSummary, w: Words) -> str:
    """What was paid, and what of it came or comes back."""
    if not b.paid:
        return w._("No payment was taken for this booking.")
    text = w._("{amount} paid").format(amount=w.money(b.paid, b.currency))
    if b.refunded:
        text += w.comma + w._("{amount} refunded").format(amount=w.money(b.refunded, b.currency))
    if b.owed:
        text += w.comma + w._("{amount} still to be refunded").format(amount=w.money(b.owed, b.currency))
    return text


def action(kind: str, decision: Decision, door: Door, last: datetime) -> Action:
    b, w = door.b, door.words
    if decision.allowed:
        return Action(True, w.deadline(kind, last, door.zone), None)
    if decision.reason == "closed":
        return Action(False, "", "closed")
    sentence = w.refusal(decision.reason or "not_allowed", decision.facts, b.store_name)
    if b.store_refusal_note and decision.reason in ("too_late", "not_allowed", "limit_reached"):
        sentence += " " + b.store_refusal_note  # the shop's own words after ours (A157, D20b)
    return Action(False, sentence, decision.reason, decision.facts.get("still_possible"),
                  w.deadline_was(kind, last, door.zone) if decision.reason == "too_late" else None)


def why_not(kind: str, decision: Decision, door: Door, b: BookingSummary) -> str:
    """The refusal of one booking among several, its deadline with it (R10)."""
    w = door.words
    told = w.refusal(decision.reason or "", decision.facts, b.store_name)
    late = decision.reason == "too_late" and decision.deadline
    return f"{told} {w.deadline_was(kind, late, door.zone_of(b))}" if late else told


def _person(door: Door) -> list[tuple[str, str]]:
    """Who it is booked for and where messages go: in full for the owner, masked for whoever holds the link (R6)."""
    b, w = door.b, door.words
    phone = b.text_to or b.customer_phone
    if door.by_link:
        pairs = [(w._("Name"), first_name(b.contact_name)), (w._("E-mail"), mask_email(b.mail_to)), (w._("Phone"), w.as_it_is(mask_phone(phone)) if phone else "")]
    else:
        pairs = [(w._("Name"), b.contact_name), (w._("E-mail"), b.mail_to or ""), (w._("Phone"), w.as_it_is(readable_phone(phone)) if phone else "")]
    return [(name, value) for name, value in pairs if value]


def credit_lines(w: Words, credit: list[Left], zone: str) -> list[str]:
    """A customer's store credit, what ends first first (R21); what lives at the online shop says so (R23)."""
    lines = []
    for one in credit:
        if one.place == "shopify":
            text = w._("{amount} at the online shop's checkout, valid until {date}") if one.expires_at else w._(
                "{amount} at the online shop's checkout, without an end")
        else:
            text = w._("{amount}, valid until {date}") if one.expires_at else w._("{amount}, without an end")
        lines.append(text.format(amount=w.money(one.left, one.currency), date=w.short_date_and_year(one.expires_at, zone) if one.expires_at else ""))
    return lines


HISTORY = {
    "create_booking": "Booked", "import_booking": "Booked", "reschedule_booking": "Moved", "cancel_booking": "Cancelled",
    "drop_seats": "Seats cancelled", "approve_booking": "Confirmed by the shop", "decline_booking": "Declined by the shop",
    "expire_booking": "Request ended without an answer", "arrive_booking": "Checked in", "ready_booking": "Ready to start",
    "make_offers": "Other times offered", "accept_offer": "Offered time accepted", "decline_offers": "Offered times declined",
    "claim_earlier_slot": "Earlier time taken", "complete_booking": "Completed", "no_show_booking": "Missed", "refund_booking": "Refund added", "execute_refund": "Refund carried out",
    "record_payment": "Payment received", "take_difference": "Payment received", "return_difference": "Refund added", "keep_wall_time": "Kept at its local time under new time zone rules",
    "revoke_link": "Link renewed", "cancel_session": "Class date cancelled", "lose_old_date": "Old class date cancelled",
    "save_card": "Card saved", "remove_card": "Card removed",
    "leave_feedback": "Feedback given", "reply_to_feedback": "Feedback answered",
}

OWNERS = frozenset({"leave_feedback", "reply_to_feedback"})
"""Of it what is the owner's own: whoever holds the link never sees feedback (R6)."""


def history(entries: list[Any], door: Door) -> list[tuple[str, str, str]]:
    """(when, what, by whom) in plain words (C9, R41); entries customers have no use for are left out."""
    b, w, zone = door.b, door.words, door.zone
    who = {"customer": w._("by you"), "shopify_customer": w._("by you"), "link": w._("with the link"), "system": ""}
    told = []
    for entry in entries:
        if entry.action not in HISTORY or door.by_link and entry.action in OWNERS:
            continue
        what = w._(HISTORY[entry.action])
        after = (entry.after or {}).get("starts_at")
        if entry.action in ("reschedule_booking", "accept_offer", "claim_earlier_slot") and after:
            what += ": " + w.when(datetime.fromisoformat(after), zone)
        told.append((w.when(entry.at, zone), what, who.get(entry.actor_kind, w._("by {venue}").format(venue=b.store_name))))
    return told

"""From the payload of an outbox row to a finished mail or SMS."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import messages
from booking.rules.policy import Policy
from booking.wording import words_for
from booking.wording.colours import readable
from booking.wording.phones import readable_phone
from booking.wording.policies import policy_lines
from messages.content import Content, Snapshot
from messages.custom import Ours, customised, ours
from messages.ics import invite

SHARED = ("content", "custom", "ics", "mail", "render")
BREAKING = {0x00A0: " ", 0x202F: " "}
MESSAGES: dict[str, ModuleType] = {
    module.name: import_module(f"messages.{module.name}") for module in iter_modules(messages.__path__) if module.name not in SHARED}
"""Topic -> the module that says it."""

NAMES_WHO = frozenset({
    "approval_given", "approval_refused", "booking_cancelled", "booking_moved", "merchant_booking_cancelled", "merchant_booking_created",
    "merchant_booking_moved"})
"""Messages after a change: they say who made it (A145)."""


@dataclass(frozen=True)
class Mail:
    """Subject and bodies; `ics` with its METHOD where the message carries a calendar entry."""

    subject: str
    text: str
    html: str
    ics: str | None = None
    ics_method: str | None = None


def render_mail(topic: str, payload: dict[str, Any], domain: str) -> Mail:
    """The mail of a topic; KeyError for an unknown one. `domain` makes calendar ids unique."""
    words = words_for(payload["locale"])
    snapshot = Snapshot(payload, words)
    said: Content = MESSAGES[topic].content(snapshot)
    to_customer = payload["recipient"]["kind"] == "customer"
    who = _who(snapshot, to_customer) if topic in NAMES_WHO else ""
    if own := _own_wording(topic, payload):
        said = customised(said, own, snapshot, _price(snapshot))
    if who:
        said = replace(said, paragraphs=[*said.paragraphs, who])
    facts = {"s": snapshot, "said": said, "w": words, "_": words.gettext, "accent": readable(snapshot.store["accent"]),
             "rows": _rows(snapshot) if said.booking else [], "policy": _policy(snapshot) if said.policy or said.blocks else [],
             "can_change": said.manage and to_customer and (topic == "manage_link" or any(payload["can"].values())),
             # Every message about a booking carries its link (A46); without a switch on it only shows the booking (A126, A134).
             "can_look": said.manage and to_customer and bool(payload.get("manage_url")),
             "can_move": said.manage and to_customer and payload["can"]["reschedule"],
             "alarm": said.alarm and to_customer, "dates": snapshot.dates(), "stays": snapshot.stays(), "waits": snapshot.waits(),
             "phone": readable_phone(snapshot.store["phone"] or ""), "who": who}
    templates = _templates()
    method = said.ics_method if to_customer else None
    return Mail(
        " ".join(said.subject.split()), templates.get_template("mail.txt").render(facts), templates.get_template("mail.html").render(facts),
        invite(payload, method, domain) if method else None, method)


def render_sms(topic: str, payload: dict[str, Any]) -> str | None:
    """The SMS of a topic, at most 320 characters with the link whole, or None when it has none.

    Spaces that do not break are outside the alphabet of text messages: one of them would double what the message costs.
    """
    snapshot = Snapshot(payload, words_for(payload["locale"]))
    said: Content = MESSAGES[topic].content(snapshot)
    if own := _own_wording(topic, payload):
        said = customised(said, own, snapshot, _price(snapshot))
    return said.sms and said.sms.translate(BREAKING)


def our_wording(topic: str, locale: str, elements: tuple[str, ...]) -> dict[str, str | None]:
    """What we say, as a text with placeholders to begin with."""
    return ours(MESSAGES[topic].content(Ours(topic, words_for(locale))), elements)


def _own_wording(topic: str, payload: dict[str, Any]) -> dict[str, Any] | None:
    """The shop's wording of this message, when it has one and it fits: of a party that lost seats, and of a request the shop has
    moved, we tell in our words."""
    own = payload.get("template")
    if own is None or payload.get("test"):
        return own
    fewer = topic == "booking_cancelled" and payload["booking"]["status"] != "cancelled"
    moved = topic == "request_received" and payload["by"] == "store" and Snapshot(payload, words_for(payload["locale"])).moved()
    return None if fewer or moved else own


def _price(s: Snapshot) -> str:
    return s.words.money(s.booking["price"], s.booking["currency"]) if s.booking["price"] else ""


def _who(s: Snapshot, to_customer: bool) -> str:
    """Who made the change: someone of the shop by name; to the shop also that it was the customer."""
    if s.payload.get("by_name"):
        return s.words._("Done by {name}, {venue}.").format(name=s.payload["by_name"], venue=s.venue)
    if s.payload.get("by") == "customer" and not to_customer:
        return s.words._("Done by the customer.")
    return ""


def _rows(s: Snapshot) -> list[tuple[str, str, bool]]:
    """(name, value, whether the value is an address to open): what is booked. Of several bookings only what they share; the page of a
    booking online stands where an address would."""
    _, b = s.words._, s.booking
    rows = [] if s.visit else [(_("Service"), b["service"]), *_time(s), (_("With"), b["staff"])]
    if (b["address"] or "").startswith("https://"):
        rows += [(_("Where"), b["location"]), (_("Link"), b["address"])]
    else:
        rows.append((_("Where"), ", ".join(filter(None, (b["location"], b["address"])))))
    return [(name, value, value.startswith("https://")) for name, value in (*rows, *_money(s))]


def _time(s: Snapshot) -> list[tuple[str, str]]:
    if len(s.changed) > 1:
        return []
    _, b, w = s.words._, s.booking, s.words
    start, end = datetime.fromisoformat(b["starts_at"]), datetime.fromisoformat(b["ends_at"])
    rows = [(_("Date"), w.date(start, s.zone)), (_("Time"), w.span(start, end, s.zone))]
    return [*rows, (_("Time at {venue}").format(venue=s.venue), s.there())] if s.own_zone else rows


def _money(s: Snapshot) -> list[tuple[str, str]]:
    """Seats, price and what is paid of one booking."""
    if len(s.changed) > 1:
        return []
    _, b, w = s.words._, s.booking, s.words
    rows = [(_("Seats"), str(b["seats"]))] if b["seats"] > 1 else []
    if b["price"]:
        rows.append((_("Price"), w.money(b["price"], b["currency"])))
    if b["paid"]:
        rows.append((_("Paid"), w.money(b["paid"], b["currency"])))
        if b.get("due"):
            rows.append((_("Still to pay"), w.money(b["due"], b["currency"])))
    return rows


def _policy(s: Snapshot) -> list[str]:
    b = s.booking
    policy = Policy.from_json(s.payload["policy"])
    lines = policy_lines(s.words, policy, datetime.fromisoformat(b["starts_at"]), b["zone"], b["currency"], s.instant("at"),
                         free=not b["price"] and not b["paid"], shown=s.zone,
                         original=datetime.fromisoformat(b.get("original_starts_at") or b["starts_at"]))
    if lines and len(s.changed) > 1:
        lines.insert(0, s.words._("These times are for {first}. Each of the others has its own, on its page.").format(first=s.its_line()))
    return lines


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=lambda name: (name or "").endswith(".html"),
                       undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)

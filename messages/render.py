"""From the payload of an outbox row to a finished mail or SMS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from booking.rules.policy import Policy
from booking.wording import words_for
from booking.wording.colours import readable
from booking.wording.policies import policy_lines
from messages import (
    approval_asked, approval_given, approval_refused, booking_cancelled, booking_confirmed, booking_moved, email_changed,
    feedback_reply, feedback_request, manage_link, merchant_approval_needed, merchant_booking_cancelled, merchant_booking_created,
    merchant_booking_moved, merchant_customer_erased, phone_code, reminder, request_received, sign_in_code,
)
from messages.content import Content, Snapshot
from messages.ics import invite, several

MESSAGES: dict[str, ModuleType] = {module.__name__.rsplit(".", 1)[-1]: module for module in (
    approval_asked, approval_given, approval_refused, booking_cancelled, booking_confirmed, booking_moved, email_changed,
    feedback_reply, feedback_request, manage_link, merchant_approval_needed, merchant_booking_cancelled, merchant_booking_created,
    merchant_booking_moved, merchant_customer_erased, phone_code, reminder, request_received, sign_in_code)}
"""Topic -> the module that says it."""


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
    facts = {"s": snapshot, "said": said, "w": words, "_": words.gettext, "accent": readable(snapshot.store["accent"]),
             "rows": _rows(snapshot) if said.booking else [], "policy": _policy(snapshot) if said.policy else [],
             "can_change": said.manage and to_customer and (topic == "manage_link" or any(payload["can"].values())),
             "can_move": said.manage and to_customer and payload["can"]["reschedule"],
             "alarm": said.alarm and to_customer, "dates": _dates(snapshot), "stays": _dates(snapshot, "stays")}
    templates = _templates()
    method = said.ics_method if to_customer else None
    return Mail(
        " ".join(said.subject.split()), templates.get_template("mail.txt").render(facts), templates.get_template("mail.html").render(facts),
        invite(payload, method, domain) if method else None, method)


def render_sms(topic: str, payload: dict[str, Any]) -> str | None:
    """The SMS of a topic, at most 320 characters with the link whole, or None when it has none."""
    snapshot = Snapshot(payload, words_for(payload["locale"]))
    return MESSAGES[topic].content(snapshot).sms


def _dates(s: Snapshot, which: str = "bookings") -> list[str]:
    """Every date of a change to several bookings; empty for one."""
    if which == "stays":
        return [s.when(part) for part in s.payload.get("stays") or []]
    parts = several(s.payload) if s.payload.get("bookings") else []
    return [s.when(part) for part in parts] if len(parts) > 1 else []


def _rows(s: Snapshot) -> list[tuple[str, str]]:
    _, b, w = s.words._, s.booking, s.words
    start, end = datetime.fromisoformat(b["starts_at"]), datetime.fromisoformat(b["ends_at"])
    rows = [(_("Service"), b["service"]), (_("Date"), w.date(start, b["zone"])), (_("Time"), w.span(start, end, b["zone"])),
            (_("With"), b["staff"]), (_("Where"), ", ".join(filter(None, (b["location"], b["address"]))))]
    if b["seats"] > 1:
        rows.append((_("Seats"), str(b["seats"])))
    if b["price"]:
        rows.append((_("Price"), w.money(b["price"], b["currency"])))
    if b["paid"]:
        rows.append((_("Paid"), w.money(b["paid"], b["currency"])))
    return rows


def _policy(s: Snapshot) -> list[str]:
    b = s.booking
    policy = Policy.from_json(s.payload["policy"])
    return policy_lines(s.words, policy, datetime.fromisoformat(b["starts_at"]), b["zone"], b["currency"])


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=lambda name: (name or "").endswith(".html"),
                       undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)

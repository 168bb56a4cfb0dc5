"""The shop's own wording put into a message, and ours as a text to begin with (A126)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from booking.rules.template_text import blocks, fill
from booking.wording import Words
from messages.content import Content, Snapshot

ELEMENTS = ("booking_details", "manage_link", "reschedule_link", "policy", "feedback_button")
LONGEST_SMS = 320


def customised(said: Content, template: dict[str, Any], s: Snapshot, price: str) -> Content:
    """The same message in the shop's words. What is not theirs to change stays: recipient, calendar file, addresses of links."""
    values = _values(s, price)
    found = [(kind, fill(text, values) if kind == "text" else text) for kind, text in blocks(template["body"], values, ELEMENTS)]
    found = [(kind, text) for kind, text in found if text.strip()]  # a paragraph whose placeholders have nothing to say leaves no gap
    sms = said.sms
    if sms is not None and template.get("sms"):
        with_link = "{manage_link}" in template["sms"]
        text = fill(template["sms"], values | {"manage_link": ""}).strip()
        sms = s.sms(text) if with_link else f"{s.venue}{s.words.colon} {text}"[:LONGEST_SMS]
    return replace(said, subject=fill(template["subject"], values), heading=fill(template["heading"], values), blocks=found, sms=sms)


def _values(s: Snapshot, price: str) -> dict[str, str]:
    b, w = s.booking, s.words
    start, end = (datetime.fromisoformat(b[edge]) for edge in ("starts_at", "ends_at"))
    name = (s.payload.get("recipient") or {}).get("name") or ""
    return {
        "shop": s.venue, "customer_name": name, "customer_first_name": name.split()[0] if name.split() else "", "service": s.service,
        "staff": b["staff"], "when": s.when(), "date": w.date(start, s.zone), "time": w.span(start, end, s.zone),
        "location": b["location"], "address": b["address"] or "", "price": price, "seats": str(b["seats"]),
        "old_when": s.when(s.old) if s.moved() else "", "refund": s.money() or ""}


class Ours(Snapshot):
    """A snapshot that says placeholders where others say values: what a message of ours says becomes a text to edit."""

    def __init__(self, topic: str, words: Words) -> None:
        booking = {"status": "cancelled" if topic == "booking_cancelled" else "confirmed", "service": "{service}", "seats": 1,
                   "starts_at": "now", "zone": "UTC"}
        super().__init__({"store": {"name": "{shop}"}, "booking": booking, "old": {"starts_at": "old"}, "feedback_url": "", "by": "customer"}, words)

    def when(self, which: dict[str, Any] | None = None) -> str:
        return "{old_when}" if which is self.old else "{when}"

    def instant(self, key: str) -> datetime | None:
        return None

    def money(self) -> str | None:
        return "{refund}"

    def sms(self, text: str, *, opt_out: bool = False) -> str:
        return f"{text} {{manage_link}}"


def ours(said: Content, elements: tuple[str, ...]) -> dict[str, str | None]:
    """Our wording as subject, heading, body and SMS, with the elements a message of this kind shows."""
    shown = {"booking_details": said.booking, "feedback_button": bool(said.buttons), "manage_link": said.manage, "reschedule_link": said.manage,
             "policy": said.policy}
    parts = [*said.paragraphs, *(f"{{{name}}}" for name in ("booking_details", "feedback_button", "manage_link", "reschedule_link", "policy")
                                 if name in elements and shown[name])]
    return {"subject": said.subject, "heading": said.heading, "body": "\n\n".join(parts),
            "sms": None if said.sms is None else said.sms.removeprefix("{shop}: ")}

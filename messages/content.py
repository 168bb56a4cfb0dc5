"""What a message consists of, and the sentences several messages share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from booking.wording import Words
from booking.wording.people import person


@dataclass(frozen=True)
class Content:
    """Plain texts only; the templates encode them. `sms` is None for messages that go by mail only.

    `buttons` and `links` are (text, address): what the mail is for, and lesser ways out of it. `blocks`: the shop's own wording
    in place of paragraphs and their order, ("text", paragraph) or ("element", name).
    """

    subject: str
    heading: str
    paragraphs: list[str]
    booking: bool = True
    manage: bool = True
    policy: bool = False
    alarm: bool = True
    ics_method: str | None = None
    code: str | None = None
    sms: str | None = None
    facts: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    blocks: list[tuple[str, str]] | None = None


class Snapshot:
    """Convenient reading of the payload of an outbox row."""

    def __init__(self, payload: dict[str, Any], words: Words) -> None:
        self.payload, self.words = payload, words
        self.store: dict[str, Any] = payload["store"]
        self.booking: dict[str, Any] = payload.get("booking") or {}
        self.old: dict[str, Any] | None = payload.get("old")

    @property
    def venue(self) -> str:
        return self.store["name"]

    @property
    def service(self) -> str:
        return self.booking["service"]

    @property
    def customer(self) -> str:
        return person(self.words, (self.payload.get("customer") or {}).get("name")) or self.words._("A customer")

    def quoted(self, text: str) -> str:
        """A sentence that is not ours: it keeps its own direction where this language runs from right to left (Unicode TR 9)."""
        return f"\u2068{text}\u2069" if self.words.direction == "rtl" else text

    @property
    def own_zone(self) -> str | None:
        """The reader's own zone, where the times of the message are told in it: the customer's, of what is online (R13)."""
        return self.payload.get("own_zone")

    @property
    def zone(self) -> str:
        return self.own_zone or self.booking["zone"]

    def when(self, which: dict[str, Any] | None = None) -> str:
        booking = which or self.booking
        return self.words.when(datetime.fromisoformat(booking["starts_at"]), self.own_zone or booking["zone"])

    def there(self) -> str:
        """The same as the clocks at the place show it."""
        return self.words.when(datetime.fromisoformat(self.booking["starts_at"]), self.booking["zone"])

    @property
    def changed(self) -> list[dict[str, Any]]:
        """The bookings a message is about: usually one, all changed ones of a series or visit (R31, R32)."""
        return [self.booking | part for part in self.payload.get("bookings") or [{}]]

    @property
    def visit(self) -> bool:
        """Several bookings of different services, one after another (R32)."""
        return len({part.get("service") for part in self.changed}) > 1

    def first(self) -> str:
        """When, for subjects: of several the first, and how many come with it."""
        more = len(self.changed) - 1
        return self.when() + (f" (+{more})" if more else "")

    def dates(self) -> list[str]:
        """A line for each of several bookings: what, where they differ, and when, with the time it had; empty for one."""
        changed = self.changed
        moved = self.payload["topic"] in ("booking_moved", "approval_asked", "merchant_approval_needed", "merchant_booking_moved")
        return self._lines(changed, moved=moved) if len(changed) > 1 else []

    def its_line(self) -> str:
        """The line of the booking the message itself is about, the first of several."""
        return self._lines([self.booking])[0]

    def stays(self) -> list[str]:
        """A line for each booking of a series that stays as it is."""
        return self._lines([self.booking | part for part in self.payload.get("stays") or []])

    def waits(self) -> list[str]:
        """A line for each booking that was moved with others and waits for the shop, with the time it had."""
        return self._lines([self.booking | part for part in self.payload.get("waits") or []], moved=True)

    def _lines(self, parts: list[dict[str, Any]], *, moved: bool = False) -> list[str]:
        _, lines = self.words._, []
        for part in parts:
            line = _("{service}, {when}").format(service=part["service"], when=self.when(part)) if self.visit else self.when(part)
            if moved and part.get("old_starts_at"):
                line = _("{new} (before: {old})").format(new=line, old=self.when(part | {"starts_at": part["old_starts_at"]}))
            lines.append(line)
        return lines

    def reason(self) -> list[str]:
        """The customer's own words for why they move or cancel, on one line; empty where none were given (D20b, A158)."""
        said = " ".join((self.payload.get("reason") or "").split())
        return [self.words._("Reason given: {reason}").format(reason=self.quoted(said))] if said else []

    def dashboard(self, text: str) -> list[tuple[str, str]]:
        """The way to the booking for people of the shop; staff members may have none."""
        if self.payload["recipient"]["kind"] != "merchant":
            return []
        return [(text, f"{self.store['origin']}/admin/bookings/{self.booking['ref']}")]

    def instant(self, key: str) -> datetime | None:
        value = self.payload.get(key)
        return None if value is None else datetime.fromisoformat(value)

    def cash(self) -> str | None:
        """What of the refund the shop has to give back: credit is given already."""
        refund = self.payload.get("refund") or {"amount": 0, "outcome": "none"}
        credit = refund.get("credit", refund["amount"] if refund["outcome"] == "credit" else 0)
        return self.words.money(refund["amount"] - credit, refund["currency"]) if refund["amount"] > credit else None

    def money(self) -> str | None:
        """The refund in a whole sentence, for messages after a cancellation."""
        refund = self.payload.get("refund")
        return self.words.refund(refund, self.venue, done=True).removesuffix(".") + "." if refund else None

    def collected(self) -> list[str]:
        """The difference that was paid before the move (R26)."""
        amount, _ = self.payload.get("collected"), self.words._
        text = _("The new times cost more. {amount} has been paid by card for them.") if len(self.changed) > 1 else _(
            "The new time costs more. {amount} has been paid by card for it.")
        return [text.format(amount=self.words.money(amount, self.booking["currency"]))] if amount else []

    def difference(self) -> list[str]:
        """What a move to another price means: the rest comes back, or more was paid or is to pay (R26)."""
        money = self.money()
        due, price = self.booking.get("due", 0), self.booking.get("price", 0)
        before = (self.old or {}).get("price", price)
        if money:  # also what was paid for a still dearer time asked for in between
            return [f"{self.words._('The new time costs less.')} {money}" if price < before else money]
        if self.collected():
            left = self.payload.get("left_due")  # of one of several that was not paid in full before
            return self.collected() + ([self.words._("Still to pay at {venue}: {due}.").format(
                venue=self.venue, due=self.words.money(left, self.booking["currency"]))] if left else [])
        if due and price > before:
            return [self.words._("The new time costs more. Still to pay at {venue}: {amount}.").format(
                venue=self.venue, amount=self.words.money(due, self.booking["currency"]))]
        return []

    def moved(self) -> bool:
        return self.old is not None and self.old["starts_at"] != self.booking["starts_at"]

    def given_up(self) -> bool:
        """Of a move that waits: whether the old time is gone already, so that a no ends the booking (R17)."""
        return bool((self.payload.get("held") or {}).get("released"))

    def sms(self, text: str, *, opt_out: bool = False) -> str:
        """Shop, text, link last: the link is never cut (A47). The shop is named once. `opt_out` adds how to end text messages (R40)."""
        link = self.payload.get("manage_url") or ""
        tail = " ".join(filter(None, (self.words._("Reply STOP to end text messages.") if opt_out else "", link)))
        head = text if text.startswith(self.venue) and not text.startswith(self.service) else f"{self.venue}{self.words.colon} {text}".strip()
        room = 320 - len(tail) - 1
        if len(head) > room:
            head = head[: room - 3] + "..."
        return f"{head} {tail}".strip()

"""One booking: what it is, what happened to it, what was written, what was paid, and everything that can be done with it (A41, A103-A105)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from flask import Response
from sqlalchemy import select

from booking import facts
from booking.cards import chargeable
from booking.documents.find import of_booking
from booking.documents.printed import title
from booking.keys import settings
from booking.links import manage_url
from booking.places import place_of
from booking.rules.decision import Refused
from booking.rules.status import CHECKED_IN, CLOSED
from booking.waiting_list import waiting_count
from booking.wording import Words
from booking.wording.history import history_line, message_state, refund_state
from booking.wording.topics import topic
from booking.wording.outside import outside_text
from booking.wording.policies import policy_lines
from models import trail
from models.access import User
from models.booking_summary import BookingSummary, find
from models.dispute import disputes_of
from models.message_list import ListedMessage, messages_of
from models.money_list import ListedRefund, charges_of, payments_of, refunds_of
from models.note import BookingNote
from models.session import Tx, reading
from models.withdrawal import withdrawals_of
from shopify_app.dashboard.charge_words import charge_line, face, missing_text
from shopify_app.dashboard.disputes import line
from shopify_app.dashboard.door import EVERYONE, MANAGERS, Visit, screen
from shopify_app.dashboard.given import known_ref


class Button(NamedTuple):
    """A verb that needs nothing but the booking: its path and its text."""

    verb: str
    text: str
    quiet: bool


@dataclass(frozen=True)
class Note:
    id: int
    text: str
    by: str
    at: datetime


@screen("/bookings/<ref>", roles=EVERYONE)
def booking(visit: Visit, ref: str) -> Any:
    return show_booking(visit, ref)


def show_booking(visit: Visit, ref: str, *, problem: str | None = None, status: int = 200, problems: dict[str, str] | None = None,
                 typed: dict[str, str] | None = None) -> Response:
    """The booking as it is now; after a refusal with the reason on top and what was typed still there."""
    with reading(visit.store_id) as tx:
        b = require(tx, ref)
        w, money = visit.words, visit.may(MANAGERS)
        payments = payments_of(tx, b.id)
        may_charge = chargeable(tx, b)
        found = {
            "payments": payments, "charges": [charge_line(w, row) for row in charges_of(tx, b.id)], "may_charge": may_charge,
            "card": face(w, may_charge.card) if may_charge.card and money else None, "not_charged": missing_text(w, may_charge.missing),
            "documents": [(one.number, title(w, one.kind, one.number)) for one in of_booking(tx, b.id)],
            "refunds": [_refund(w, row) for row in refunds_of(tx, b.id, rehearse=settings().stripe_test_mode)], "disputes": [(row, line(w, row, tx.now)) for row in disputes_of(tx, b.id)],
            "withdrawals": withdrawals_of(tx, b.id), "waiting": waiting_count(tx, booking_id=b.id), "notes": _notes(tx, b.id),
            "messages": [_message(w, row, b, tx.now) for row in messages_of(tx, b.id)], "history": _history(tx, w, b),
            "policy": policy_lines(w, facts.shown_policy(tx, b), b.starts_at, b.zone, b.currency, original=b.original_starts_at), "link": manage_url(tx, b),
            "left": sum(p.amount - p.refunded for p in payments), "may_cancel": b.holding, "may_move": b.holding, "now": tx.now,
            "decisions": [_decision(w, kind, decision, b) for kind, decision in facts.decisions(b, tx.now).items()]}
    held = None if b.held is None else w.when(datetime.fromisoformat(b.held["starts_at"]), b.held["zone"])
    return visit.show("booking.html", here="bookings", status=status, b=b, buttons=_buttons(w, b, found["now"]), problem=problem, held=held, place=place_of(b),
                      problems=problems or {}, typed=typed or {}, may_money=money, payment=payment_word(w, b),
                      methods=[(name, w.method(name)) for name in ("cash", "external", "gift_card")], **found)


def require(tx: Tx, ref: str) -> BookingSummary:
    """The booking, or Refused not_found: unknown and foreign ones are the same."""
    b = find(tx, known_ref(ref))
    if b is None:
        raise Refused("not_found")
    return b


def payment_word(w: Words, b: Any) -> str:
    """Unpaid, partly paid, paid; and what of it went back (A146)."""
    if b.price == 0 and b.paid == 0:
        return w._("Free")
    if b.owed:
        return w._("Partly refunded, the rest is owed") if b.refunded else w._("Refund owed")
    if b.refunded:
        return w._("Refunded") if b.refunded == b.paid else w._("Partly refunded")
    return w._("Unpaid") if b.paid == 0 else w._("Paid") if b.paid >= b.price else w._("Partly paid")


def _buttons(w: Words, b: BookingSummary, now: datetime) -> list[Button]:
    """The next steps of the day, the most likely first (R28)."""
    if b.status in CLOSED:
        return []
    if b.status == "pending":
        return [Button("approve", w._("Approve"), False)]
    steps = {"confirmed": [("arrive", w._("Check in")), ("ready", w._("Ready to start")), ("complete", w._("Complete")), ("no-show", w._("Missed"))],
             "arrived": [("ready", w._("Ready to start")), ("complete", w._("Complete")), ("no-show", w._("Missed"))],
             "ready_to_start": [("complete", w._("Complete")), ("no-show", w._("Missed"))]}[b.status]
    if now < b.starts_at:
        steps = [step for step in steps if step[0] != "no-show"]
    return [Button(verb, text, number > 0 or verb == "no-show") for number, (verb, text) in enumerate(steps)]


def _decision(w: Words, kind: str, decision: Any, b: BookingSummary) -> str:
    """What the customer may do by themselves now, in a sentence."""
    if decision.allowed and decision.deadline is not None:
        text = w._("The customer can move this until {when}.") if kind == "reschedule" else w._("The customer can cancel this until {when}.")
        return text.format(when=w.when(decision.deadline, b.zone))
    if b.status in CLOSED or b.status in CHECKED_IN:
        return ""
    return w._("The customer can't move this online any more.") if kind == "reschedule" else w._("The customer can't cancel this online any more.")


def _history(tx: Tx, w: Words, b: BookingSummary) -> list[Any]:
    names = trail.names(tx)
    return [history_line(w, entry, names, b.zone, b.currency) for entry in trail.of_booking(tx, b.id)]


def _notes(tx: Tx, booking_id: int) -> list[Note]:
    return [Note(*row) for row in tx.db.execute(select(BookingNote.id, BookingNote.text, User.name, BookingNote.created_at).select_from(
        BookingNote).outerjoin(User, (User.store_id == BookingNote.store_id) & (User.id == BookingNote.user_id)).where(
            BookingNote.store_id == tx.store_id, BookingNote.booking_id == booking_id).order_by(BookingNote.created_at, BookingNote.id))]


def _message(w: Words, m: ListedMessage, b: BookingSummary, now: datetime) -> dict[str, Any]:
    """A line of the messages; `again` where sending it once more makes sense."""
    later = m.state == "due" and not m.attempts and m.due_at > now
    address = b.mail_to if m.channel == "email" else b.text_to
    fresh = m.booking_version == b.version or (m.topic in ("booking_confirmed", "manage_link", "request_received") and b.holding)
    return {"id": m.id, "what": topic(w, m.topic), "to": m.recipient, "channel": w._("SMS") if m.channel == "sms" else w._("E-mail"),
            "state": w._("Planned") if later else message_state(w, m.state, m.attempts, m.delivery), "bad": m.state in ("failed", "unknown"),
            "at": m.sent_at or (m.due_at if later else m.created_at), "error": outside_text(w, m.last_error) if m.last_error and m.state in ("failed", "unknown", "due") else None,
            "kind": {"sent": "plain", "failed": "bad", "unknown": "warn", "due": "pending"}.get(m.state, "plain"),
            "again": m.to_customer and fresh and bool(address) and m.state != "due"}


def _refund(w: Words, r: ListedRefund) -> dict[str, Any]:
    cause = {"cancellation": w._("Cancellation"), "seats": w._("Seats cancelled"), "difference": w._("Price difference"),
             "goodwill": w._("Goodwill"), "dispute": w._("Dispute lost")}[r.cause]
    state = w._("As credit") if r.outcome == "credit" else w._("Won back") if (r.cause, r.state) == ("dispute", "none") else refund_state(w, r.state)
    return {"id": r.id, "cause": cause, "state": state, "code": "plain" if r.state in ("none", "succeeded") else r.state, "amount": r.amount,
            "kept": r.kept, "currency": r.currency, "at": r.settled_at or r.created_at, "waiting": r.waiting, "sends": r.sends, "disputed": r.disputed,
            "parts": [(part.amount, w.method(part.method), w._("Given by hand") if part.by_hand else refund_state(w, part.state))
                      for part in r.each if len(r.each) > 1 or part.by_hand]}

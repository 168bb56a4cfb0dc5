"""Who is told what: snapshots of a change, put in the outbox of the same transaction (I6, R40)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from booking import facts
from booking.cards import card_for, fee_due
from booking.keys import keyed_hash, settings
from booking.links import feedback_path, manage_path, store_origin, unsubscribe_path
from booking.places import place_of
from booking.preferences import CHANNELS, channels_for, kind_of
from booking.rules.quiet_hours import quiet_until
from booking.rules.refund import RefundQuote
from booking.rules.windows import deadline
from booking.store_messages import shop_people
from models import payment_account
from models.access import User
from models.booking_summary import BookingSummary
from models.session import OutboxItem, Tx
from models.statement import Statement, param


_NAMED = Statement(select(User.name).where(User.store_id == param("store"), User.id == param("user")))


def tell_customer(tx: Tx, topic: str, b: BookingSummary, *, old: BookingSummary | None = None, refund: RefundQuote | None = None,
                  once: str = "", only: str | None = None, quietly: bool = False, leaving: dict[str, datetime] | None = None, **extra: Any) -> None:
    """One message over each channel the customer wants (R38). `once` tells repeats apart (a resend), which go by one channel `only`.

    SMS need a sending number of ours and one of theirs: confirmed in the account, or given for the booking. `quietly`: an SMS
    waits for the end of the shop's quiet hours, and is left out when the visit has begun by then (R40). `leaving` says when each
    channel has room again, for what anyone may have typed the address of (I37).
    """
    leaving = leaving or {}
    snapshot = _snapshot(tx, topic, b, old, refund, "customer", b.customer_name or b.contact_name) | extra
    snapshot["locale"] = b.customer_locale or b.store_locale
    if kind_of(topic) != "transactional":
        snapshot["unsubscribe_url"] = snapshot["store"]["origin"] + unsubscribe_path(tx.store_id, b.customer_id, kind_of(topic))
    reached = {"email": b.mail_to, "sms": settings().sms_url and b.text_to}
    channels = channels_for(topic, b.customer_preferences, tuple(channel for channel in CHANNELS if reached[channel]))
    if only is not None:
        channels = tuple(channel for channel in (only,) if reached[channel])
    if "email" in channels:
        _put(tx, topic, "email", reached["email"], b, snapshot, "customer", once, leaving.get("email"))
    if "sms" in channels:
        at = _quiet_until(tx, b) if quietly else leaving.get("sms", tx.now)
        if not quietly or at < b.starts_at or b.starts_at <= tx.now:
            _put(tx, topic, "sms", reached["sms"], b, snapshot, "customer", once, at)


def sample(tx: Tx, topic: str, b: BookingSummary, locale: str) -> dict[str, Any]:
    """What a message about this booking would hold, for a look at its wording: nothing is sent, links lead where they do.

    A move is shown from the day before, a cancellation with what it would give back now.
    """
    day = timedelta(days=1)
    old = b._replace(starts_at=b.starts_at - day, ends_at=b.ends_at - day) if topic == "booking_moved" else b
    refund = None
    if topic == "booking_cancelled":
        refund = facts.quote_cancellation(tx, b) if b.closed_at is None else None
        b = b._replace(status="cancelled")
    snapshot = _snapshot(tx, topic, b, old, refund, "customer", b.customer_name or b.contact_name)
    return snapshot | {"locale": locale, "feedback_url": snapshot["store"]["origin"] + feedback_path(b)}


def tell_staff(tx: Tx, topic: str, b: BookingSummary, *, old: BookingSummary | None = None, told: Collection[str] = (), only: int | None = None,
               **extra: Any) -> None:
    """The staff member, and the one who had it before (R14), each once; `only` one of them. `told`: who has it from `tell_merchant`, which
    says more."""
    people = {b.staff_id: (b.staff_email, b.staff_name)}
    if old is not None and old.staff_id != b.staff_id:
        people[old.staff_id] = (old.staff_email, old.staff_name)
    for staff_id, (email, name) in people.items():
        if email and email.casefold() not in told and only in (None, staff_id):
            _put(tx, topic, "email", email, b, _snapshot(tx, topic, b, old, None, "staff", name) | extra, "staff")


def tell_merchant(tx: Tx, topic: str, b: BookingSummary, *, old: BookingSummary | None = None, refund: RefundQuote | None = None,
                  once: str = "", **extra: Any) -> frozenset[str]:
    """The people of the shop, each in their language. The addresses told: a person of the shop may be the booking's staff member
    too, and hears of it once."""
    people = shop_people(tx, b.store_email, b.store_name)
    for email, name, locale in people:
        snapshot = _snapshot(tx, topic, b, old, refund, "merchant", name) | {"locale": locale or b.store_locale} | extra
        _put(tx, topic, "email", email, b, snapshot, "merchant", once)
    return frozenset(email.casefold() for email, _, _ in people)


def _quiet_until(tx: Tx, b: BookingSummary) -> datetime:
    return quiet_until(tx.now, b.zone, time.fromisoformat(b.store_quiet_from), time.fromisoformat(b.store_quiet_to))


def _put(tx: Tx, topic: str, channel: str, recipient: str, b: BookingSummary, snapshot: dict[str, Any], kind: str, once: str = "",
         due_at: datetime | None = None) -> None:
    address = keyed_hash("recipient", tx.store_id, recipient)[:16]
    tx.outbox(OutboxItem(topic, channel, recipient, f"{topic}:{b.ref}:v{b.version}:{kind}:{address}{once and ':' + once}", snapshot,
                         b.id, b.version, due_at))


def _snapshot(tx: Tx, topic: str, b: BookingSummary, old: BookingSummary | None, refund: RefundQuote | None, kind: str,
              name: str) -> dict[str, Any]:
    """Everything a message says, as it was at the commit. Merchant and staff mails carry no manage link: it is the customer's."""
    change = facts.change_facts(b)
    origin = store_origin(tx, b.store_slug)
    who = tx.actor
    return {
        "topic": topic, "locale": b.store_locale, "at": _iso(tx.now),
        "store": {"name": b.store_name, "slug": b.store_slug, "email": b.store_email, "phone": b.store_phone, "origin": origin,
                  "logo": b.store_logo_url, "accent": b.store_accent, "contact_note": b.store_contact_note},
        "booking": {
            "ref": b.ref, "status": b.status, "version": b.version, "service": b.service_name, "staff": b.staff_name,
            "location": b.location_name, "address": place_of(b).whereabouts, "place": b.location_kind,
            "starts_at": _iso(b.starts_at), "ends_at": _iso(b.ends_at), "zone": b.zone, "original_starts_at": _iso(b.original_starts_at),
            "seats": b.seats, "price": b.price, "paid": b.paid, "refunded": b.refunded, "owed": b.owed, "due": b.due,
            "currency": b.currency, "conflict": b.conflict},
        "old": None if old is None else {"starts_at": _iso(old.starts_at), "ends_at": _iso(old.ends_at), "zone": old.zone,
                                         "staff": old.staff_name, "price": old.price},
        # A move that waits: what the customer has until the shop answers, unless that was given up (R17).
        "held": None if b.held is None else {name: b.held[name] for name in ("starts_at", "zone", "released")},
        "customer": {"name": b.customer_name or b.contact_name} if kind != "customer" else None,
        "manage_url": origin + manage_path(b) if kind == "customer" else None,
        "reschedule_url": origin + manage_path(b, action="reschedule") if kind == "customer" else None,
        "calendar_link": b.store_calendar_link, "card_url": _card_url(tx, b, origin) if kind == "customer" and topic == "booking_confirmed" else None,
        "account_url": f"{origin}/account", "book_url": f"{origin}/book",
        "own_zone": b.told_zone if kind == "customer" and b.told_zone != b.zone else None,
        # The switches, not the windows: a mail is read for weeks, and the page behind its link knows what still goes (A46, A134).
        "can": {"reschedule": change.policy.reschedule_allowed, "cancel": change.policy.cancels_online},
        "deadlines": {verb: _iso(deadline(verb, change)) for verb in ("reschedule", "cancel")},
        "policy": facts.shown_policy(tx, b).to_json(), "refund": None if refund is None else refund.facts(),
        "approval_deadline": _iso(b.approval_deadline) if b.approval_deadline else None,
        "by": "customer" if who.is_customer else "store" if who.is_merchant else "system", "by_name": _actor_name(tx),
        "recipient": {"kind": kind, "name": name},
    }


def _card_url(tx: Tx, b: BookingSummary, origin: str) -> str | None:
    """Where a card can be saved for the booking, when a fee could be due for it and the shop can keep cards (A66, A69)."""
    if not b.holding or not fee_due(b) or card_for(tx, b.id) is not None:
        return None
    account = payment_account.in_use(tx)
    return origin + manage_path(b, panel="payment") if account is not None and account.takes else None


def _actor_name(tx: Tx) -> str | None:
    """Who of the shop did it: messages after a change name them."""
    if tx.actor.kind != "user" or tx.actor.id is None:
        return None
    found = _NAMED.first(tx, user=tx.actor.id)
    return found[0] if found else None


def _iso(instant: datetime) -> str:
    return instant.isoformat()

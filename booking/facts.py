"""From a booking as read to the facts the rules look at."""

from __future__ import annotations

import json
from datetime import datetime
from fractions import Fraction
from functools import lru_cache

from sqlalchemy import select

from booking.rules import refund
from booking.rules.decision import Decision
from booking.rules.policy import Flags, Policy, kinder, resolve_flags
from booking.rules.windows import ChangeFacts, change_decision
from models.booking_list import ListedBooking
from models.booking_summary import BookingSummary
from models.payment import Payment
from models.session import Tx
from models.stored_json import StoredJson


AnyBooking = BookingSummary | ListedBooking


@lru_cache(maxsize=5_000)
def _read(source: bytes) -> Policy:
    return Policy.from_json(json.loads(source))


def read_policy(body: dict) -> Policy:
    """A stored policy; equal texts are read once."""
    return _read(body.source) if isinstance(body, StoredJson) else Policy.from_json(body)


@lru_cache(maxsize=5_000)
def _effective(copied: bytes, present: bytes, switches: Flags) -> Policy:
    return kinder(_read(copied), _read(present)).with_flags(switches)


def flags(b: AnyBooking) -> Flags:
    """The switches in force now (R2)."""
    return resolve_flags(Flags(b.store_reschedule, b.store_cancel), b.service_self_service, b.service_reschedule, b.service_cancel)


def policies(b: AnyBooking) -> tuple[Policy, Policy]:
    """(as copied at booking time, present): refunds take the kinder of the two (R20)."""
    return read_policy(b.policy_copy), read_policy(b.policy_now)


def effective_policy(b: AnyBooking) -> Policy:
    """Windows and limits in force for this booking, switches included."""
    if isinstance(b.policy_copy, StoredJson) and isinstance(b.policy_now, StoredJson):
        return _effective(b.policy_copy.source, b.policy_now.source, flags(b))
    return kinder(*policies(b)).with_flags(flags(b))


def change_facts(b: AnyBooking) -> ChangeFacts:
    return ChangeFacts(b.status, b.starts_at, b.zone, effective_policy(b), b.customer_moves, b.never_approved)


def decisions(b: AnyBooking, now: datetime) -> dict[str, Decision]:
    """What the customer may do now: `reschedule` and `cancel`, each with its reason and deadline."""
    facts = change_facts(b)
    return {kind: change_decision(kind, facts, now) for kind in ("reschedule", "cancel")}


def load_payments(tx: Tx, b: BookingSummary) -> list[refund.Payment]:
    """The booking's payments, oldest first."""
    rows = tx.db.execute(select(Payment.id, Payment.amount, Payment.refunded, Payment.method).where(
        Payment.store_id == tx.store_id, Payment.booking_id == b.id).order_by(Payment.captured_at, Payment.id))
    return [refund.Payment(*row) for row in rows]


def sticky(b: BookingSummary) -> Fraction | None:
    return None if b.sticky_num is None else Fraction(b.sticky_num, b.sticky_den or 1)


def quote_cancellation(tx: Tx, b: BookingSummary, *, seats: int | None = None) -> refund.RefundQuote:
    """What the customer gets back for cancelling now; a request never approved comes back in full (R29)."""
    payments = load_payments(tx, b)
    if b.status == "pending" and b.never_approved:
        return refund.merchant_quote("full", payments, b.currency, policies(b)[1].refund_mode, seats=seats or b.seats, of_seats=b.seats)
    return refund.quote(policies(b), b.starts_at, b.zone, tx.now, payments, b.currency, sticky=sticky(b),
                        seats=seats or b.seats, of_seats=b.seats)

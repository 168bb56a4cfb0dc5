"""From a booking as read to the facts the rules look at."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Boolean, and_, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from booking.keys import settings
from booking.rules import refund, terms, windows
from booking.rules.decision import Decision
from booking.rules.durations import Notice
from booking.rules.outlook import tiers_for
from booking.rules.policy import Flags, Policy, Tier, kinder, resolve_flags
from booking.rules.refunds_together import with_given
from booking.rules.windows import ChangeFacts, change_decision
from models.booking_list import ListedBooking
from models.booking_summary import BookingSummary
from models.dispute import blocked
from models.payment import Payment
from models.payment_account import through_provider
from models.refund import Credit, CreditUse, Refund
from models.session import Tx
from models.statement import Statement, param
from models.stored_json import StoredJson


AnyBooking = BookingSummary | ListedBooking


@lru_cache(maxsize=5_000)
def _read(source: bytes) -> Policy:
    return Policy.from_json(json.loads(source))


def read_policy(body: dict) -> Policy:
    """A stored policy; equal texts are read once."""
    return _read(body.source) if isinstance(body, StoredJson) else Policy.from_json(body)


@lru_cache(maxsize=5_000)
def _effective(copied: bytes, present: bytes, *switches: Any) -> Policy:
    return kinder(_read(copied), _read(present)).with_time_to_answer().with_flags(_flags(*switches))


def _flags(store_reschedule: bool, store_cancel: bool, self_service: str, reschedule: str, cancel: str) -> Flags:
    return resolve_flags(Flags(store_reschedule, store_cancel), self_service, reschedule, cancel)


def policies(b: AnyBooking) -> tuple[Policy, Policy]:
    """(as copied at booking time, present): refunds take the kinder of the two (R20)."""
    return read_policy(b.policy_copy), read_policy(b.policy_now)


def fee(b: BookingSummary) -> int:
    """The cancellation fee: the one agreed to, or a lower one since (R20, R22)."""
    return min(policy.fee for policy in policies(b))


def effective_policy(b: AnyBooking) -> Policy:
    """Windows and limits in force for this booking, switches and the shop's time to answer included."""
    copied, present = b.policy_copy, b.policy_now
    switches = (b.store_reschedule, b.store_cancel, b.service_self_service, b.service_reschedule, b.service_cancel)  # in force now (R2)
    if isinstance(copied, StoredJson) and isinstance(present, StoredJson):
        return _effective(copied.source, present.source, *switches)
    return kinder(*policies(b)).with_time_to_answer().with_flags(_flags(*switches))


def shown_policy(tx: Tx, b: BookingSummary) -> Policy:
    """The policy as it is told: the effective one, with what cancelling gives back of this booking's money at each moment. Seats that
    have left took their part of a fixed amount and of the fee with them (R25, R30)."""
    effective, copied_and_present, marked = effective_policy(b), policies(b), sticky(b)
    money = _money_of_seats(tx, b, copied_and_present)
    dropped = refund.NOBODY_LEFT if money is None else money.dropped
    left = b.paid - b.refunded - b.owed if money is None else sum(payment.left for payment in money.payments)
    if dropped != refund.NOBODY_LEFT and (part := left - dropped.kept) > 0:
        party = left + dropped.back
        return replace(effective, tiers=tiers_for(copied_and_present, b.starts_at, b.zone, party, marked, part),
                       fee=refund.fee_of_seats(copied_and_present, part, party, dropped))
    if marked is None and copied_and_present[0] == copied_and_present[1]:
        return effective
    return replace(effective, tiers=tiers_for(copied_and_present, b.starts_at, b.zone, left or b.price, marked), fee=fee(b))


def _money_of_seats(tx: Tx, b: BookingSummary, either: Iterable[Policy]) -> Money | None:
    """The money, where something is reckoned by what of it went with seats that left: of a party that has paid, under a fixed amount or a
    fee. What came back as credit has left it too."""
    fixed = any(policy.fee or any(tier.amount is not None for tier in policy.tiers) for policy in either)
    return load_money(tx, b) if fixed and b.paid and b.session_id is not None else None


def policy_meanwhile(tx: Tx, b: BookingSummary) -> Policy:
    """`shown_policy`, but of a request never approved what holds until the shop has answered: it may be moved and withdrawn without
    terms (R29)."""
    if not never_approved(b):
        return shown_policy(tx, b)
    return replace(effective_policy(b), cancel_allowed=True, cancel_notice=Notice(), reschedule_notice=Notice(), tiers=(Tier(None, "full"),), fee=0)


def change_facts(b: AnyBooking) -> ChangeFacts:
    return ChangeFacts(b.status, b.starts_at, b.zone, effective_policy(b), b.customer_moves, b.never_approved)


def decisions(b: AnyBooking, now: datetime) -> dict[str, Decision]:
    """What the customer may do now: `reschedule` and `cancel`, each with its reason and deadline."""
    facts = change_facts(b)
    return {kind: change_decision(kind, facts, now) for kind in ("reschedule", "cancel")}


def may_change(b: AnyBooking, now: datetime) -> tuple[bool, bool, bool]:
    """Whether the customer may move it now, cancel it, or book anew instead of cancelling: `decisions` without the reasons."""
    return windows.may_change(change_facts(b), now)


CREDIT_AT_LEAST = timedelta(days=30)
"""Credit that comes back keeps the end it had, but never less than this (R21)."""


# What is kept of seats that left, and what the shop gave back as goodwill since, in the order it happened.
_LEFT = select(func.jsonb_agg(aggregate_order_by(
    func.jsonb_build_array(Refund.cause, Refund.kept, Refund.amount), Refund.created_at, Refund.cause.desc()))).where(
    Refund.store_id == param("store"), Refund.booking_id == param("booking"), or_(Refund.cause == "seats", Refund.cause == "goodwill")).scalar_subquery()
_MONEY: Statement = Statement(select(
    Payment.id, Payment.amount, Payment.refunded, Payment.method, blocked(), through_provider(param("rehearse", Boolean())), _LEFT,
).where(Payment.store_id == param("store"), Payment.booking_id == param("booking")).order_by(Payment.captured_at, Payment.id))


class Money(NamedTuple):
    """A booking's payments, oldest first, and what of them belongs to seats that left its party before."""

    payments: list[refund.Payment]
    dropped: refund.Dropped


def load_money(tx: Tx, b: BookingSummary) -> Money:
    """Payments by credit come with the end it will have when it comes back."""
    rows = _MONEY.rows(tx, booking=b.id, rehearse=settings().stripe_test_mode)
    ends = _credit_ends(tx, [row[0] for row in rows if row[3] == "credit"])
    return Money([refund.Payment(*row[:4], ends.get(row[0]), row[4], row[5]) for row in rows], _dropped(rows[0][6] or () if rows else ()))


def _dropped(refunds: Iterable[tuple[str, int, int]]) -> refund.Dropped:
    """Goodwill is first of what is kept of the seats that have left by then (D26b); what is more is of the others' money."""
    all_kept = back = 0
    for cause, kept, amount in refunds:
        if cause == "seats":
            all_kept, back = all_kept + kept, back + amount
        else:
            all_kept = max(0, all_kept - amount)
    return refund.Dropped(all_kept, back)


def load_payments(tx: Tx, b: BookingSummary) -> list[refund.Payment]:
    return load_money(tx, b).payments


def _credit_ends(tx: Tx, payment_ids: list[int]) -> dict[int, datetime]:
    """By payment: the latest end of the credit it used. Payments whose credit has no end are left out."""
    if not payment_ids:
        return {}
    rows = tx.db.execute(select(
        CreditUse.payment_id, func.max(Credit.expires_at), func.bool_or(Credit.expires_at.is_(None)),
    ).join(Credit, and_(Credit.store_id == CreditUse.store_id, Credit.id == CreditUse.credit_id)).where(
        CreditUse.store_id == tx.store_id, CreditUse.payment_id.in_(payment_ids)).group_by(CreditUse.payment_id))
    return {payment_id: max(end, tx.now + CREDIT_AT_LEAST) for payment_id, end, endless in rows if not endless}


def sticky(b: BookingSummary) -> terms.Terms | None:
    """What earlier moves by the customer have left of the refund (R33)."""
    return None if b.sticky_num is None else terms.Terms(Fraction(b.sticky_num, b.sticky_den or 1), b.sticky_credit)


def sticky_marks(left: terms.Terms | None) -> dict[str, Any]:
    """The columns that say so."""
    num, den = (None, None) if left is None else left.share.as_integer_ratio()
    return {"sticky_num": num, "sticky_den": den, "sticky_credit": left is not None and left.credit}


def covered(b: BookingSummary) -> int:
    """What of the price is paid. While a move waits for the shop, of the price before it, and what was paid since (R17, R26)."""
    held = b.held
    if held is None:
        return b.price - b.due
    return held["price"] - held.get("due", b.due) + b.paid - held.get("paid", b.paid)


def never_approved(b: BookingSummary) -> bool:
    """Whether it is a request the shop has not answered yet: it moves and ends without any terms (R29)."""
    return b.status == "pending" and b.never_approved


def terms_now(tx: Tx, b: BookingSummary) -> terms.Terms:
    """What a move made now leaves of the refund (R33). Of what is not paid yet, a fixed amount is a part of the price."""
    if never_approved(b):
        return terms.FULL
    return terms.terms_now(policies(b), b.starts_at, b.zone, tx.now, b.paid or b.price)


def may_keep_as_credit(b: BookingSummary) -> bool:
    """Whether the customer may choose credit instead of money (R21, D26g)."""
    return any(policy.credit_choice for policy in policies(b))


def quote_cancellation(tx: Tx, b: BookingSummary, *, seats: int | None = None, as_credit: bool = False) -> refund.RefundQuote:
    """What the customer gets back for cancelling now; a request never approved comes back in full (R29)."""
    if never_approved(b):
        return quote_by_shop(tx, b, "full", seats=seats)
    money = load_money(tx, b)
    return credited_where(tx, b, money.payments, quote_with(b, money, tx.now, sticky(b), seats=seats, as_credit=as_credit))


def quote_with(b: BookingSummary, money: Money, now: datetime, left: refund.Terms | None, *, seats: int | None = None,
               as_credit: bool = False) -> refund.RefundQuote:
    """The same by the policies alone, of this money; `left` is what moves have left of the refund (R33). Where credit would be kept it
    does not know."""
    return refund.quote(policies(b), b.starts_at, b.zone, now, money.payments, b.currency, sticky=left, seats=seats or b.seats,
                        of_seats=b.seats, dropped=money.dropped, as_credit=as_credit and may_keep_as_credit(b), credit_days=b.store_credit_days)


def credited_where(tx: Tx, b: BookingSummary, payments: list[refund.Payment], quote: refund.RefundQuote) -> refund.RefundQuote:
    return replace(quote, at_shop=_lives_at_shop(tx, b, payments, quote))


def quote_by_shop(tx: Tx, b: BookingSummary, choice: str | int, *, seats: int | None = None) -> refund.RefundQuote:
    """What comes back when the shop says how much: `full`, `none` or an amount in minor units."""
    payments, dropped = load_money(tx, b)
    return refund.merchant_quote(choice, payments, b.currency, policies(b)[1].refund_mode, seats=seats or b.seats, of_seats=b.seats,
                                 dropped=dropped, zone=b.zone)


def quote_of_order(tx: Tx, b: BookingSummary, payment_id: int, amount: int, *, seats: int) -> refund.RefundQuote:
    """What comes back when the order it came with has ended, and gave back `amount` of its payment (R43)."""
    payments, dropped = load_money(tx, b)
    return with_given(payment_id, amount, payments, b.currency, policies(b)[1].refund_mode, seats=seats, of_seats=b.seats, zone=b.zone, dropped=dropped)


def _lives_at_shop(tx: Tx, b: BookingSummary, payments: list[refund.Payment], quote: refund.RefundQuote) -> bool:
    """Whether all the credit becomes the online shop's own: the money came with an order there, and the shop can take it (R23)."""
    ends = dict(quote.credited)
    methods = {payment.method for payment in payments if payment.id in ends}
    return methods == {"shopify"} and tx.db.execute(select(func.shopify_takes_credit(b.customer_id))).scalar_one()

"""Paying once for bookings that move together to dearer times, the parts of a visit or dates of a series (R26, R31, R32).

All new times are kept meanwhile. With the payment all of them move, each with its own part of the money, or none does and the payment
goes back whole (`pay_difference.return_difference`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from booking import limits
from booking.actions.action import Done, action
from booking.actions.deposit import PAY_WITHIN
from booking.actions.difference import to_collect
from booking.actions.intents import OpenIntent, close, write_intent
from booking.actions.kept_time import keep_time, keeper
from booking.actions.planned_move import LONGEST_REASON
from booking.actions.planned_together import MoveTogether, plan_together
from booking.actions.reschedule_series import PaidTogether, reschedule_series
from booking.actions.visits import WHOLE, reschedule_visit
from booking.rules.decision import Refused
from models import payment_account
from models.booking_summary import BookingSummary
from models.session import Tx


@action
def begin_difference_together(tx: Tx, ref: str, chosen: MoveTogether, *, version: int, price: int, pays: int, browser: str, reason: str = "") -> Done:
    """Keep the new times and write down the move that is to be paid for. `facts`, `pays` and refusals are those of `begin_difference`;
    `price` and `pays` are of all that move."""
    plan, account = plan_together(tx, ref, chosen, version=version, price=price, reason=reason), payment_account.in_use(tx)
    b, moving = plan.this, [one.booking for one in plan.moves]
    prices = [one.values["price"] for one in plan.moves]
    # Of one that goes back to the time it had nothing is paid, whatever that time would cost anew.
    shares = to_collect(tx, moving, prices)
    if account is None or not sum(shares) or sum(shares) != pays:
        raise Refused("quote_changed", kind="price", price=price, currency=b.currency)
    limits.count(tx, "difference", str(b.id), (20, limits.HOUR))
    lasts = min(PAY_WITHIN, plan.until - tx.now)
    intent_id, secret = write_intent(
        tx, "difference", browser=browser, lasts=lasts, account_id=account.id, customer_id=b.customer_id, booking_id=b.id, amount=pays,
        currency=b.currency, facts={
            "scope": chosen.scope, "starts_at": chosen.starts_at.isoformat(), "staff_id": None if chosen.staff_id is None else str(chosen.staff_id),
            "without": sorted(chosen.without), "versions": {one.ref: one.version for one in (*moving, *plan.back)},
            "shares": {one.ref: share for one, share in zip(moving, shares, strict=True)},
            "to": {one.booking.ref: one.chosen.starts_at.isoformat() for one in plan.moves},
            "price": price, "move_reason": reason.strip()[:LONGEST_REASON], "by_link": tx.actor.kind == "link"})
    for one in plan.moves:
        keep_time(tx, one.booking, one.offer, one.chosen, keeper(intent_id), tx.now + lasts, plan.own)
    tx.audit("begin_difference", booking_id=b.id, amount=pays, intent=str(intent_id), scope=chosen.scope)
    return Done(b, facts={"intent_id": intent_id, "secret": secret, "account_id": account.id, "amount": pays, "currency": b.currency})


def move_together(tx: Tx, intent: OpenIntent, ref: str, rows: Iterable[BookingSummary], reference: str, amount: int, kept: bool) -> Done:
    """The money is there: all of them move, once. `rows` are the bookings as they are now, locked; Refused where one is not as it was."""
    asked = intent.facts
    if not same(intent, rows):
        raise Refused("stale")
    paid = PaidTogether(asked["shares"], reference, kept)
    if paid.amount != amount:
        raise Refused("quote_changed", kind="price", price=asked["price"], currency=intent.currency)
    verb, more = (reschedule_visit, {}) if asked["scope"] == WHOLE else (reschedule_series, {
        "scope": asked["scope"], "expect": set(asked["versions"]), "without": set(asked["without"]),
        "staff_id": None if asked["staff_id"] is None else int(asked["staff_id"])})
    done = verb.within(tx, ref, starts_at=datetime.fromisoformat(asked["starts_at"]), price=asked["price"], reason=asked["move_reason"],
                       paid=paid, **more)
    if {b.ref for b in done.bookings} != set(asked["versions"]):  # one belongs to another customer by now
        raise Refused("stale")
    close(tx, intent, "succeeded")
    for b in done.bookings:
        if asked["shares"].get(b.ref):
            tx.audit("take_difference", booking_id=b.id, amount=asked["shares"][b.ref], intent=str(intent.id))
    return done


def same(intent: OpenIntent, rows: Iterable[BookingSummary]) -> bool:
    """Whether all that was to be moved is still as its customer saw it (I9)."""
    versions = intent.facts["versions"]
    return {b.ref: b.version for b in rows if b.holding and b.ref in versions} == versions

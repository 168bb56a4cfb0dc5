"""Paying the difference to a dearer time before the booking moves there: the new time is kept meanwhile, the old one stays (R26, I8, I16).
`pay_together` begins and makes the move of several; how such a payment ends is here.

The move is made when the money is there, once, by all the rules of that moment. Where it cannot be made any more, nothing moves and the
payment goes back whole, as a refund of the booking like any other (R24).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update

from booking import facts, limits, notices
from booking.actions.action import Done, action
from booking.actions.changing import reread, settle
from booking.actions.create_booking import take
from booking.actions.deposit import PAY_WITHIN
from booking.actions.intents import OpenIntent, close, find_intent, write_intent
from booking.actions.kept_time import keep_time, keeper
from booking.actions.pay_together import move_together
from booking.actions.planned_move import Paid, Planned, plan_move
from booking.actions.reschedule_booking import reschedule_booking
from booking.rules.decision import Refused
from booking.rules.refund import given_back
from booking.rules.windows import deadline
from booking.visiting import places_of
from models import payment_account
from models.actor import Actor
from models.booking import Booking
from models.booking_summary import BookingSummary, find_by_id, lock_many
from models.hold import Hold
from models.payment import Payment
from models.session import Tx


@action
def begin_difference(tx: Tx, ref: str, *, starts_at: datetime, staff_id: int | None, version: int, price: int, pays: int, browser: str,
                     reason: str = "") -> Done:
    """Keep the new time and write down the move that is to be paid for. `facts`: intent_id, secret of its page, account_id, amount, currency.

    `pays` is what the customer saw they pay by card; any other sum is refused: quote_changed (I18). Refused like the move itself too.
    """
    plan = plan_move(tx, ref, starts_at=starts_at, staff_id=staff_id, version=version, price=price, reason=reason)
    account = payment_account.in_use(tx)
    if plan is None or account is None or not plan.collect or plan.collect != pays:
        seen = tx.subject if plan is None else plan.booking._replace(price=plan.values["price"])
        raise Refused("quote_changed", kind="price", price=seen.price, currency=seen.currency)
    b = plan.booking
    limits.count(tx, "difference", str(b.id), (20, limits.HOUR))
    lasts = min(PAY_WITHIN, _latest(plan) - tx.now)
    intent_id, secret = write_intent(
        tx, "difference", browser=browser, lasts=lasts, account_id=account.id, customer_id=b.customer_id, booking_id=b.id, amount=plan.collect,
        currency=b.currency, facts={"starts_at": plan.chosen.starts_at.isoformat(), "staff_id": str(plan.chosen.staff.id), "version": b.version,
                                    "price": price, "move_reason": plan.reason, "by_link": tx.actor.kind == "link"})
    keep_time(tx, b, plan.offer, plan.chosen, keeper(intent_id), tx.now + lasts, places_of(tx, [b]))
    tx.audit("begin_difference", booking_id=b.id, amount=plan.collect, intent=str(intent_id))
    return Done(b, facts={"intent_id": intent_id, "secret": secret, "account_id": account.id, "amount": plan.collect, "currency": b.currency})


@action
def move_paid(tx: Tx, intent_id: int, reference: str, amount: int) -> Done:
    """The money is there: move the booking as its customer asked, and those that go with it, once. Raises Refused when that is no longer
    possible, or one of them has changed since it was asked (I9)."""
    intent, ref, rows = _locked(tx, intent_id)
    if intent is None or intent.state != "open":
        return Done()
    tx.actor = _who(intent)
    asked = intent.facts
    kept = intent.expires_at is not None and intent.expires_at > tx.now
    if "scope" in asked:
        return move_together(tx, intent, ref, rows, reference, amount, kept)
    b = reschedule_booking.within(tx, ref, starts_at=datetime.fromisoformat(asked["starts_at"]), staff_id=int(asked["staff_id"]),
                                  version=asked["version"], price=asked["price"], reason=asked["move_reason"] or "", paid=Paid(amount, reference, kept)).booking
    close(tx, intent, "succeeded", payment_id=_payment(tx, reference))
    tx.audit("take_difference", booking_id=b.id, amount=amount, intent=str(intent_id))
    return Done(b)


@action
def return_difference(tx: Tx, intent_id: int, why: str, reference: str, amount: int) -> Done:
    """Paid, but the move cannot be made any more: all of it goes back by itself, and the customer and the shop are told."""
    intent, _, _ = _locked(tx, intent_id)
    if intent is None or intent.state != "open":
        return Done()
    assert intent.booking_id is not None
    was = find_by_id(tx, intent.booking_id)
    assert was is not None
    tx.db.execute(delete(Hold).where(Hold.store_id == tx.store_id, Hold.owner == keeper(intent_id)))
    take(tx, was, [{"amount": amount, "method": "card", "provider_ref": reference}])
    payment_id = _payment(tx, reference)
    close(tx, intent, "returned", error=why, payment_id=payment_id)
    _as_if_never_paid(tx, was, amount)
    b = reread(tx, was)
    mine = [payment for payment in facts.load_payments(tx, b) if payment.id == payment_id]
    quote = given_back(amount, mine, b.currency, "automatic", b.zone)
    refund_id = settle(tx, b, quote, "difference")
    b = reread(tx, b)
    returned = {"amount": amount, "starts_at": intent.facts["starts_at"], "zone": b.zone, "several": len(intent.facts.get("versions", ())) > 1}
    notices.tell_customer(tx, "payment_returned", b, once=str(intent_id), returned=returned)
    notices.tell_merchant(tx, "merchant_payment_returned", b, once=str(intent_id), returned=returned)
    tx.audit("return_difference", booking_id=b.id, amount=amount, intent=str(intent_id), code=why, refund_id=refund_id, quote=quote.facts())
    return Done(b, quote)


def _latest(plan: Planned) -> datetime:
    """Until when the move may be made: by the shop's notice, and of one that will wait while the shop can still answer (R10, R17)."""
    last = min(deadline("reschedule", facts.change_facts(plan.booking)), plan.booking.starts_at, plan.chosen.starts_at)
    return min(last, plan.values.get("approval_deadline") or last)


def _as_if_never_paid(tx: Tx, was: BookingSummary, amount: int) -> None:
    """What is due, and what a waiting move goes back to, do not follow a payment that goes back at once; like payments no new version."""
    values: dict[str, Any] = {"due": was.due}
    if was.held is not None and "paid" in was.held:
        values["held"] = was.held | {"paid": was.held["paid"] + amount}
    tx.db.execute(update(Booking).where(Booking.store_id == tx.store_id, Booking.id == was.id).values(**values))


def _locked(tx: Tx, intent_id: int) -> tuple[OpenIntent | None, str, list[BookingSummary]]:
    """The intent, its booking's reference, and the bookings that are to move with it; these are locked first, as by every change of them."""
    seen = find_intent(tx, intent_id)
    if seen is None or seen.booking_id is None:
        return None, "", []
    rows = lock_many(tx, or_(Booking.id == seen.booking_id, Booking.ref.in_(seen.facts.get("versions", ()))))
    return find_intent(tx, intent_id, lock=True), next(b.ref for b in rows if b.id == seen.booking_id), rows


def _who(intent: OpenIntent) -> Actor:
    """Who asked for it (R41): the provider's word comes by a webhook as often as by their page."""
    return Actor("link", "link", intent.booking_id) if intent.facts["by_link"] else Actor("customer", "account", intent.customer_id)


def _payment(tx: Tx, reference: str) -> Any:
    return tx.db.execute(select(Payment.id).where(Payment.store_id == tx.store_id, Payment.provider_ref == reference)).scalar_one()

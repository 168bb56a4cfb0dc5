"""What is paid in the page while a time is held: deposits, and the difference to a dearer time. What comes too late goes back (I11, I16)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.actions.deposit import begin_deposit, book_paid, deposit_not_returned, deposit_returned, return_deposit
from booking.actions.hold_slot import release_hold
from booking.actions.intents import OpenIntent, find_intent, give_up_intent, intent_by_reference, name_intent, note_trouble
from booking.actions.kept_time import keeper
from booking.actions.pay_difference import begin_difference, move_paid, return_difference
from booking.actions.pay_for_seat import begin_seat_deposit
from booking.actions.pay_together import begin_difference_together
from booking.actions.people import Person
from booking.actions.planned_together import MoveTogether
from booking.rules.decision import Refused
from gateways.stripe.amounts import from_stripe
from gateways.stripe.client import GONE, Account, account_by_id
from gateways.stripe.errors import Trouble, Wrong
from models.actor import SYSTEM, Actor
from models.session import reading


def begin(store_id: int, by: Actor, *, service_id: int, starts_at: datetime, staff_id: int | None, seats: int, person: Person | None,
          customer_id: int | None, notes: str, owner: str, agreed: bool,
          delivery_address: str | None = None) -> str:
    """Hold the time and begin the payment; the secret of the page where it is made. Raises Refused, or Trouble without effect."""
    begun = begin_deposit(store_id, by, service_id=service_id, starts_at=starts_at, staff_id=staff_id, seats=seats, person=person,
                          customer_id=customer_id, notes=notes, owner=owner, agreed=agreed, delivery_address=delivery_address).facts
    try:
        return _ask(store_id, begun)
    except Trouble:
        release_hold(store_id, SYSTEM, owner)
        raise


def begin_seat(store_id: int, by: Actor, entry_id: int, offer_id: int, *, browser: str, agreed: bool) -> str:
    """The same for a place held for someone who waited; without Stripe's answer it stays held as it was."""
    return _ask(store_id, begin_seat_deposit(store_id, by, entry_id, offer_id, browser=browser, agreed=agreed).facts)


def begin_move(store_id: int, by: Actor, ref: str, *, starts_at: datetime, staff_id: int | None, version: int, price: int, pays: int,
               browser: str, reason: str = "") -> str:
    """The same for a booking that moves when the difference is paid; without Stripe's answer its new time is free again."""
    return _ask_for_move(store_id, begin_difference(store_id, by, ref, starts_at=starts_at, staff_id=staff_id, version=version, price=price,
                                                    pays=pays, browser=browser, reason=reason).facts)


def begin_move_together(store_id: int, by: Actor, ref: str, chosen: MoveTogether, *, version: int, price: int, pays: int, browser: str,
                        reason: str = "") -> str:
    """The same for several that move with one payment."""
    return _ask_for_move(store_id, begin_difference_together(store_id, by, ref, chosen, version=version, price=price, pays=pays, browser=browser,
                                                             reason=reason).facts)


def _ask_for_move(store_id: int, begun: dict[str, Any]) -> str:
    try:
        return _ask(store_id, begun)
    except Trouble:
        release_hold(store_id, SYSTEM, keeper(begun["intent_id"]))
        raise


def _ask(store_id: int, begun: dict[str, Any]) -> str:
    intent_id = begun["intent_id"]
    with reading(store_id) as tx:
        gate = account_by_id(tx, begun["account_id"]).stripe
    try:
        payment = gate.make_payment(begun["amount"], begun["currency"], str(intent_id), f"deposit-{intent_id}")
    except Trouble as trouble:
        give_up_intent(store_id, SYSTEM, intent_id, "failed", trouble.code)
        raise
    name_intent(store_id, SYSTEM, intent_id, payment["id"], payment["client_secret"])
    return begun["secret"]


def look(store_id: int, intent: OpenIntent, account: Account, reference: str, over: bool) -> None:
    """See what became of the payment, and act on it: what was paid for, or the money back."""
    payment = account.stripe.payment(reference)
    if payment["status"] == "succeeded":
        _paid(store_id, intent, payment["id"], from_stripe(payment["amount_received"], payment["currency"]))
    elif payment["status"] == "canceled":
        _gave_up(store_id, intent)
    elif over and payment["status"] != "processing":
        account.stripe.cancel_payment(payment["id"])
        _gave_up(store_id, intent, "expired")
    elif payment.get("last_payment_error"):
        note_trouble(store_id, SYSTEM, intent.id, payment["last_payment_error"].get("code") or "card_error")


def _paid(store_id: int, intent: OpenIntent, reference: str, amount: int) -> None:
    differs = intent.kind == "difference"
    try:
        (move_paid if differs else book_paid)(store_id, SYSTEM, intent.id, reference, amount)
    except Refused as refused:
        if differs:
            return_difference(store_id, SYSTEM, intent.id, refused.code, reference, amount)
        else:
            return_deposit(store_id, SYSTEM, intent.id, refused.code)


def _gave_up(store_id: int, intent: OpenIntent, error: str | None = None) -> None:
    give_up_intent(store_id, SYSTEM, intent.id, "cancelled", error)
    if intent.kind == "difference":
        release_hold(store_id, SYSTEM, keeper(intent.id))


def give_back(store_id: int, intent_id: int) -> None:
    """Refund a payment that found its time taken: once, found again by what we wrote on it."""
    with reading(store_id) as tx:
        intent = find_intent(tx, intent_id)
        account = account_by_id(tx, intent.account_id) if intent else None
    if intent is None or account is None or intent.state != "attention" or intent.provider_ref is None:
        return
    made = next((refund for refund in account.stripe.refunds_of(intent.provider_ref) if refund["status"] not in GONE), None)
    if made is None:
        try:
            made = account.stripe.make_refund(
                intent.provider_ref, intent.amount, intent.currency or "", f"intent:{intent_id}", 1, f"return-{intent_id}")
        except Wrong as wrong:
            if wrong.code != "charge_already_refunded":
                raise
    deposit_returned(store_id, SYSTEM, intent_id, made["id"] if made else None)


def hear(store_id: int, refund: dict[str, Any]) -> None:
    """What became of a payment that went back without ever having a booking: Stripe may take the refund, and the bank send it back."""
    payment = refund["payment_intent"]
    with reading(store_id) as tx:
        intent_id = intent_by_reference(tx, payment) if isinstance(payment, str) else None
        intent = find_intent(tx, intent_id) if intent_id is not None else None
    if intent is None or intent.kind != "deposit" or intent.booking_id is not None:
        return
    if refund["status"] in GONE:
        deposit_not_returned(store_id, SYSTEM, intent.id, refund["id"], refund.get("failure_reason") or refund["status"])
    elif from_stripe(refund["amount"], refund["currency"]) >= intent.amount:
        deposit_returned(store_id, SYSTEM, intent.id, refund["id"])

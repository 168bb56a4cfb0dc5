"""Paying for a time while it is held: the booking is made when the money is there, never before (I11, I16, A146)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from booking import limits
from booking.actions.action import Done, action
from booking.actions.claim_earlier_slot import claim_seat
from booking.actions.create_booking import create_booking
from booking.actions.hold_slot import hold_slot, keep_longer
from booking.actions.intents import OpenIntent, close, find_intent, write_intent
from booking.actions.people import Person, check
from booking.deposits import deposit_of
from booking.keys import keyed_hash
from booking.links import store_origin
from booking.offers import find_offer
from booking.rules.decision import Refused
from booking.store_messages import tell_shop
from models import payment_account
from models.actor import Actor
from models.booking_summary import BookingSummary
from models.customer import Customer
from models.intent import Intent
from models.payment import Payment
from models.session import OutboxItem, Tx
from models.store import Store

PAY_WITHIN = timedelta(minutes=20)
MOST_OPEN = 5
WORKERS_FOLLOW = timedelta(minutes=30)
"""Until when a message of a new kind is not sent: a worker of the release before would take it for one that cannot be made."""


@action
def begin_deposit(tx: Tx, *, service_id: int, starts_at: datetime, staff_id: int | None, seats: int, person: Person | None,
                  customer_id: int | None, notes: str, owner: str, agreed: bool,
                  delivery_address: str | None = None) -> Done:
    """Hold the time for 20 minutes and write down what is to be booked, once the terms are accepted (A156). `facts`: intent_id, secret of
    its page, account_id, amount, currency."""
    if not agreed:
        raise Refused("invalid", errors=[{"field": "agree", "problem": "is missing"}])
    if delivery_address is not None and not delivery_address.strip():
        raise Refused("invalid", errors=[{"field": "delivery_address", "problem": "is missing"}])
    account, offer = payment_account.in_use(tx), find_offer(tx, service_id)
    if account is None or not account.takes or offer is None:
        raise Refused("not_allowed", kind="book")
    if person is not None:
        check(person)
    limits.count(tx, "deposit", owner, (20, limits.HOUR))
    still = tx.db.execute(select(func.count()).select_from(Intent).where(
        Intent.store_id == tx.store_id, Intent.kind == "deposit", Intent.state == "open", Intent.facts["browser"].astext == owner)).scalar_one()
    if still >= MOST_OPEN:
        raise Refused("limit_reached", limit=MOST_OPEN)
    held = hold_slot.within(tx, service_id=service_id, starts_at=starts_at, owner=owner, staff_id=staff_id, seats=seats)
    keep_longer(tx, held.facts["hold_id"], tx.now + PAY_WITHIN)
    amount = deposit_of(offer, seats)
    intent_id, secret = write_intent(
        tx, "deposit", browser=owner, lasts=PAY_WITHIN, account_id=account.id, customer_id=customer_id, amount=amount, currency=offer.currency,
        facts={"service_id": str(service_id), "starts_at": starts_at.isoformat(), "staff_id": str(held.facts["staff_id"]), "seats": seats,
               "notes": notes, "delivery_address": delivery_address, "browser": owner, "person": None if person is None else {
                   "name": person.name, "email": person.email, "phone": person.phone, "locale": person.locale}})
    tx.audit("begin_deposit", subject="intent", subject_id=intent_id, amount=amount, agreed=agreed)
    return Done(facts={"intent_id": intent_id, "secret": secret, "account_id": account.id, "amount": amount, "currency": offer.currency})


@action
def book_paid(tx: Tx, intent_id: int, reference: str, amount: int) -> Done:
    """The money is there: make the booking with it, once. Raises Refused when the time is no longer to be had."""
    intent = find_intent(tx, intent_id, lock=True)
    if intent is None or intent.state != "open":
        return Done()
    draft, payments = intent.facts, [{"amount": amount, "method": "card", "provider_ref": reference}]
    if "offer" in draft:
        tx.actor = Actor("link", "link", int(draft["entry"]))
        b = claim_seat(tx, int(draft["entry"]), int(draft["offer"]), payments)
        return _booked(tx, intent, b, amount)
    tx.actor = Actor("customer", "account", intent.customer_id)
    b = create_booking.within(
        tx, service_id=int(draft["service_id"]), starts_at=datetime.fromisoformat(draft["starts_at"]), staff_id=int(draft["staff_id"]),
        seats=draft["seats"], customer_id=intent.customer_id, person=_person(draft), hold=draft["browser"], notes=draft["notes"], delivery_address=draft.get("delivery_address"),
        payments=payments).booking
    assert b is not None
    return _booked(tx, intent, b, amount)


def _booked(tx: Tx, intent: OpenIntent, b: BookingSummary, amount: int) -> Done:
    payment_id = tx.db.execute(select(Payment.id).where(Payment.store_id == tx.store_id, Payment.booking_id == b.id)).scalar_one()
    close(tx, intent, "succeeded", booking_id=b.id, payment_id=payment_id)
    tx.audit("take_deposit", booking_id=b.id, amount=amount, intent=intent.id)
    return Done(b)


@action
def return_deposit(tx: Tx, intent_id: int, why: str) -> Done:
    """Paid, but the time is gone: all of it goes back, and the customer is told (I11)."""
    intent = find_intent(tx, intent_id, lock=True)
    if intent is None or intent.state != "open":
        return Done()
    close(tx, intent, "attention", error=why)
    tx.outbox(OutboxItem("return_deposit", "stripe", str(intent_id), f"return:{intent_id}", {"intent_id": str(intent_id)}))
    _tell(tx, intent.id, intent.facts, intent.amount, intent.currency or "")
    tx.audit("return_deposit", subject="intent", subject_id=intent_id, amount=intent.amount, code=why)
    return Done()


@action
def deposit_returned(tx: Tx, intent_id: int, refund: str | None) -> Done:
    """The provider has taken the refund, or one the shop has made there since."""
    intent = find_intent(tx, intent_id, lock=True)
    if intent is None or intent.state not in ("attention", "returned") or refund in _failed(intent):
        return Done()
    if intent.state == "attention" or refund not in (None, intent.facts.get("given")):
        close(tx, replace(intent, facts=intent.facts | {"given": refund}), "returned", error=intent.error)
        tx.audit("deposit_returned", subject="intent", subject_id=intent_id, amount=intent.amount)
    return Done()


@action
def deposit_not_returned(tx: Tx, intent_id: int, refund: str, error: str) -> Done:
    """The bank has sent the refund back: what is the customer's lies with the shop, which is told once and gives it back itself (I17).
    Where another refund stands by now, nothing follows: word of each comes again and in any order (I23)."""
    intent = find_intent(tx, intent_id, lock=True)
    if intent is None or intent.state not in ("attention", "returned") or refund in _failed(intent):
        return Done()
    if intent.facts.get("given") in (None, refund):
        known = intent.facts | {"failed": [*_failed(intent), refund], "given": None}
        close(tx, replace(intent, facts=known), "attention", error=error)
        tell_shop(tx, "merchant_deposit_stuck", f"{intent_id}:{refund}", due_at=tx.now + WORKERS_FOLLOW,
                  amount=intent.amount, currency=intent.currency, payment=intent.provider_ref)
        tx.audit("deposit_not_returned", subject="intent", subject_id=intent_id, amount=intent.amount, code=error)
    return Done()


def _failed(intent: OpenIntent) -> list[str]:
    """Refunds of it that the bank has sent back."""
    return intent.facts.get("failed", [])


def _person(draft: dict[str, Any]) -> Person | None:
    given = draft["person"]
    return None if given is None else Person(given["name"], given["email"], given["phone"], given["locale"])


def _tell(tx: Tx, intent_id: int, draft: dict[str, Any], amount: int, currency: str) -> None:
    """A mail without a booking: there is none."""
    person = draft["person"]
    address = person["email"] if person else _address(tx, intent_id)
    if not address:
        return
    store = tx.db.execute(select(Store.name, Store.slug, Store.email, Store.phone, Store.accent, Store.locale, Store.logo_url).where(
        Store.store_id == tx.store_id)).one()
    origin = store_origin(tx, store.slug)
    tx.outbox(OutboxItem("deposit_returned", "email", address, f"deposit-returned:{intent_id}:{keyed_hash('recipient', tx.store_id, address)[:16]}", {
        "topic": "deposit_returned", "locale": (person or {}).get("locale") or store.locale, "amount": amount, "currency": currency,
        "recipient": {"kind": "customer", "name": (person or {}).get("name") or ""}, "book_url": f"{origin}/book",
        "store": {"name": store.name, "slug": store.slug, "email": store.email, "phone": store.phone, "accent": store.accent,
                  "logo": store.logo_url, "origin": origin}}))


def _address(tx: Tx, intent_id: int) -> str | None:
    return tx.db.execute(select(Customer.email).join(
        Intent, (Intent.store_id == Customer.store_id) & (Intent.customer_id == Customer.id)).where(
            Intent.store_id == tx.store_id, Intent.id == intent_id)).scalar()

"""A fee charged to a saved card: by the shop only, with consent, and never more than the rule and the consent say (R22, A155, I20)."""

from __future__ import annotations

from sqlalchemy import insert, select

from booking import notices
from booking.actions.action import Done, action
from booking.actions.changing import locked
from booking.actions.intents import close, find_intent
from booking.cards import chargeable
from booking.documents.issue import issue
from booking.rules.decision import Refused
from booking.rules.money import card_step
from models.base import new_id
from models.booking import Booking
from models.booking_summary import find_by_id
from models.card import Card
from models.intent import Intent
from models.payment import Payment
from models.session import OutboxItem, Tx

REASONS = ("no_show", "late_cancel")


@action
def charge_card(tx: Tx, ref: str, *, amount: int, reason: str) -> Done:
    """Charge `amount` (minor units) for a missed appointment or a late cancellation. Only the shop may. `facts["id"]`.

    Refused not_allowed with what is missing (`card`, `consent`, `expired`, `rule`, `state`); invalid above what may be charged.
    """
    if not tx.actor.is_merchant:
        raise Refused("not_allowed", kind="charge")
    b = locked(tx, ref)
    if reason not in REASONS:
        raise Refused("invalid", errors=[{"field": "reason", "problem": f"must be one of {', '.join(REASONS)}"}])
    found = chargeable(tx, b)
    if found.reason != reason:
        raise Refused("not_allowed", kind="charge", missing="state", state=b.status)
    if found.missing is not None or found.card is None:
        raise Refused("not_allowed", kind="charge", missing=found.missing)
    card, most = found.card, found.most
    if not 0 < amount <= most:
        raise Refused("invalid", errors=[{"field": "amount", "problem": f"must be between 1 and {most}"}])
    if amount % (step := card_step(b.currency)):
        raise Refused("invalid", errors=[{"field": "amount", "problem": f"must be a multiple of {step}: cards move {b.currency} in such steps"}])
    account_id = tx.db.execute(select(Card.account_id).where(Card.store_id == tx.store_id, Card.id == card.id)).scalar_one()
    intent_id = new_id()
    tx.db.execute(insert(Intent).values(
        store_id=tx.store_id, id=intent_id, kind="charge", account_id=account_id, customer_id=b.customer_id, booking_id=b.id, card_id=card.id,
        amount=amount, currency=b.currency, facts={"reason": reason}, created_at=tx.now))
    tx.outbox(OutboxItem("charge_card", "stripe", str(intent_id), f"charge:{intent_id}", {"intent_id": str(intent_id)}, b.id))
    tx.audit("charge_card", booking_id=b.id, amount=amount, reason=reason, card=str(card.id), intent=str(intent_id))
    return Done(b, facts={"id": intent_id})


@action
def record_charge(tx: Tx, intent_id: int, reference: str | None, error: str | None = None) -> Done:
    """What the provider says: taken (`reference`, a payment of the booking from now on, and the customer is told) or refused (`error`)."""
    seen = find_intent(tx, intent_id)
    if seen is None or seen.booking_id is None:
        return Done()
    tx.db.execute(select(Booking.id).where(Booking.store_id == tx.store_id, Booking.id == seen.booking_id).with_for_update())
    intent = find_intent(tx, intent_id, lock=True)
    if intent is None or intent.state != "open":
        return Done()
    if reference is None:
        close(tx, intent, "failed", error=error)
        tx.audit("charge_failed", booking_id=seen.booking_id, amount=intent.amount, intent=str(intent_id), code=error)
        return Done()
    payment_id = new_id()
    tx.db.execute(insert(Payment).values(
        store_id=tx.store_id, id=payment_id, booking_id=seen.booking_id, amount=intent.amount, currency=intent.currency, method="card",
        provider_ref=reference, captured_at=tx.now))
    tx.last(issue, seen.booking_id)
    close(tx, intent, "succeeded", payment_id=payment_id, provider_ref=reference)
    b = find_by_id(tx, seen.booking_id)
    assert b is not None
    notices.tell_customer(tx, "card_charged", b, once=str(intent_id), charged={"amount": intent.amount, "reason": intent.facts["reason"]})
    tx.audit("charge_taken", booking_id=b.id, amount=intent.amount, intent=str(intent_id))
    return Done(b)

"""Test mode only: a card payment the shop noted gets a payment at the provider, made with its test card, so that it can be refunded."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from booking.actions.action import Done, action
from models.base import new_id
from models.intent import Intent
from models.payment import Payment
from models.session import Tx


@action
def begin_rehearsal(tx: Tx, payment_id: int, account_id: int) -> Done:
    """`facts`: reference of the payment where it has one, else the intent and whether it is new."""
    payment = tx.db.execute(select(Payment.provider_ref, Payment.amount, Payment.currency, Payment.booking_id).where(
        Payment.store_id == tx.store_id, Payment.id == payment_id).with_for_update()).one()
    if payment.provider_ref is not None:
        return Done(facts={"reference": payment.provider_ref})
    known = tx.db.execute(select(Intent.id, Intent.created_at).where(Intent.store_id == tx.store_id, Intent.payment_id == payment_id)).one_or_none()
    if known is not None:
        return Done(facts={"reference": None, "intent_id": known.id, "fresh": False, "since": known.created_at})
    intent_id = new_id()
    tx.db.execute(insert(Intent).values(
        store_id=tx.store_id, id=intent_id, kind="rehearsal", account_id=account_id, booking_id=payment.booking_id, payment_id=payment_id,
        amount=payment.amount, currency=payment.currency, created_at=tx.now))
    tx.audit("rehearse_payment", subject="payment", subject_id=payment_id, booking_id=payment.booking_id)
    return Done(facts={"reference": None, "intent_id": intent_id, "fresh": True, "since": tx.now})


@action
def finish_rehearsal(tx: Tx, payment_id: int, reference: str) -> Done:
    """The payment is known under `reference` from now on, unless it got one before."""
    tx.db.execute(update(Payment).where(
        Payment.store_id == tx.store_id, Payment.id == payment_id, Payment.provider_ref.is_(None)).values(provider_ref=reference))
    tx.db.execute(update(Intent).where(
        Intent.store_id == tx.store_id, Intent.payment_id == payment_id, Intent.kind == "rehearsal", Intent.state == "open",
    ).values(state="succeeded", provider_ref=reference, settled_at=tx.now))
    stands = tx.db.execute(select(Payment.provider_ref).where(Payment.store_id == tx.store_id, Payment.id == payment_id)).scalar_one()
    return Done(facts={"reference": stands})

"""Fees taken from a saved card at Stripe, once (R22, I16)."""

from __future__ import annotations

from sqlalchemy import select

from booking.actions.charge_card import record_charge
from booking.actions.intents import find_intent
from gateways.stripe.client import Account, Object, account_by_id
from gateways.stripe.errors import Busy, Declined, Unknown, Wrong
from models.actor import SYSTEM
from models.card import Card
from models.session import database, reading


def carry_out(store_id: int, intent_id: int) -> None:
    """Charge what an intent says. Raises Busy or Unsure when it must be tried again; safe to repeat at any point."""
    with database().alone(f"stripe:{store_id}:charge:{intent_id}") as mine:
        if not mine:
            raise Busy("charge_in_hand")
        with reading(store_id) as tx:
            intent = find_intent(tx, intent_id)
            if intent is None or intent.state != "open" or intent.kind != "charge":
                return
            card = tx.db.execute(select(Card.provider_ref, Card.provider_customer).where(Card.store_id == store_id, Card.id == intent.card_id)).one()
            account = account_by_id(tx, intent.account_id)
        try:
            made = account.stripe.payment_for(str(intent_id), customer=card.provider_customer)
            made = made or account.stripe.charge(intent.amount, intent.currency or "", card.provider_customer, card.provider_ref, str(intent_id),
                                                 f"charge-{intent_id}")
        except (Declined, Unknown, Wrong) as refused:
            record_charge(store_id, SYSTEM, intent_id, None, refused.code)
            return
        _take(store_id, intent_id, account, made)


def _take(store_id: int, intent_id: int, account: Account, made: Object) -> None:
    if made["status"] == "succeeded":
        record_charge(store_id, SYSTEM, intent_id, made["id"])
    elif made["status"] == "processing":
        raise Busy("processing")
    else:
        # Declined, or the bank wants its holder: nobody is there, so nothing more comes of it.
        if made["status"] != "canceled":
            account.stripe.cancel_payment(made["id"])
        record_charge(store_id, SYSTEM, intent_id, None, (made.get("last_payment_error") or {}).get("code") or made["status"])

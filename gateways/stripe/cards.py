"""Saving cards at Stripe by SetupIntent, and letting go of them (R36, A60-A62)."""

from __future__ import annotations

from sqlalchemy import select

from booking.actions.intents import OpenIntent, give_up_intent, name_intent, name_payer, note_trouble
from booking.actions.save_card import Consent, Method, begin_card, forget_detached, save_card
from gateways.stripe.client import Account, account_by_id
from gateways.stripe.errors import Trouble, Unknown, Wrong
from models.actor import SYSTEM, Actor
from models.card import Card
from models.session import reading

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action", "processing")


def begin(store_id: int, by: Actor, ref: str, consent: Consent, browser: str) -> str:
    """Begin saving a card for a booking; the secret of the page where it is typed. Raises Refused, or Trouble when Stripe does not answer."""
    begun = begin_card(store_id, by, ref, consent=consent, browser=browser).facts
    with reading(store_id) as tx:
        gate = account_by_id(tx, begun["account_id"]).stripe
    try:
        payer = begun["payer"]
        if payer is None:
            mark = f"{begun['account_id']}-{begun['customer_id']}"
            made = gate.make_customer(str(begun["customer_id"]), f"payer-{mark}")
            payer = name_payer(store_id, SYSTEM, begun["account_id"], begun["customer_id"], made["id"]).facts["reference"]
        setup = gate.make_setup(payer, str(begun["intent_id"]), f"setup-{begun['intent_id']}")
    except Trouble as trouble:
        give_up_intent(store_id, SYSTEM, begun["intent_id"], "failed", trouble.code)
        raise
    name_intent(store_id, SYSTEM, begun["intent_id"], setup["id"], setup["client_secret"])
    return begun["secret"]


def look(store_id: int, intent: OpenIntent, account: Account, reference: str, over: bool) -> None:
    """See what became of the SetupIntent, and take it over."""
    setup = account.stripe.setup(reference)
    if setup["status"] == "succeeded":
        method = account.stripe.method(setup["payment_method"])
        card = method["card"]
        save_card(store_id, SYSTEM, intent.id, Method(
            method["id"], setup["customer"], card["brand"], card["last4"], card["exp_month"], card["exp_year"], card.get("fingerprint") or ""))
    elif setup["status"] == "canceled":
        give_up_intent(store_id, SYSTEM, intent.id, "cancelled")
    elif over and setup["status"] != "processing":
        account.stripe.cancel_setup(setup["id"])
        give_up_intent(store_id, SYSTEM, intent.id, "cancelled", "expired")
    elif setup.get("last_setup_error"):
        note_trouble(store_id, SYSTEM, intent.id, setup["last_setup_error"].get("code") or "card_error")


def detach(store_id: int, card_id: int) -> None:
    """Let go of a card that has ended. One that Stripe no longer has is let go of."""
    with reading(store_id) as tx:
        card = tx.db.execute(select(Card.provider_ref, Card.account_id, Card.ended_at, Card.detached_at).where(
            Card.store_id == store_id, Card.id == card_id)).one()
        account = account_by_id(tx, card.account_id)
    if card.ended_at is None or card.detached_at is not None:
        return
    try:
        account.stripe.detach(card.provider_ref)
    except (Unknown, Wrong):
        pass  # detached before, or gone with its customer
    forget_detached(store_id, SYSTEM, card.provider_ref)

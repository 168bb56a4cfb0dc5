"""What a customer began in a page, looked at again: on their return, by a webhook, or because time has passed (I17)."""

from __future__ import annotations

from booking.actions.intents import OpenIntent, find_intent, give_up_intent, take_open_intents
from gateways.stripe import cards, deposits
from gateways.stripe.client import account_by_id
from models.actor import SYSTEM
from models.session import reading

LOOK = {"setup": cards.look, "deposit": deposits.look, "difference": deposits.look}


def finish(store_id: int, intent_id: int) -> OpenIntent | None:
    """The intent after a look at Stripe. Raises Trouble when Stripe does not answer; nothing is lost then."""
    with reading(store_id) as tx:
        intent = find_intent(tx, intent_id)
        account = account_by_id(tx, intent.account_id) if intent and intent.kind in LOOK else None
        over = intent is not None and intent.expires_at is not None and intent.expires_at <= tx.now
    if intent is None or account is None or intent.state != "open":
        return intent
    if intent.provider_ref is not None:
        LOOK[intent.kind](store_id, intent, account, intent.provider_ref, over)
    elif over:
        give_up_intent(store_id, SYSTEM, intent_id, "cancelled", "never_reached_the_provider")
    with reading(store_id) as tx:
        return find_intent(tx, intent_id)


def ask_again(store_id: int) -> None:
    """Pages left open past their time."""
    for intent_id, _ in take_open_intents(store_id, SYSTEM).facts["intents"]:
        finish(store_id, intent_id)

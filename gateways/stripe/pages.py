"""What a customer began in a page, looked at again: on their return, by a webhook, or because time has passed (I17)."""

from __future__ import annotations

from booking.actions.intents import OpenIntent, find_intent, take_open_intents
from gateways.stripe import cards, deposits
from models.actor import SYSTEM
from models.session import reading

FINISH = {"setup": cards.finish, "deposit": deposits.finish}


def finish(store_id: int, intent_id: int) -> OpenIntent | None:
    """The intent after a look at Stripe. Raises Trouble when Stripe does not answer; nothing is lost then."""
    with reading(store_id) as tx:
        intent = find_intent(tx, intent_id)
    return FINISH[intent.kind](store_id, intent_id) if intent is not None and intent.kind in FINISH else intent


def ask_again(store_id: int) -> None:
    """Pages left open past their time."""
    for intent_id, _ in take_open_intents(store_id, SYSTEM).facts["intents"]:
        finish(store_id, intent_id)

"""Events of Stripe: whose they are, what they are about, and what follows. The object is fetched; the event's own copy is not used."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import stripe

from booking.actions.carry_refund import find_refund_intents
from booking.actions.intents import intent_by_reference
from booking.actions.provider_events import begin_sweep, close_event, end_sweep, receive_event, take_events
from booking.actions.save_card import forget_detached
from booking.keys import settings
from booking.sealing import marks
from gateways.stripe import accounts, deposits, disputes, pages, refunds
from gateways.stripe.client import Account, account_of
from gateways.stripe.errors import Trouble, Unknown, Wrong
from models.actor import SYSTEM
from models.payment_account import FIELD
from models.session import database, reading

TOLERANCE_S = 300


@dataclass(frozen=True, slots=True)
class Told:
    """What of an event is kept: whose it is, and which object it is about. `parent`: the payment of a charge or refund."""

    event_id: str
    topic: str
    account: str
    object_id: str
    parent: str | None
    made_at: datetime


class Forged(Exception):
    """None of the installation's secrets signed this very body within five minutes."""


def verified(body: bytes, signature: str) -> Told | None:
    """The event that one of the installation's secrets signed; None for a signed body that is no event. Raises Forged."""
    if not any(_signed(body, signature, secret) for secret in filter(None, (settings().stripe_webhook_secret or "").split(","))):
        raise Forged
    try:
        return read(json.loads(body))
    except (ValueError, RecursionError):
        return None


def _signed(body: bytes, signature: str, secret: str) -> bool:
    verify, wrong = _library()
    try:
        return signature.isascii() and verify(body.decode(), signature, secret, TOLERANCE_S)
    except (wrong, ValueError):
        return False


@lru_cache(maxsize=1)
def _library() -> tuple[Callable[..., bool], type[Exception]]:
    """The library's check and its refusal. It loads them when first asked for, and would look for them each time."""
    return stripe.WebhookSignature.verify_header, stripe.SignatureVerificationError


def read(event: Any) -> Told | None:
    """The parts we keep, or None for what does not look like an event."""
    try:
        about = event["data"]["object"]
        parent = about.get("payment_intent")
        told = Told(str(event["id"]), str(event["type"]), str(event.get("account") or ""), str(about["id"]),
                    parent if isinstance(parent, str) else None, datetime.fromtimestamp(int(event["created"]), UTC))
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, OSError):
        return None
    return told if all(text.isprintable() for text in (told.event_id, told.topic, told.account, told.object_id, told.parent or "")) else None


def keep(told: Told) -> int | None:
    """Store what concerns us; the store it was new for. The account is found by its keyed hash under any key in force."""
    if told.topic not in CONCERNS or not told.account:
        return None
    return database().receive_stripe_event(marks(FIELD, told.account), told.event_id, told.topic, told.object_id, told.parent, told.made_at)


def act(store_id: int) -> None:
    """Act on every event that is due. One that cannot be acted on yet waits; the others go on."""
    for row in take_events(store_id, SYSTEM).facts["events"]:
        error = None
        try:
            with reading(store_id) as tx:
                account = account_of(tx)
            if account is not None:
                CONCERNS[row.topic](store_id, account, row.object_id, row.parent)
        except (Unknown, Wrong):
            pass  # the object is gone, or not of this account: there is nothing to act on
        except Trouble as trouble:
            error = trouble.code
        close_event(store_id, SYSTEM, row.id, error)


def sweep(store_id: int) -> None:
    """Once a day: Stripe's own list of events, for deliveries that never arrived (I17)."""
    begun = begin_sweep(store_id, SYSTEM).facts
    if begun["since"] is None:
        return
    with reading(store_id) as tx:
        account = account_of(tx)
    if account is None:
        return
    for event in account.stripe.events_since(int(begun["since"].timestamp())):
        told = read(event)
        if told is not None and told.topic in CONCERNS:
            receive_event(store_id, SYSTEM, told.event_id, told.topic, told.object_id, told.parent, told.made_at)
    end_sweep(store_id, SYSTEM, begun["account_id"], begun["until"])


def _refund(store_id: int, account: Account, refund_id: str, parent: str | None) -> None:
    _take(store_id, account.stripe.refund(refund_id))


def _charge(store_id: int, account: Account, charge_id: str, parent: str | None) -> None:
    for refund in account.stripe.refunds_of(parent) if parent else ():
        _take(store_id, refund)


def _take(store_id: int, refund: dict[str, Any]) -> None:
    """By its id where we know it, else by our marks: the event may be here before the answer to our call (R24)."""
    deposits.hear(store_id, refund)
    found = refund["metadata"] or {}
    with reading(store_id) as tx:
        known = find_refund_intents(tx, refund["id"], found.get("line"), found.get("attempt"))
    for intent_id in known:
        refunds.refresh(store_id, intent_id, refund)
    if not known:
        refunds.note_outside(store_id, refund)


def _page(store_id: int, account: Account, reference: str, parent: str | None) -> None:
    with reading(store_id) as tx:
        intent_id = intent_by_reference(tx, reference)
    if intent_id is not None:
        pages.finish(store_id, intent_id)


def _detached(store_id: int, account: Account, method_id: str, parent: str | None) -> None:
    forget_detached(store_id, SYSTEM, method_id)


def _dispute(store_id: int, account: Account, dispute_id: str, parent: str | None) -> None:
    disputes.take(store_id, account, dispute_id)


def _account(store_id: int, account: Account, object_id: str, parent: str | None) -> None:
    accounts.look(store_id, account.id)


CONCERNS: dict[str, Callable[[int, Account, str, str | None], None]] = {
    "refund.created": _refund, "refund.updated": _refund, "refund.failed": _refund, "charge.refund.updated": _refund, "charge.refunded": _charge,
    "setup_intent.succeeded": _page, "setup_intent.canceled": _page, "payment_intent.succeeded": _page, "payment_intent.canceled": _page,
    "payment_method.detached": _detached, "account.updated": _account, "account.application.deauthorized": _account,
    "charge.dispute.created": _dispute, "charge.dispute.updated": _dispute, "charge.dispute.closed": _dispute,
    "charge.dispute.funds_withdrawn": _dispute, "charge.dispute.funds_reinstated": _dispute,
}
"""The topics we act on."""

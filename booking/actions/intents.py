"""Steps every intent of a page shares: its secret, what the provider calls it, how it ends without effect (I16)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from booking import sealing
from booking.actions.action import Done, action
from booking.keys import keyed_hash
from models.base import new_id
from models.intent import Intent
from models.payer import Payer
from models.session import Tx

CLIENT_FIELD = "intents.client"
PRIVATE = ("person", "notes", "delivery_address", "browser", "move_reason")
"""Facts that leave an intent when it is over."""


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """An intent as read. `facts` as its kind keeps them."""

    id: int
    kind: str
    state: str
    account_id: int
    customer_id: int | None
    booking_id: int | None
    card_id: int | None
    amount: int
    currency: str | None
    provider_ref: str | None
    client_sealed: str | None
    facts: dict[str, Any]
    error: str | None
    created_at: datetime
    expires_at: datetime | None


_COLUMNS = tuple(getattr(Intent, name) for name in OpenIntent.__slots__)


def find_intent(tx: Tx, intent_id: int, *, lock: bool = False) -> OpenIntent | None:
    statement = select(*_COLUMNS).where(Intent.store_id == tx.store_id, Intent.id == intent_id)
    row = tx.db.execute(statement.with_for_update() if lock else statement).one_or_none()
    return None if row is None else OpenIntent(*row)


def intent_of_page(tx: Tx, secret: str, browser: str) -> OpenIntent | None:
    """The intent behind a page's address, in the browser that began it and no other."""
    row = tx.db.execute(select(*_COLUMNS).where(
        Intent.store_id == tx.store_id, Intent.secret_hash == _hash(tx, secret, browser))).one_or_none()
    return None if row is None else OpenIntent(*row)


def intent_by_reference(tx: Tx, reference: str) -> int | None:
    """The intent a provider's object was made for."""
    return tx.db.execute(select(Intent.id).where(Intent.store_id == tx.store_id, Intent.provider_ref == reference)).scalar()


def write_intent(tx: Tx, kind: str, *, browser: str, lasts: timedelta, **values: Any) -> tuple[int, str]:
    """(its id, the secret of its page)."""
    intent_id, secret = new_id(), secrets.token_urlsafe(32)
    tx.db.execute(insert(Intent).values(
        store_id=tx.store_id, id=intent_id, kind=kind, secret_hash=_hash(tx, secret, browser), created_at=tx.now, expires_at=tx.now + lasts,
        check_at=tx.now + lasts + timedelta(seconds=30), **values))
    return intent_id, secret


@action
def name_intent(tx: Tx, intent_id: int, reference: str, client_secret: str | None) -> Done:
    """Keep what the provider calls it, and its client secret in sealed form."""
    tx.db.execute(update(Intent).where(Intent.store_id == tx.store_id, Intent.id == intent_id, Intent.provider_ref.is_(None)).values(
        provider_ref=reference, client_sealed=sealing.seal(tx.store_id, CLIENT_FIELD, client_secret) if client_secret else None))
    return Done()


@action
def name_payer(tx: Tx, account_id: int, customer_id: int, reference: str) -> Done:
    """Keep what the provider calls a customer; the first name stays. `facts["reference"]`: the one in force."""
    tx.db.execute(upsert(Payer).values(store_id=tx.store_id, id=new_id(), account_id=account_id, customer_id=customer_id,
                                       provider_ref=reference, created_at=tx.now).on_conflict_do_nothing())
    return Done(facts={"reference": payer_of(tx, account_id, customer_id)})


def payer_of(tx: Tx, account_id: int, customer_id: int) -> str | None:
    return tx.db.execute(select(Payer.provider_ref).where(
        Payer.store_id == tx.store_id, Payer.account_id == account_id, Payer.customer_id == customer_id)).scalar()


def client_secret(tx: Tx, intent: OpenIntent) -> str:
    return sealing.unseal(tx.store_id, CLIENT_FIELD, intent.client_sealed or "")


def close(tx: Tx, intent: OpenIntent, state: str, *, error: str | None = None, **values: Any) -> None:
    """The intent is over; what it knew of a person leaves it. Attention is not over: something is still to be done."""
    over = state != "attention"
    kept = {key: value for key, value in intent.facts.items() if key not in PRIVATE} if over else intent.facts
    tx.db.execute(update(Intent).where(Intent.store_id == tx.store_id, Intent.id == intent.id).values(
        state=state, error=error, settled_at=tx.now if over else None, check_at=None, facts=kept,
        client_sealed=None if over else Intent.client_sealed, **values))


@action
def give_up_intent(tx: Tx, intent_id: int, state: str, error: str | None = None) -> Done:
    """An open intent ends without effect: `cancelled` or `failed`."""
    intent = find_intent(tx, intent_id, lock=True)
    if intent is not None and intent.state == "open":
        close(tx, intent, state, error=error)
        tx.audit(f"{state}_intent", subject="intent", subject_id=intent_id, booking_id=intent.booking_id, kind=intent.kind, error=error)
    return Done()


@action
def note_trouble(tx: Tx, intent_id: int, error: str) -> Done:
    """What the customer's last try met, for the page; the intent stays open."""
    tx.db.execute(update(Intent).where(Intent.store_id == tx.store_id, Intent.id == intent_id, Intent.state == "open").values(error=error[:200]))
    return Done()


@action
def take_open_intents(tx: Tx, *, limit: int = 20) -> Done:
    """Intents whose outcome is due to be asked for; the next time to ask is set at once. `facts["intents"]`: (id, kind)."""
    rows = tx.db.execute(select(Intent.id, Intent.kind).where(
        Intent.store_id == tx.store_id, Intent.check_at <= tx.now).order_by(Intent.check_at).limit(limit).with_for_update(skip_locked=True)).all()
    tx.db.execute(update(Intent).where(Intent.store_id == tx.store_id, Intent.id.in_([row.id for row in rows])).values(
        check_at=tx.now + timedelta(minutes=5)))
    return Done(facts={"intents": [(row.id, row.kind) for row in rows]})


def _hash(tx: Tx, secret: str, browser: str) -> str:
    return keyed_hash("intent", tx.store_id, secret, browser)

"""Messages that are not about one booking: to one address, or to the people of the shop (I6, R40)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from booking.keys import keyed_hash
from booking.links import store_origin
from models.access import User
from models.session import OutboxItem, Tx
from models.statement import Statement, param
from models.store import Store

_STORE = Statement(select(Store.name, Store.slug, Store.email, Store.phone, Store.accent, Store.locale, Store.logo_url).where(
    Store.store_id == param("store")))
_PEOPLE = select(User.email, User.name, User.locale).where(User.store_id == param("store"), User.removed_at.is_(None))
_NOTIFIED, _OWNERS = Statement(_PEOPLE.where(User.notify)), Statement(_PEOPLE.where(User.role == "owner"))


def store_facts(tx: Tx) -> tuple[dict[str, Any], str]:
    """(what every message says of the store, its language)."""
    name, slug, email, phone, accent, locale, logo = _STORE.first(tx)
    return {"name": name, "slug": slug, "email": email, "phone": phone, "accent": accent, "logo": logo,
            "origin": store_origin(tx, slug)}, locale


def tell(tx: Tx, topic: str, channel: str, recipient: str, once: str, *, locale: str | None = None, kind: str = "customer",
         name: str = "", due_at: datetime | None = None, **facts: Any) -> None:
    """One message to one address, at most one for each `once`, not before `due_at`. Preferences are not asked: codes and security notices."""
    store, language = store_facts(tx)
    tx.outbox(OutboxItem(topic, channel, recipient, f"{topic}:{once}:{keyed_hash('recipient', tx.store_id, recipient)[:16]}", {
        "topic": topic, "locale": locale or language, "at": tx.now.isoformat(), "store": store,
        "recipient": {"kind": kind, "name": name}} | facts, due_at=due_at))


def shop_people(tx: Tx, store_email: str | None, store_name: str) -> list[tuple[str, str, str | None]]:
    """(address, name, language) of those in the shop who asked for notices; its own address when nobody did, its owners without one."""
    people = [tuple(row) for row in _NOTIFIED.rows(tx)]
    if not people:
        people = [(store_email, store_name, None)] if store_email else [tuple(row) for row in _OWNERS.rows(tx)]
    return people


def tell_shop(tx: Tx, topic: str, once: str, **facts: Any) -> None:
    """A message to the people of the shop, each in their language."""
    store, _ = store_facts(tx)
    for email, name, locale in shop_people(tx, store["email"], store["name"]):
        tell(tx, topic, "email", email, once, kind="merchant", name=name, locale=locale, **facts)

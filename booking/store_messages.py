"""Messages that are not about one booking: to one address, or to the people of the shop (I6, R40)."""

from __future__ import annotations

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
_NOTIFIED = Statement(select(User.email, User.name, User.locale).where(
    User.store_id == param("store"), User.notify, User.removed_at.is_(None)))


def store_facts(tx: Tx) -> tuple[dict[str, Any], str]:
    """(what every message says of the store, its language)."""
    name, slug, email, phone, accent, locale, logo = _STORE.first(tx)
    return {"name": name, "slug": slug, "email": email, "phone": phone, "accent": accent, "logo": logo,
            "origin": store_origin(tx, slug)}, locale


def tell(tx: Tx, topic: str, channel: str, recipient: str, once: str, *, locale: str | None = None, kind: str = "customer",
         name: str = "", **facts: Any) -> None:
    """One message to one address, at most one for each `once`. Preferences are not asked: codes and security notices."""
    store, language = store_facts(tx)
    tx.outbox(OutboxItem(topic, channel, recipient, f"{topic}:{once}:{keyed_hash('recipient', tx.store_id, recipient)[:16]}", {
        "topic": topic, "locale": locale or language, "at": tx.now.isoformat(), "store": store,
        "recipient": {"kind": kind, "name": name}} | facts))


def tell_shop(tx: Tx, topic: str, once: str, **facts: Any) -> None:
    """The people of the shop who asked for notices, each in their language, or its own address when nobody did."""
    people = [tuple(row) for row in _NOTIFIED.rows(tx)]
    store, _ = store_facts(tx)
    if not people and store["email"]:
        people = [(store["email"], store["name"], None)]
    for email, name, locale in people:
        tell(tx, topic, "email", email, once, kind="merchant", name=name, locale=locale, **facts)

"""The shop words its messages: save, go back to ours, send a test (A126)."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import insert, select

from booking import notices
from booking.actions.action import Done, action
from booking.addresses import canonical_email
from booking.rules.decision import Refused
from booking.templates import EDITABLE, FIELDS, at_version, newest, problems
from booking.wording import SHIPPED
from models.access import User
from models.base import new_id
from models.booking_summary import find
from models.message_template import MessageTemplate
from models.session import OutboxItem, Tx
from models.store import Store


@action
def save_template(tx: Tx, topic: str, locale: str, texts: dict[str, str | None], *, version: int | None = None) -> Done:
    """A new version of the wording of a message in a language. What could not be sent is refused here, with its place.

    `version`: the one that was read; Refused stale when there is a newer one.
    """
    check(topic, locale)
    wrong = problems(topic, texts)
    if wrong:
        raise Refused("invalid", errors=wrong)
    return _write(tx, topic, locale, {field: texts.get(field) or None for field in FIELDS}, version)


@action
def reset_template(tx: Tx, topic: str, locale: str, *, version: int | None = None) -> Done:
    """Back to our wording; the versions before stay on record. `version` as in save_template."""
    check(topic, locale)
    return _write(tx, topic, locale, dict.fromkeys(FIELDS), version)


@action
def restore_template(tx: Tx, topic: str, locale: str, number: int, *, version: int | None = None) -> Done:
    """The texts of an older version again, as the newest one; Refused not_found for a number that never was."""
    check(topic, locale)
    row = at_version(tx, topic, locale, number)
    if row is None:
        raise Refused("not_found")
    texts = {field: getattr(row, field) for field in FIELDS}
    wrong = problems(topic, texts) if row.body is not None else []
    if wrong:
        raise Refused("invalid", errors=wrong)
    return _write(tx, topic, locale, texts, version)


@action
def test_template(tx: Tx, topic: str, locale: str, texts: dict[str, str | None], *, ref: str, to: str) -> Done:
    """Mail the wording, filled with a real booking, to someone of the shop; nobody else can be written to."""
    check(topic, locale)
    wrong = problems(topic, texts)
    if wrong:
        raise Refused("invalid", errors=wrong)
    address = canonical_email(to)
    known = set(tx.db.execute(select(User.email).where(User.store_id == tx.store_id)).scalars())
    known.add(tx.db.execute(select(Store.email).where(Store.store_id == tx.store_id)).scalar_one() or "")
    if address not in {email.lower() for email in known}:
        raise Refused("invalid", errors=[{"field": "to", "problem": "is not an address of the shop or its people"}])
    b = find(tx, ref)
    if b is None:
        raise Refused("not_found")
    payload = notices.sample(tx, topic, b, locale) | {"template": texts, "test": True}
    tx.outbox(OutboxItem(topic, "email", address, f"test:{secrets.token_hex(8)}", payload))
    tx.audit("test_template", subject="template", topic=topic)
    return Done()


def check(topic: str, locale: str) -> None:
    """Refused not_found for a message that shops do not word, invalid for a language we do not ship."""
    if topic not in EDITABLE:
        raise Refused("not_found")
    if locale not in SHIPPED:
        raise Refused("invalid", errors=[{"field": "locale", "problem": f"must be one of {', '.join(SHIPPED)}"}])


def _write(tx: Tx, topic: str, locale: str, texts: dict[str, Any], version: int | None) -> Done:
    last = newest(tx, topic, locale)
    if version is not None and version != (last.version if last else 0):
        raise Refused("stale", version=last.version if last else 0)
    number = (last.version if last else 0) + 1
    tx.db.execute(insert(MessageTemplate).values(
        store_id=tx.store_id, id=new_id(), topic=topic, locale=locale, version=number, created_at=tx.now, **texts))
    tx.audit("save_template", subject="template", after={"topic": topic, "locale": locale, "version": number, "ours": texts["body"] is None})
    return Done(facts={"version": number})

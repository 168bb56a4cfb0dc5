"""A shop's webhooks: added, changed, given a new secret, removed; an event sent again (E120, E121)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, insert, select, update

from booking import webhooks
from booking.actions.action import Done, action
from booking.actions.catalogue import Checks, note_change, unchanged
from booking.keys import settings
from booking.rules.decision import Refused
from models.base import new_id
from models.outbox import OutboxRow
from models.session import Tx
from models.webhook_endpoint import WebhookEndpoint

MOST = 20


@action
def create_webhook(tx: Tx, *, url: str, topics: Sequence[str], active: bool = True) -> Done:
    """`facts`: id, and the secret that signs what is sent there."""
    values: dict[str, Any] = {"url": url, "topics": list(topics), "active": active}
    _check(values)
    if tx.db.execute(select(func.count()).select_from(WebhookEndpoint).where(
            WebhookEndpoint.store_id == tx.store_id, WebhookEndpoint.removed_at.is_(None))).scalar_one() >= MOST:
        raise Refused("invalid", errors=[{"field": "url", "problem": f"comes on top of {MOST} others; remove one first"}])
    row_id, key_id = new_id(), webhooks.newest_key()
    tx.db.execute(insert(WebhookEndpoint).values(store_id=tx.store_id, id=row_id, key_id=key_id, created_at=tx.now, **values))
    tx.audit("create_webhook", subject="webhook", subject_id=row_id, after={"topics": values["topics"]})
    return Done(facts={"id": row_id, "secret": webhooks.secret(tx.store_id, row_id, key_id, 1)})


@action
def update_webhook(tx: Tx, webhook_id: int, *, version: int | None = None, **values: Any) -> Done:
    """Fields: url, topics, active. Refused stale when somebody else has saved since `version`."""
    _check(values)
    if version is not None:
        unchanged(tx, WebhookEndpoint, webhook_id, version)
    row = tx.db.execute(select(WebhookEndpoint.url, WebhookEndpoint.topics, WebhookEndpoint.active).where(
        WebhookEndpoint.store_id == tx.store_id, WebhookEndpoint.id == webhook_id).with_for_update(key_share=True)).one_or_none()
    _write(tx, webhook_id, **values)
    assert row is not None, "just written"
    note_change(tx, "update_webhook", "webhook", webhook_id, row._asdict(), values)
    return Done(facts={"id": webhook_id})


@action
def renew_webhook_secret(tx: Tx, webhook_id: int) -> Done:
    """A new secret from now on; what is waiting is signed with it too. `facts["secret"]`."""
    key_id = webhooks.newest_key()
    epoch = _write(tx, webhook_id, key_id=key_id, epoch=WebhookEndpoint.epoch + 1)
    tx.audit("renew_webhook_secret", subject="webhook", subject_id=webhook_id)
    return Done(facts={"id": webhook_id, "secret": webhooks.secret(tx.store_id, webhook_id, key_id, epoch)})


@action
def delete_webhook(tx: Tx, webhook_id: int) -> Done:
    """Nothing is sent there any more, what is waiting included; the row stays for the log's sake."""
    _write(tx, webhook_id, active=False, removed_at=tx.now)
    tx.db.execute(update(OutboxRow).where(OutboxRow.store_id == tx.store_id, OutboxRow.channel == "webhook", OutboxRow.recipient == str(webhook_id),
                                          OutboxRow.state == "due").values(state="superseded"))
    tx.audit("delete_webhook", subject="webhook", subject_id=webhook_id)
    return Done()


@action
def redeliver_webhook(tx: Tx, webhook_id: int, delivery_id: int) -> Done:
    """The same event once more, with the same id, so that a receiver that has it knows. Refused not_found for another's."""
    _write(tx, webhook_id)
    sent = tx.db.execute(update(OutboxRow).where(
        OutboxRow.store_id == tx.store_id, OutboxRow.id == delivery_id, OutboxRow.channel == "webhook", OutboxRow.recipient == str(webhook_id),
    ).values(state="due", due_at=tx.now, attempts=0, lease=None, leased_until=None)).rowcount
    if not sent:
        raise Refused("not_found")
    tx.audit("redeliver_webhook", subject="webhook", subject_id=webhook_id, delivery=str(delivery_id))
    return Done(facts={"id": delivery_id})


@action
def ping_webhook(tx: Tx, webhook_id: int) -> Done:
    """An event without content, to see whether the receiver answers."""
    _write(tx, webhook_id)
    tx.audit("ping_webhook", subject="webhook", subject_id=webhook_id)
    webhooks.queue(tx, webhook_id, webhooks.PING, f"evt_{new_id()}", {})
    return Done(facts={"id": webhook_id})


def _write(tx: Tx, webhook_id: int, **values: Any) -> int:
    """Update the row, next version; its epoch. Refused not_found."""
    changed = values | ({"version": WebhookEndpoint.version + 1} if values else {"version": WebhookEndpoint.version})
    epoch = tx.db.execute(update(WebhookEndpoint).where(
        WebhookEndpoint.store_id == tx.store_id, WebhookEndpoint.id == webhook_id, WebhookEndpoint.removed_at.is_(None),
    ).values(**changed).returning(WebhookEndpoint.epoch)).scalar()
    if epoch is None:
        raise Refused("not_found")
    return epoch


def _check(values: dict[str, Any]) -> None:
    checks = Checks()
    if "url" in values:
        values["url"] = values["url"].strip()
        problem = url_problem(values["url"])
        if problem:
            checks.wrong("url", problem)
    if "topics" in values:
        values["topics"] = sorted(set(values["topics"]))
        if not values["topics"] or set(values["topics"]) - set(webhooks.TOPICS):
            checks.wrong("topics", f"must be some of {', '.join(webhooks.TOPICS)}")
    checks.done()


def url_problem(url: str) -> str | None:
    """Why nothing can be sent there; None when it can. Where the name leads is looked at when connecting (I52)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is not an address"
    schemes = ("https", "http") if settings().sandbox_url else ("https",)
    if parts.scheme not in schemes or not parts.hostname or not url.isprintable() or not url.isascii() or len(url) > 1000 or " " in url:
        return "must be an address that begins with https://"
    if "@" in parts.netloc or parts.fragment:
        return "must have no user name, password or fragment"
    if port is not None and port < 1024 and port not in (80, 443):
        return "must use port 443, or one above 1023"
    return None

"""The log of a shop's webhooks: what was sent where, how each try ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal_column, select

from models.outbox import OutboxRow
from models.session import Tx
from models.webhook_attempt import WebhookAttempt


WEBHOOK = literal_column("'webhook'")
"""Written out, not a parameter: the partial index is chosen only where the planner sees the value."""


@dataclass(frozen=True)
class Attempt:
    at: datetime
    status: int | None
    took_ms: int
    problem: str | None


@dataclass(frozen=True)
class Delivery:
    """`state`: due, sent, failed, superseded. `attempts` newest first."""

    id: int
    topic: str
    state: str
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    last_error: str | None
    booking: str | None
    attempts: tuple[Attempt, ...]


def deliveries(tx: Tx, webhook_id: int, *, limit: int, before: int | None = None) -> list[Delivery]:
    """The newest events for a receiver, or those older than the delivery `before`."""
    rows = tx.db.execute(select(
        OutboxRow.id, OutboxRow.topic, OutboxRow.state, OutboxRow.created_at, OutboxRow.due_at, OutboxRow.sent_at, OutboxRow.last_error, OutboxRow.payload,
    ).where(OutboxRow.store_id == tx.store_id, OutboxRow.channel == WEBHOOK, OutboxRow.recipient == str(webhook_id),
            *([OutboxRow.id < before] if before is not None else [])).order_by(OutboxRow.id.desc()).limit(limit)).all()
    tries: dict[int, list[Attempt]] = {}
    for row in tx.db.execute(select(WebhookAttempt.outbox_id, WebhookAttempt.at, WebhookAttempt.status, WebhookAttempt.took_ms, WebhookAttempt.problem).where(
            WebhookAttempt.store_id == tx.store_id, WebhookAttempt.outbox_id.in_([row.id for row in rows])).order_by(WebhookAttempt.id.desc())):
        tries.setdefault(row.outbox_id, []).append(Attempt(row.at, row.status, row.took_ms, row.problem))
    return [Delivery(row.id, row.topic, row.state, row.created_at, row.due_at, row.sent_at, row.last_error,
                     (row.payload.get("data") or {}).get("booking", {}).get("ref"), tuple(tries.get(row.id, ()))) for row in rows]

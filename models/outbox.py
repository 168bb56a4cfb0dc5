"""The outbox: everything that must leave the house, written in the transaction of the change that caused it (I6)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, of_store


class OutboxRow(Base):
    """One message or command for one recipient over one channel.

    `dedupe` makes (event, recipient, channel) unique. A worker claims rows by a lease; `message_id` is drawn once and
    repeats on every attempt. Refunds of payments that bookings share have the channel `stripe_shared` from the database: older workers
    would send too little. States: due -> sent | failed | superseded; `unknown` when the outcome could not be learnt.
    """

    __tablename__ = "outbox"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    topic: Mapped[str]
    channel: Mapped[str]
    recipient: Mapped[str]
    dedupe: Mapped[str]
    payload: Mapped[dict[str, Any]]
    booking_id: Mapped[int | None]
    booking_version: Mapped[int | None]
    state: Mapped[str] = mapped_column(server_default="due")
    attempts: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[Instant]
    leased_until: Mapped[Instant | None]
    lease: Mapped[int | None]
    message_id: Mapped[str]
    last_error: Mapped[str | None]
    created_at: Mapped[Instant]
    sent_at: Mapped[Instant | None]

    __table_args__ = (
        of_store(),
        Index("outbox_dedupe", "store_id", "dedupe", unique=True),
        Index("outbox_due", "store_id", "due_at", postgresql_where=text("state = 'due'")),
        Index("outbox_by_recipient", "store_id", "recipient"),
        Index("outbox_of_booking", "store_id", "booking_id", "id", postgresql_where=text("booking_id is not null")),
        CheckConstraint("state in ('due','sent','failed','superseded','unknown')", name="outbox_state"),
        Index("outbox_of_endpoint", "store_id", "recipient", "id", postgresql_where=text("channel = 'webhook'")),
        Index("outbox_due_webhooks", "store_id", "due_at", postgresql_where=text("state = 'due' and channel = 'webhook'")),
        CheckConstraint("channel in ('email','sms','stripe','stripe_shared','shopify','webhook')", name="outbox_channel"),
    )

"""Messages about a booking, and whether they have left (A104)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from models.outbox import OutboxRow as R
from models.session import Tx
from models.sms import SmsDelivery

SHOWN_CHANNELS = ("email", "sms")


class ListedMessage(NamedTuple):
    id: int
    topic: str
    channel: str
    recipient: str
    state: str
    attempts: int
    last_error: str | None
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    to_customer: bool
    booking_version: int | None
    delivery: str | None


def messages_of(tx: Tx, booking_id: int) -> list[ListedMessage]:
    """E-mails and SMS about a booking, latest first; of an SMS also what its provider reports."""
    rows = tx.db.execute(select(
        R.id, R.topic, R.channel, R.recipient, R.state, R.attempts, R.last_error, R.created_at, R.due_at, R.sent_at,
        (R.payload["recipient"]["kind"].astext == "customer"), R.booking_version, SmsDelivery.state,
    ).outerjoin(SmsDelivery, (SmsDelivery.store_id == R.store_id) & (SmsDelivery.outbox_id == R.id)).where(R.store_id == tx.store_id, R.booking_id == booking_id, R.channel.in_(SHOWN_CHANNELS)).order_by(R.id.desc()))
    return [ListedMessage._make(row) for row in rows]

"""A message once more, because it got lost or went to a wrong address (A104)."""

from __future__ import annotations

from sqlalchemy import select

from booking import notices
from booking.actions.action import Done, action
from booking.actions.changing import locked
from booking.rules.decision import Refused
from models.base import new_id
from models.outbox import OutboxRow
from models.session import OutboxItem, Tx

ABOUT_NOW = frozenset({"booking_confirmed", "manage_link", "request_received"})
"""Messages that tell of the booking as it is: they are written anew."""


@action
def resend_message(tx: Tx, ref: str, message_id: int) -> Done:
    """Send a customer's message of this booking again, to the address known now.

    What tells of the booking as it is gets written anew. What tells of one change is repeated as it was, unless the booking has
    changed since: Refused("stale"), for it would mislead (D25c). Refused not_allowed without an address, or for other recipients.
    """
    b = locked(tx, ref)
    row = tx.db.execute(select(OutboxRow.topic, OutboxRow.channel, OutboxRow.payload, OutboxRow.booking_version).where(
        OutboxRow.store_id == tx.store_id, OutboxRow.id == message_id, OutboxRow.booking_id == b.id,
        OutboxRow.channel.in_(("email", "sms")))).one_or_none()
    if row is None:
        raise Refused("not_found")
    recipient = b.mail_to if row.channel == "email" else b.text_to
    if (row.payload.get("recipient") or {}).get("kind") != "customer" or not recipient:
        raise Refused("not_allowed", kind="message")
    again = str(new_id())
    if row.topic in ABOUT_NOW and b.holding:
        notices.tell_customer(tx, row.topic, b, once=again, only=row.channel)
    elif row.booking_version != b.version:
        raise Refused("stale", version=b.version, state=b.status)
    else:
        tx.outbox(OutboxItem(row.topic, row.channel, recipient, f"again:{again}", row.payload, b.id, b.version))
    tx.audit("resend_message", booking_id=b.id, topic=row.topic)
    return Done(b)

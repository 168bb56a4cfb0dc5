"""SMS on the wire: each goes out once, also when an answer was lost, and only to who wants them (R40, I6)."""

from __future__ import annotations

from sqlalchemy import select

from booking.keys import settings
from gateways import twilio
from messages.mail import Later, Rejected, Unknown
from models.session import reading
from models.sms import SmsDelivery


class Stopped(Rejected):
    """The provider knows that this number wants no messages."""


def send_sms(store_id: int, outbox_id: int, slug: str, to: str, text: str, *, again: bool) -> twilio.Taken:
    """Hand one SMS over; raises Stopped, Rejected, Later or Unknown. `again`: an earlier try may have gone through."""
    try:
        before = _sent_before(store_id, to, text) if again else None
        return before or twilio.send(to, text, callback_url(store_id, outbox_id, slug))
    except twilio.NoAnswer as error:
        raise Unknown(str(error)) from error
    except twilio.NotSent as error:
        if error.code == twilio.UNSUBSCRIBED:
            raise Stopped(str(error)) from error
        raise (Rejected if error.final else Later)(str(error)) from error


def callback_url(store_id: int, outbox_id: int, slug: str) -> str:
    """Where the provider reports what becomes of the message: at the store's own address."""
    s = settings()
    return f"{s.origin(s.store_host(slug))}/webhooks/twilio/status/{store_id}/{outbox_id}"


def _sent_before(store_id: int, to: str, text: str) -> twilio.Taken | None:
    """The message of an earlier try, told apart from older messages with the same words by their ids."""
    with reading(store_id) as tx:
        known = set(tx.db.execute(select(SmsDelivery.sid).where(SmsDelivery.store_id == store_id, SmsDelivery.phone == to)).scalars())
    return twilio.find(to, text, known)

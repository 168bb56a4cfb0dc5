"""Delivery of outbox rows: claim by lease, send, record (I6, I22, R40)."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Protocol

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import aliased

from booking.addresses import canonical_email
from booking.rules.feedback import VISITED
from booking.rules.reminders import LAST_CALL
from booking.templates import in_force
from booking.wording.languages import pick
from gateways.twilio import Taken
from messages import render_mail, render_sms
from messages.mail import Later, Mailer, Rejected, Unknown, compose
from models.actor import SYSTEM
from models.base import new_id
from models.booking import Booking
from models.outbox import OutboxRow
from models.session import Tx, transaction
from models.sms import RANK, SmsDelivery, SmsStop
from settings import Settings
from sync.sms import Stopped, send_sms

LEASE = timedelta(seconds=60)
SEND_FOR = LEASE / 2
"""A batch begins no message later than this after its claim: a slow server must not carry it past its lease (I22)."""
OUTDATED_AFTER = timedelta(minutes=5)
MOST_ATTEMPTS = 12
ABOUT_A_TIME = frozenset({"booking_confirmed", "booking_moved", "approval_asked", "request_received", "manage_link",
                          "counter_offer", "earlier_slot", "zone_rules", "old_date_cancelled"})
"""Messages that would mislead once the booking has changed again (D25c)."""
TO_SHOP_ABOUT_A_TIME = frozenset({"merchant_booking_created", "merchant_booking_moved", "merchant_offer_accepted", "merchant_approval_needed"})
"""The same for people of the shop. Not each of them hears of each change: theirs are outdated by a newer one to the same person."""
OF_SEVERAL = frozenset({"booking_confirmed", "booking_moved", "merchant_booking_created", "merchant_booking_moved"})
"""Of dates of a series, or parts of a visit, they are the only word: a newer message about the first of them says nothing of the others."""
SAYS_HOW_IT_STANDS = TO_SHOP_ABOUT_A_TIME | {"merchant_booking_cancelled", "merchant_offers_ended"}

log = logging.getLogger("opencals.outbox")


@dataclass
class Delivered:
    """Counts of one round."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    superseded: int = 0

    @property
    def claimed(self) -> int:
        return self.sent + self.later + self.failed + self.superseded


@dataclass(frozen=True)
class Claimed:
    id: int
    topic: str
    channel: str
    recipient: str
    payload: dict[str, Any]
    attempts: int
    message_id: str
    booking_version: int | None
    version_now: int | None
    status_now: str | None
    starts_now: datetime | None
    created_at: datetime
    stopped: bool
    store_id: int
    told_since: bool
    now: datetime

    @property
    def outdated(self) -> bool:
        """A reminder of a time that is no longer true or has come (I59); an old message about a time that has changed again since,
        which has its own message (D25c); or one whose offer has ended: nothing is offered too late (D28)."""
        if self.payload.get("test"):
            return False
        if self.topic == "reminder":
            start = datetime.fromisoformat(self.payload["booking"]["starts_at"])
            return self.status_now != "confirmed" or self.starts_now != start or self.now >= start - LAST_CALL
        if self.topic == "feedback_request":
            return self.status_now not in VISITED
        if "until" in self.payload and self.now >= datetime.fromisoformat(self.payload["until"]):
            return True
        if self.topic in OF_SEVERAL and len(self.payload.get("bookings") or ()) > 1:
            return False
        late = self.now - self.created_at > OUTDATED_AFTER
        if late and self.topic in TO_SHOP_ABOUT_A_TIME:
            return self.told_since or self.topic == "merchant_approval_needed" and self.status_now != "pending"
        return (self.topic in ABOUT_A_TIME and late and self.version_now is not None and self.booking_version is not None
                and self.booking_version < self.version_now)


@dataclass
class Outcome:
    """What came of a row. `taken` is the SMS at its provider, `stopped` a number that wants none."""

    state: str
    error: str | None = None
    wait: timedelta = field(default_factory=timedelta)
    taken: Taken | None = None
    stopped: bool = False


class Carries(Protocol):
    """What takes claimed rows of its channels out. A row that was tried `most_attempts` times is given up."""

    channels: tuple[str, ...]
    most_attempts: float
    longest_wait_s: int

    def send(self, row: Claimed) -> Taken | None:
        """Carry one row out; raises Rejected, Later or Unknown. An SMS gives what its provider says of it."""


class Carrier:
    """Sends claimed rows over e-mail and SMS. One SMTP connection for all of a round."""

    most_attempts: float = MOST_ATTEMPTS
    longest_wait_s = 3600

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.mailer = Mailer(settings.smtp_url)

    @property
    def channels(self) -> tuple[str, ...]:
        return ("email", "sms") if self.settings.sms_url else ("email",)

    def send(self, row: Claimed) -> Taken | None:
        """Hand one message over; raises Rejected, Later or Unknown. An SMS gives what its provider says of it."""
        if row.channel == "sms":
            text = render_sms(row.topic, row.payload)
            return send_sms(row.store_id, row.id, row.payload["store"]["slug"], row.recipient, text, again=row.attempts > 1) if text else None
        store = row.payload["store"]
        mail = render_mail(row.topic, row.payload, self.settings.base_domain)
        self.mailer.send(compose(
            mail, sender=self.settings.mail_from, sender_name=store["name"], recipient=canonical_email(row.recipient),
            reply_to=canonical_email(store["email"]) if store["email"] else None,
            message_id=f"<{row.message_id}@{self.settings.base_domain}>", unsubscribe=row.payload.get("unsubscribe_url")))
        return None

    def close(self) -> None:
        self.mailer.close()


def deliver(store_id: int, carrier: Carries, *, batch: int = 100, keep_going: Callable[[], bool] = lambda: True) -> Delivered:
    """Deliver what is due for a store until nothing is left or `keep_going` says stop. Safe to run twice at once."""
    total = Delivered()
    while keep_going():
        until = monotonic() + SEND_FOR.total_seconds()
        rows, lease = _claim(store_id, carrier.channels, batch)
        if not rows:
            break
        outcomes: dict[int, Outcome] = {}
        for row in rows:
            outcomes[row.id] = _attempt(row, carrier, total)
            if not keep_going() or monotonic() >= until:
                break
        _record(store_id, lease, outcomes)
    return total


def _claim(store_id: int, channels: tuple[str, ...], batch: int) -> tuple[list[Claimed], int]:
    """Take due rows for a minute. Rows of a worker that died come back when their lease ends (I68)."""
    lease = new_id()
    with transaction(store_id, SYSTEM) as tx:
        due = select(OutboxRow.id).where(
            OutboxRow.store_id == store_id, OutboxRow.state == "due", OutboxRow.channel.in_(channels), OutboxRow.due_at <= tx.now,
            or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until <= tx.now),
        ).order_by(OutboxRow.due_at, OutboxRow.id).limit(batch).with_for_update(skip_locked=True)
        ids = tx.db.execute(due).scalars().all()
        if not ids:
            return [], lease
        tx.db.execute(update(OutboxRow).where(OutboxRow.store_id == store_id, OutboxRow.id.in_(ids)).values(
            lease=lease, leased_until=tx.now + LEASE, attempts=OutboxRow.attempts + 1))
        own = in_force(tx)
        return [_worded(Claimed(*row, now=tx.now), own) for row in _rows(tx, ids)], lease


def _worded(row: Claimed, own: dict[tuple[str, str], dict[str, str | None]]) -> Claimed:
    """With the shop's own wording, in the language the message is written in (A126)."""
    template = own.get((row.topic, pick(row.payload.get("locale")))) if own and "template" not in row.payload else None
    return row if template is None else replace(row, payload=row.payload | {"template": template})


def _rows(tx: Tx, ids: Any) -> list[Any]:
    return list(tx.db.execute(select(
        OutboxRow.id, OutboxRow.topic, OutboxRow.channel, OutboxRow.recipient, OutboxRow.payload, OutboxRow.attempts,
        OutboxRow.message_id, OutboxRow.booking_version, Booking.version, Booking.status, Booking.starts_at, OutboxRow.created_at,
        and_(OutboxRow.channel == "sms", exists().where(SmsStop.store_id == OutboxRow.store_id, SmsStop.phone == OutboxRow.recipient)),
        OutboxRow.store_id, _TOLD_SINCE,
    ).outerjoin(Booking, and_(Booking.store_id == OutboxRow.store_id, Booking.id == OutboxRow.booking_id)).where(
        OutboxRow.store_id == tx.store_id, OutboxRow.id.in_(ids)).order_by(OutboxRow.id)).all())


_NEWER = aliased(OutboxRow)
_TOLD_SINCE = and_(OutboxRow.topic.in_(TO_SHOP_ABOUT_A_TIME), exists().where(
    _NEWER.store_id == OutboxRow.store_id, _NEWER.booking_id == OutboxRow.booking_id, _NEWER.id > OutboxRow.id,
    _NEWER.recipient == OutboxRow.recipient, _NEWER.channel == OutboxRow.channel, _NEWER.topic.in_(SAYS_HOW_IT_STANDS),
    _NEWER.booking_version > OutboxRow.booking_version, _NEWER.state != "failed"))
"""Whether the same person has a newer message about the booking, on its way or read."""


def _attempt(row: Claimed, carrier: Carries, total: Delivered) -> Outcome:
    if row.outdated or row.stopped:
        total.superseded += 1
        return Outcome("superseded", "stopped" if row.stopped else None)
    try:
        taken = carrier.send(row)
    except Rejected as error:
        total.failed += 1
        return Outcome("failed", str(error), stopped=isinstance(error, Stopped))
    except (Later, Unknown) as error:
        total.later += 1
        if row.attempts >= carrier.most_attempts:
            return Outcome("unknown" if isinstance(error, Unknown) else "failed", str(error))
        return Outcome("due", str(error), timedelta(seconds=min(carrier.longest_wait_s, 2 ** min(row.attempts, 12) * 2) * random.uniform(0.7, 1.3)))
    except Exception as error:
        # A message that cannot be rendered must not stop those behind it; it stays visible as failed.
        log.exception("message could not be made", extra={"topic": row.topic})
        total.failed += 1
        return Outcome("failed", type(error).__name__)
    total.sent += 1
    return Outcome("sent", taken=taken)


def _record(store_id: int, lease: int, outcomes: dict[int, Outcome]) -> None:
    """Write what came of each row, where the lease is still ours; rows not attempted are given back at once."""
    with transaction(store_id, SYSTEM) as tx:
        mine = (OutboxRow.store_id == store_id, OutboxRow.lease == lease, OutboxRow.state == "due")
        sent = [row_id for row_id, outcome in outcomes.items() if outcome.state == "sent"]
        if sent:
            tx.db.execute(update(OutboxRow).where(*mine, OutboxRow.id.in_(sent)).values(
                state="sent", sent_at=tx.now, lease=None, leased_until=None, last_error=None))
        for row_id, outcome in outcomes.items():
            if outcome.state != "sent":
                tx.db.execute(update(OutboxRow).where(*mine, OutboxRow.id == row_id).values(
                    state=outcome.state, last_error=outcome.error, due_at=tx.now + outcome.wait, lease=None, leased_until=None))
        tx.db.execute(update(OutboxRow).where(*mine).values(lease=None, leased_until=None, attempts=OutboxRow.attempts - 1))
        _note_sms(tx, outcomes)


def _note_sms(tx: Tx, outcomes: dict[int, Outcome]) -> None:
    """Under which id the provider knows each SMS, and whom it no longer writes to."""
    recipients = dict(tx.db.execute(select(OutboxRow.id, OutboxRow.recipient).where(OutboxRow.store_id == tx.store_id, OutboxRow.id.in_(
        [row_id for row_id, outcome in outcomes.items() if outcome.taken or outcome.stopped]))).all())
    for row_id, phone in recipients.items():
        taken = outcomes[row_id].taken
        if taken:
            tx.db.execute(upsert(SmsDelivery).values(
                store_id=tx.store_id, outbox_id=row_id, sid=taken.sid, phone=phone, state=taken.state if taken.state in RANK else "accepted",
                created_at=tx.now, updated_at=tx.now).on_conflict_do_nothing())
        else:
            tx.db.execute(upsert(SmsStop).values(store_id=tx.store_id, phone=phone, stopped_at=tx.now).on_conflict_do_nothing())

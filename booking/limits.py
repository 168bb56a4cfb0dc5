"""Counted limits, in the database so that they survive any restart (I21, I37)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, text

from booking.addresses import canonical_email
from booking.keys import keyed_hash, settings
from booking.rules.decision import Refused
from booking.rules.pacing import room_at
from models.access import Attempt
from models.booking_summary import BookingSummary
from models.session import Tx

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MESSAGES = ((3, 15 * MINUTE), (10, DAY))
"""What one address or number gets at most, for all forms that anyone can fill in for it together (I37)."""
LONGEST_WAIT = HOUR


def count(tx: Tx, scope: str, subject: str, *limits: tuple[int, timedelta], weight: int = 1) -> None:
    """Count one attempt (or `weight` at once), or raise Refused("rate_limited", retry_after=seconds) when a limit (n, window) is used up.

    Subjects are kept as keyed hashes. Attempts of one subject wait for each other, so parallel requests cannot slip through.
    """
    hashed = _hashed(tx, scope, subject)
    for most, window in limits:
        used, oldest = tx.db.execute(select(func.count(), func.min(Attempt.at)).where(
            Attempt.store_id == tx.store_id, Attempt.scope == scope, Attempt.subject == hashed, Attempt.at > tx.now - window)).one()
        if used + weight > most:
            raise _refused(tx, (oldest or tx.now) + window)
    _note(tx, scope, hashed, tx.now, weight)


def message(tx: Tx, channel: str, recipient: str, *, weight: int = 1) -> None:
    """Count a message, or `weight` of them, to a canonical address or number that whoever fills in a form has typed.

    Every such form counts here, whether it sends the message or not: one quota for all of them. Refused rate_limited beyond it.
    """
    hashed, room = _room(tx, channel, recipient, weight)
    if room > tx.now:
        raise _refused(tx, room)
    _note(tx, channel, hashed, room, weight)


def message_at(tx: Tx, channel: str, recipient: str, *, must: bool = False) -> datetime:
    """Count a message of something that is done anyway, and say when it may leave: now, or when the quota has room again.

    Refused rate_limited where it would wait for more than an hour, unless it `must` be sent.
    """
    hashed, room = _room(tx, channel, recipient)
    if room > tx.now + LONGEST_WAIT and not must:
        raise _refused(tx, room - LONGEST_WAIT)
    _note(tx, channel, hashed, room)
    return room


def leaving(tx: Tx, email: str | None, phone: str | None, *, must: bool = False) -> dict[str, datetime]:
    """When a message of something done anyway may leave over each channel it can take; texts only where they can be sent at all."""
    reached = {"email": email, "sms": settings().sms_url and phone}
    return {channel: message_at(tx, channel, recipient, must=must) for channel, recipient in reached.items() if recipient}


def leaving_from_link(tx: Tx, b: BookingSummary, *, must: bool = False) -> dict[str, datetime] | None:
    """The same for what a link did to its booking: it can be done again and again, to somebody else's address. None for others."""
    if tx.actor.kind != "link":
        return None
    return leaving(tx, canonical_email(b.mail_to) if b.mail_to else None, b.text_to, must=must)


def _hashed(tx: Tx, scope: str, subject: str) -> str:
    """The subject as it is kept; nobody else counts it until this transaction ends."""
    hashed = keyed_hash("attempt", tx.store_id, scope, subject)[:32]
    tx.db.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"{tx.store_id}:{scope}:{hashed}"})
    return hashed


def _room(tx: Tx, channel: str, recipient: str, weight: int = 1) -> tuple[str, datetime]:
    """(the recipient as it is kept, when `weight` more may leave). No limit looks further back than its own number of messages."""
    hashed = _hashed(tx, channel, recipient)
    taken = tx.db.execute(select(Attempt.at).where(
        Attempt.store_id == tx.store_id, Attempt.scope == channel, Attempt.subject == hashed, Attempt.at > tx.now - DAY,
    ).order_by(Attempt.at.desc()).limit(max(most for most, _ in MESSAGES))).scalars()
    return hashed, room_at(list(taken), MESSAGES, tx.now, weight)


def _note(tx: Tx, scope: str, hashed: str, at: datetime, weight: int = 1) -> None:
    tx.db.execute(insert(Attempt), [{"store_id": tx.store_id, "scope": scope, "subject": hashed, "at": at}] * weight)


def _refused(tx: Tx, until: datetime) -> Refused:
    return Refused("rate_limited", retry_after=max(1, int((until - tx.now).total_seconds())))

"""Look at what is due for bookings: remind of the visit, or ask how it was (R37, R40, A160, I59)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, update

from booking import notices
from booking.actions.action import Done, action
from booking.held_place import kept_start
from booking.feedback import given_for
from booking.links import feedback_path, store_origin
from booking.rules.feedback import FeedbackFacts
from booking.rules.reminders import DROP, DueReminder, Outcome, reminder_outcome, request_outcome
from models.booking import Booking
from models.booking_summary import BookingSummary, lock_many
from models.reminder import Reminder
from models.session import Tx
from models.store import Store


class Due(NamedTuple):
    booking_id: int
    kind: str
    lead_s: int
    starts_at: datetime
    since: datetime


@action
def send_reminders(tx: Tx, *, limit: int = 200) -> Done:
    """Decide what becomes of each due reminder of the store, and queue the messages of those to send. `facts["looked_at"]`.

    Bookings are locked first and their reminders read after that: of two workers the second finds them done (I22).
    """
    ids = tx.db.execute(select(Reminder.booking_id).where(
        Reminder.store_id == tx.store_id, Reminder.state == "due", Reminder.due_at <= tx.now).order_by(Reminder.due_at).limit(limit)).scalars().all()
    bookings = {b.id: b for b in lock_many(tx, Booking.id.in_(set(ids)))} if ids else {}
    rows = tx.db.execute(select(Reminder.booking_id, Reminder.kind, Reminder.lead_s, Reminder.starts_at, Reminder.since).where(
        Reminder.store_id == tx.store_id, Reminder.booking_id.in_(list(bookings)), Reminder.state == "due", Reminder.due_at <= tx.now,
    ).order_by(Reminder.booking_id, Reminder.kind, Reminder.lead_s)).all()
    asks = tx.db.execute(select(Store.ask_feedback).where(Store.store_id == tx.store_id)).scalar_one()
    reminded: set[int] = set()
    for row in map(Due._make, rows):
        b = bookings[row.booking_id]
        outcome = _outcome(tx, row, b, asks)
        if row.kind == "before" and outcome.verdict == "send":
            # After an outage several may be due at once: the nearest says it all.
            outcome = DROP if b.id in reminded else outcome
            reminded.add(b.id)
        if outcome.verdict == "send":
            _send(tx, row, b)
        _note(tx, row, outcome)
    return Done(facts={"looked_at": len(rows)})


def _outcome(tx: Tx, row: Due, b: BookingSummary, asks: bool) -> Outcome:
    if row.kind == "before":
        return reminder_outcome(DueReminder(timedelta(seconds=row.lead_s), row.starts_at, row.since, b.status, b.starts_at, kept_start(b)), tx.now)
    if not asks or row.starts_at != b.starts_at:
        return DROP
    given = given_for(tx, b.id)
    return request_outcome(FeedbackFacts(b.status, b.ends_at, given.created_at if given else None), tx.now)


def _send(tx: Tx, row: Due, b: BookingSummary) -> None:
    if row.kind == "before":
        notices.tell_customer(tx, "reminder", b, once=f"{row.lead_s}:{b.starts_at:%Y%m%dT%H%M}", quietly=True)
    else:
        notices.tell_customer(tx, "feedback_request", b, quietly=True, feedback_url=store_origin(tx, b.store_slug) + feedback_path(b))


def _note(tx: Tx, row: Due, outcome: Outcome) -> None:
    values = {"due_at": outcome.at} if outcome.verdict == "wait" else {"state": "sent" if outcome.verdict == "send" else "dropped"}
    tx.db.execute(update(Reminder).where(
        Reminder.store_id == tx.store_id, Reminder.booking_id == row.booking_id, Reminder.kind == row.kind, Reminder.lead_s == row.lead_s,
        Reminder.starts_at == row.starts_at).values(**values))

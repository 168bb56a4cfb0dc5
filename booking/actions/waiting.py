"""A move that waits for the shop: until when, and what is kept for it. The parts of a visit wait together (R17, R32)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import insert

from booking import facts
from booking.actions.changing import let_go_of_old_slot
from booking.actions.difference import before_waiting
from booking.held_place import kept_start
from booking.rules import moves
from booking.rules.decision import Refused
from booking.rules.interval import subtract
from booking.rules.policy import TIME_TO_ANSWER
from models.base import new_id
from models.booking import Booking
from models.booking_summary import BookingSummary, lock_many
from models.hold import Hold
from models.session import Tx


class Wait(NamedTuple):
    """How a move waits: `until` when the shop may answer, and whether the old time is given up at once."""

    until: datetime
    released: bool


def wait_alone(tx: Tx, b: BookingSummary, starts_at: datetime) -> Wait | None:
    """How a customer's move of this booking to `starts_at` waits; None when it stands at once. What waited already waits anew, for the
    time chosen now (R29)."""
    return _wait(tx, [b], [b], starts_at) if _asks(tx, b, b.starts_at) else None


def wait_together(tx: Tx, parts: Sequence[BookingSummary], starts_at: datetime) -> Wait | None:
    """The same for a visit that is to begin at `starts_at`: as soon as one part has to be agreed to, all of it waits."""
    asking = [b for b in parts if _asks(tx, b, parts[0].starts_at)]
    return _wait(tx, parts, asking, starts_at) if asking and tx.actor.is_customer else None


def waiting_with(tx: Tx, b: BookingSummary) -> list[BookingSummary]:
    """What is answered together: the pending parts of its visit, soonest first and locked, or the booking alone."""
    if b.visit_id is None:
        return [b]
    return sorted(lock_many(tx, Booking.visit_id == b.visit_id, Booking.customer_id == b.customer_id, Booking.status == "pending"),
                  key=lambda part: (part.starts_at, part.id))


def asked(b: BookingSummary, wait: Wait) -> dict[str, Any]:
    """The columns of a booking that waits: pending at the new time, with what the old one was, so that it can come back."""
    if b.status == "pending":
        return {"approval_deadline": wait.until}
    held = {
        "starts_at": b.starts_at.isoformat(), "ends_at": b.ends_at.isoformat(), "zone": b.zone, "staff_id": b.staff_id,
        "location_id": b.location_id, "session_id": b.session_id, "buffer_before_s": b.buffer_before_s,
        "buffer_after_s": b.buffer_after_s, "customer_moves": b.customer_moves, "released": wait.released,
        "overlap_ok": b.overlap_ok, "sticky": [b.sticky_num, b.sticky_den, b.sticky_credit]} | before_waiting(b)
    return {"status": "pending", "held": held, "approval_deadline": wait.until}


def hold_old_slots(tx: Tx, parts: Sequence[BookingSummary]) -> None:
    """Keep the old slots of what waits together: seats of class dates, or what of the spans the new ones leave uncovered."""
    new = [(b.staff_id, *_span(b.starts_at, b.ends_at, b.buffer_before_s, b.buffer_after_s)) for b in parts if b.session_id is None]
    for b in parts:
        if kept_start(b) is None:
            continue
        held = b.held
        spans = [_span(*(datetime.fromisoformat(held[edge]) for edge in ("starts_at", "ends_at")), held["buffer_before_s"], held["buffer_after_s"])]
        if held["session_id"] is None:
            spans = subtract(spans, [(start, end) for staff_id, start, end in new if staff_id == held["staff_id"]])
        for start, end in spans:
            tx.db.execute(insert(Hold).values(
                store_id=tx.store_id, id=new_id(), kind="old_slot", booking_id=b.id, service_id=b.service_id, seats=b.seats,
                staff_id=held["staff_id"], session_id=held["session_id"], owner=f"booking:{b.id}", overlap_ok=held["overlap_ok"],
                starts_at=start, ends_at=end, expires_at=b.approval_deadline, created_at=tx.now))


def keep_together(tx: Tx, b: BookingSummary) -> None:
    """`b` waits no longer, or is elsewhere now: the old slots of the other parts of its visit that wait are kept without it."""
    parts = waiting_with(tx, b)
    for part in parts:
        let_go_of_old_slot(tx, part)
    hold_old_slots(tx, parts)


def _asks(tx: Tx, b: BookingSummary, start: datetime) -> bool:
    return b.status == "pending" or b.status == "confirmed" and moves.needs_approval(
        facts.effective_policy(b), first=False, starts_at=start, zone=b.zone, now=tx.now)


def _wait(tx: Tx, parts: Sequence[BookingSummary], asking: Sequence[BookingSummary], starts_at: datetime) -> Wait:
    """Refused too_late where it would be over before the shop could answer."""
    policies = [facts.effective_policy(b) for b in asking]
    old_start = min((start for start in map(_old_start, parts) if start is not None), default=None)
    until = min(moves.approval_deadline(policy, tx.now, starts_at, old_start) for policy in policies)
    if until <= tx.now:
        raise Refused("too_late", kind="reschedule", notice_hours=TIME_TO_ANSWER.hours_text(), started=False, deadline=until)
    return Wait(until, all(policy.release_old_slot_at_once for policy in policies))


def _old_start(b: BookingSummary) -> datetime | None:
    """The start the customer would go back to; a request never approved has none."""
    if b.status == "confirmed":
        return b.starts_at
    return None if b.held is None else datetime.fromisoformat(b.held["starts_at"])


def _span(start: datetime, end: datetime, before: int, after: int) -> tuple[datetime, datetime]:
    return start - timedelta(seconds=before), end + timedelta(seconds=after)

"""Offering what has become free to those who wait: one person at a time, the oldest opt-in first (R34, D27, D28)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, insert, or_, select, update

from booking import openings, waitlist
from booking.actions.action import Done, action
from booking.actions.leave_waitlist import let_go, owner
from booking.openings import Due, Times, Waiter
from booking.rules import waitlist as rules
from booking.rules.interval import subtract
from booking.staff_locks import lock_staff
from booking.waitlist_notices import tell
from models.base import new_id
from models.booking_summary import BookingSummary, find_by_id
from models.hold import Hold
from models.opening import Opening
from models.session import Tx
from models.waitlist_entry import WaitlistEntry
from models.waitlist_offer import WaitlistOffer

TAKEN_FOR = timedelta(minutes=1)


@action
def expire_waiting(tx: Tx, *, limit: int = 100) -> Done:
    """End offers past their claim window, so that the next in line is asked, and waiting that nothing can come of any more: a certain
    time, and a place on a certain date, is offered once."""
    due = tx.db.execute(select(WaitlistOffer.id, WaitlistOffer.entry_id).where(
        WaitlistOffer.store_id == tx.store_id, WaitlistOffer.state == "open", WaitlistOffer.expires_at <= tx.now,
    ).order_by(WaitlistOffer.id).limit(limit).with_for_update(skip_locked=True)).all()
    ids = [row.id for row in due]
    tx.db.execute(update(WaitlistOffer).where(WaitlistOffer.store_id == tx.store_id, WaitlistOffer.id.in_(ids)).values(
        state="expired", closed_at=tx.now))
    let_go(tx, ids)
    for row in due:
        tx.audit("expire_earlier_slot", subject="waitlist", subject_id=row.entry_id, offer=row.id)
    missed = and_(WaitlistEntry.kind != "earlier", WaitlistEntry.id.in_([row.entry_id for row in due]))
    over = tx.db.execute(update(WaitlistEntry).where(
        WaitlistEntry.store_id == tx.store_id, WaitlistEntry.state == "waiting", or_(WaitlistEntry.lives_until <= tx.now, missed),
    ).values(state="ended", end_reason="past", ended_at=tx.now).returning(WaitlistEntry.id)).scalars().all()
    for entry_id in over:
        tx.audit("end_waitlist", subject="waitlist", subject_id=entry_id, after={"reason": "past"})
    return Done(facts={"expired": len(ids), "ended": len(over)})


@action
def take_opening(tx: Tx) -> Done:
    """The soonest of the due openings, out of others' reach for a minute; `facts["id"]`, None without any.

    Should the next step fail, it is due again then, and those behind it are not kept waiting.
    """
    opening_id = tx.db.execute(select(Opening.id).where(
        Opening.store_id == tx.store_id, Opening.due_at <= tx.now,
    ).order_by(Opening.from_at, Opening.id).limit(1).with_for_update(skip_locked=True)).scalar()
    if opening_id is not None:
        tx.db.execute(update(Opening).where(Opening.store_id == tx.store_id, Opening.id == opening_id).values(due_at=tx.now + TAKEN_FOR))
    return Done(facts={"id": opening_id})


@action
def fill_opening(tx: Tx, opening_id: int) -> Done:
    """Give an opening away. `facts["offered"]`: to how many people.

    One opening may serve several, each another time of it. Where somebody would be asked but rests, or looks at the time while
    booking, it stays and is due again then; otherwise it is done with.
    """
    row = tx.db.execute(select(*(getattr(Opening, name) for name in Due._fields)).where(
        Opening.store_id == tx.store_id, Opening.id == opening_id).with_for_update()).one_or_none()
    if row is None:
        return Done(facts={"offered": 0})
    opening, terms = Due._make(row), waitlist.terms_of(tx)
    offered, again = 0, None
    if terms.waitlist and opening.to_at > tx.now:
        # Whoever else wants this time waits here; nobody's row is held while we wait for them.
        lock_staff(tx, [opening.staff_id])
        offered, again = (_fill_seats if opening.session_id else _fill_time)(tx, opening, terms)
    mine = (Opening.store_id == tx.store_id, Opening.id == opening.id)
    if again is not None and again < opening.to_at:
        tx.db.execute(update(Opening).where(*mine).values(due_at=again))
    else:
        tx.db.execute(delete(Opening).where(*mine))
    return Done(facts={"offered": offered})


def _fill_time(tx: Tx, opening: Due, terms: waitlist.Terms) -> tuple[int, datetime | None]:
    """(offers made, when to look again)."""
    rota, times = openings.rota_of(tx, opening.staff_id), Times(tx, opening, openings.heard_of(tx, opening.staff_id))
    line = openings.in_line(tx, opening) if rota else []
    offered, again, asked = 0, [], set()
    for waiter in line:
        fitting = times.fitting(waiter, rota.zone, terms.bands)
        if not fitting:
            continue
        rests = _rests(waiter, tx.now, terms, asked)
        if rests is not None:
            again.append(rests)
            continue
        before, duration, after = times.length(waiter.entry.service_id)
        lead_time = timedelta(seconds=times.offer(waiter.entry.service_id).shape.lead_time)
        start = min(fitting)
        if _give(tx, waiter, opening, start, start + duration, lead_time, terms, (before, after)):
            times.given.append((start - before, start + duration + after))
            asked.add(waiter.entry.customer_id)
            offered += 1
    if line and (kept := openings.looked_at_until(tx, opening)) is not None:
        again.append(kept)
    return offered, min(again, default=None)


def _fill_seats(tx: Tx, opening: Due, terms: waitlist.Terms) -> tuple[int, datetime | None]:
    """Seats of a class date, to those who wait for it and to those booked on a later one of the same class."""
    found = waitlist.find_date(tx, opening.session_id or 0)
    if found is None or found.status != "scheduled":
        return 0, None
    left, offered, again, asked = found.capacity - found.seats_taken, 0, [], set()
    heard = openings.heard_of(tx, opening.staff_id)
    for waiter in openings.in_line(tx, opening):
        entry = waiter.entry
        mine = entry.kind == "seat" or (entry.service_id == found.service_id and found.starts_at < entry.before
                                        and rules.wants(entry.wishes, found.starts_at, found.zone, terms.bands))
        if not mine or entry.seats > left or (found.starts_at, found.ends_at) in heard.get(entry.id, ()):
            continue
        rests = _rests(waiter, tx.now, terms, asked)
        if rests is not None:
            again.append(rests)
        elif _give(tx, waiter, opening, found.starts_at, found.ends_at, timedelta(seconds=found.lead_time_s), terms, None):
            left -= entry.seats
            asked.add(entry.customer_id)
            offered += 1
    return offered, min(again, default=None)


def _rests(waiter: Waiter, now: datetime, terms: waitlist.Terms, asked: set[int]) -> datetime | None:
    """Until when this customer is not asked: hours after the last offer, and while one stands (I37). `asked`: a moment ago."""
    if waiter.entry.customer_id in asked:
        return now + timedelta(hours=terms.rest_hours)
    until = [at for at in (rules.rests_until(waiter.told_at, now, terms.rest_hours), waiter.busy_until) if at is not None]
    return max(until, default=None)


def _give(tx: Tx, waiter: Waiter, opening: Due, start: datetime, end: datetime, lead_time: timedelta, terms: waitlist.Terms,
          buffers: tuple[timedelta, timedelta] | None) -> bool:
    """Hold the time or the seats for the entry and write to the customer; False when the entry or the time is over by now."""
    until = rules.claim_until(tx.now, start, lead_time, terms.claim_minutes)
    if until is None or not _still_waits(tx, waiter.entry.id):
        return False
    entry, b = waiter.entry, None
    if entry.kind == "earlier":
        b = find_by_id(tx, entry.booking_id or 0)
    offer_id = new_id()
    tx.db.execute(insert(WaitlistOffer).values(
        store_id=tx.store_id, id=offer_id, entry_id=entry.id, customer_id=entry.customer_id, booking_id=None if b is None else b.id,
        service_id=entry.service_id, staff_id=opening.staff_id, session_id=opening.session_id, starts_at=start, ends_at=end,
        expires_at=until, created_at=tx.now))
    hold = {"store_id": tx.store_id, "kind": "offer", "booking_id": None if b is None else b.id, "service_id": entry.service_id,
            "staff_id": opening.staff_id, "session_id": opening.session_id, "seats": entry.seats, "owner": owner(offer_id),
            "expires_at": until, "created_at": tx.now}
    spans = [(start, end)] if buffers is None else _uncovered((start - buffers[0], end + buffers[1]), waiter, opening)
    for first, last in spans:
        tx.db.execute(insert(Hold).values(id=new_id(), starts_at=first, ends_at=last, **hold))
    tx.audit("offer_earlier_slot", subject="waitlist", subject_id=entry.id, booking_id=None if b is None else b.id, offer=offer_id,
             after={"starts_at": start, "staff_id": opening.staff_id, "until": until})
    _tell(tx, entry, b or waitlist.request_of(tx, entry), offer_id)
    return True


def _still_waits(tx: Tx, entry_id: int) -> bool:
    """Look again under the entry's lock: its booking may have gone in the meantime."""
    return tx.db.execute(select(WaitlistEntry.state).where(
        WaitlistEntry.store_id == tx.store_id, WaitlistEntry.id == entry_id).with_for_update()).scalar() == "waiting"


def _uncovered(span: tuple[datetime, datetime], waiter: Waiter, opening: Due) -> list[Any]:
    """What of the time the booking does not cover itself: a short step forward overlaps its own place."""
    own = [(waiter.own_from, waiter.own_to)] if waiter.own_staff == opening.staff_id else []
    return subtract([span], own)


def _tell(tx: Tx, entry: waitlist.Entry, b: BookingSummary | None, offer_id: int) -> None:
    held = next(offer for offer in waitlist.offers_of(tx, entry.id) if offer.id == offer_id)
    tell(tx, "earlier_slot", entry, b, offer={
        "id": offer_id, "starts_at": held.starts_at.isoformat(), "zone": held.zone, "staff": held.staff_name,
        "until": held.expires_at.isoformat()})

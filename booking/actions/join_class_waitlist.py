"""Waiting for a seat of a full class date, with an account or without (R34, I37)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update

from booking import limits, waitlist
from booking.actions.action import Done, action
from booking.actions.new_entry import new_entry
from booking.actions.people import Person, customer_for
from booking.rules import waitlist as rules
from booking.rules.decision import Decision, Refused
from booking.waitlist_notices import tell
from models.class_session import ClassSession
from models.session import Tx
from models.store import Store
from models.waitlist_entry import WaitlistEntry

PER_SOURCE = ((20, limits.HOUR),)


@action
def join_class_waitlist(tx: Tx, session_id: int, *, seats: int = 1, person: Person | None = None, customer_id: int | None = None,
                        source: str = "") -> Done:
    """Wait for `seats` of a date that is full for so many. Joining twice keeps the first place, with the number asked for last.
    `facts`: id and place; `new`: they stood in no line before; `changed`: another number than before; `held`: seats are held for them,
    so the number stayed.

    Refused: as `may_join`, not_found, no_change when there is room, invalid, rate_limited. `source` is the sender's address.
    """
    date = waitlist.find_date(tx, session_id)
    if date is None:
        raise Refused("not_found")
    may = may_join(tx, date)
    may.require()
    assert may.deadline is not None, "allowed until then"
    if not 1 <= seats <= date.capacity:
        raise Refused("invalid", errors=[{"field": "seats", "problem": f"must be from 1 to {date.capacity}"}])
    customer = customer_for(tx, customer_id, person)
    if customer.email is None and customer.phone is None:
        raise Refused("invalid", errors=[{"field": "email", "problem": "is missing"}])
    # Counted whether this person stands in line already or not: who only typed the address learns nothing (I36).
    leaving = limits.leaving(tx, customer.email_canonical, customer.phone)
    if source:
        limits.count(tx, "waitlist_from", source, *PER_SOURCE)
    if seats_left(tx, date) >= seats:
        raise Refused("no_change")
    known = _waits(tx, session_id, customer.id)
    entry = stand_in_line(tx, date, customer.id, seats, may.deadline, leaving) if known is None else _with_seats(tx, known, seats, leaving)
    return Done(facts={
        "id": entry.id, "place": waitlist.place_of(tx, entry), "new": known is None,
        "changed": known is not None and entry.seats != known.seats, "held": known is not None and entry.seats != seats})


def may_join(tx: Tx, date: waitlist.ClassDate) -> Decision:
    """May anyone wait for a place on this date? The shop offers a waitlist and is open for booking, and the date is still to come."""
    open_ = tx.db.execute(select(Store.open_for_booking).where(Store.store_id == tx.store_id)).scalar_one()
    return rules.may_wait_for_place(
        scheduled=date.status == "scheduled", starts_at=date.starts_at, now=tx.now, lead_time=timedelta(seconds=date.lead_time_s),
        offered=open_ and waitlist.terms_of(tx).waitlist)


def seats_left(tx: Tx, date: waitlist.ClassDate) -> int:
    """How many seats are free, until the end of this transaction no more than that. Whoever joins while the date is being cancelled, or
    a seat given back, comes after it; before it, and they are among those told. Refused closed for a date that is cancelled by now."""
    now = tx.db.execute(select(ClassSession.status, ClassSession.capacity - ClassSession.seats_taken).where(
        ClassSession.store_id == tx.store_id, ClassSession.id == date.id).with_for_update(read=True)).one()
    if now.status != "scheduled":
        raise Refused("closed", kind="date", state=now.status)
    return now[1]


def stand_in_line(tx: Tx, date: waitlist.ClassDate, customer_id: int, seats: int, lives_until: datetime, leaving: dict[str, datetime] | None, *,
                  request_id: int | None = None) -> waitlist.Entry:
    """A new place at the end of the date's line, under `seats_left`, and the message that says so. `request_id`: the request it comes
    from (D29e)."""
    made = new_entry(tx, "seat", session_id=date.id, request_id=request_id, service_id=date.service_id, staff_id=date.staff_id,
                     customer_id=customer_id, seats=seats, before=date.starts_at, lives_until=lives_until)
    tx.audit("join_class_waitlist", subject="waitlist", subject_id=made.id, booking_id=request_id, after={"session_id": date.id, "seats": seats})
    _tell(tx, made, leaving)
    return made


def _with_seats(tx: Tx, known: waitlist.Entry, seats: int, leaving: dict[str, datetime]) -> waitlist.Entry:
    """Waits for so many from here on; the place in line is that of the first time. What is held for them now is answered first."""
    if seats == known.seats:
        return known
    held = waitlist.standing_offer(tx, known.id)
    if held is not None:
        _tell(tx, known, leaving, once=tx.now.isoformat(), seats_stay=seats)
        return known
    tx.db.execute(update(WaitlistEntry).where(WaitlistEntry.store_id == tx.store_id, WaitlistEntry.id == known.id).values(seats=seats))
    tx.audit("change_class_waitlist", subject="waitlist", subject_id=known.id, before={"seats": known.seats}, after={"seats": seats})
    changed = known._replace(seats=seats)
    _tell(tx, changed, leaving, once=tx.now.isoformat(), seats_before=known.seats)
    return changed


def _tell(tx: Tx, entry: waitlist.Entry, leaving: dict[str, datetime] | None, *, once: str = "", **facts: object) -> None:
    tell(tx, "waitlist_joined", entry, None, leaving=leaving, once=once, place=waitlist.place_of(tx, entry),
         rest_hours=waitlist.terms_of(tx).rest_hours, **facts)


def _waits(tx: Tx, session_id: int, customer_id: int) -> waitlist.Entry | None:
    """Their place in the date's line, locked: one that has ended by the time it is ours to change is none."""
    found = tx.db.execute(select(WaitlistEntry.id).where(
        WaitlistEntry.store_id == tx.store_id, WaitlistEntry.session_id == session_id, WaitlistEntry.customer_id == customer_id,
        WaitlistEntry.state == "waiting", WaitlistEntry.kind == "seat").with_for_update()).scalar()
    return None if found is None else waitlist.find_entry(tx, found)

"""Waiting for a seat of a full class date, with an account or without (R34, I37)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update

from booking import limits, waitlist
from booking.actions.action import Done, action
from booking.actions.new_entry import new_entry
from booking.actions.people import Person, customer_for
from booking.rules import waitlist as rules
from booking.rules.decision import Refused
from booking.waitlist_notices import tell
from models.session import Tx
from models.store import Store
from models.waitlist_entry import WaitlistEntry

PER_SOURCE = ((20, limits.HOUR),)


@action
def join_class_waitlist(tx: Tx, session_id: int, *, seats: int = 1, person: Person | None = None, customer_id: int | None = None,
                        source: str = "") -> Done:
    """Wait for `seats` of a date that is full for so many. Joining twice keeps the first place, with the number asked for last.
    `facts`: id and place; `changed`: another number than before; `held`: seats are held for them, so the number stayed.

    Refused: not_found, not_allowed (the shop offers no waitlist, or is closed for booking), no_change when there is room,
    too_late past the lead time, closed for a cancelled date, invalid, rate_limited. `source` is the sender's address.
    """
    date, terms = waitlist.find_date(tx, session_id), waitlist.terms_of(tx)
    if date is None:
        raise Refused("not_found")
    open_ = tx.db.execute(select(Store.open_for_booking).where(Store.store_id == tx.store_id)).scalar_one()
    if not (terms.waitlist and open_):
        raise Refused("not_allowed", kind="waitlist")
    if date.status != "scheduled":
        raise Refused("closed", state=date.status)
    lives_until = rules.lives_until(date.starts_at, timedelta(seconds=date.lead_time_s))
    if tx.now >= lives_until:
        raise Refused("too_late", kind="waitlist", started=tx.now >= date.starts_at)
    if not 1 <= seats <= date.capacity:
        raise Refused("invalid", errors=[{"field": "seats", "problem": f"must be from 1 to {date.capacity}"}])
    if date.capacity - date.seats_taken >= seats:
        raise Refused("no_change")
    customer = customer_for(tx, customer_id, person)
    if customer.email is None and customer.phone is None:
        raise Refused("invalid", errors=[{"field": "email", "problem": "is missing"}])
    # Counted whether this person stands in line already or not: who only typed the address learns nothing (I36).
    leaving = limits.leaving(tx, customer.email_canonical, customer.phone)
    if source:
        limits.count(tx, "waitlist_from", source, *PER_SOURCE)
    known = _waits(tx, session_id, customer.id)
    entry = stand_in_line(tx, date, customer.id, seats, lives_until, leaving) if known is None else _with_seats(tx, known, seats, leaving)
    return Done(facts={"id": entry.id, "place": waitlist.place_of(tx, entry), "changed": known is not None and entry.seats != known.seats,
                       "held": known is not None and entry.seats != seats})


def stand_in_line(tx: Tx, date: waitlist.ClassDate, customer_id: int, seats: int, lives_until: datetime, leaving: dict[str, datetime] | None, *,
                  request_id: int | None = None) -> waitlist.Entry:
    """A new place at the end of the date's line, and the message that says so. `request_id`: the request it comes from (D29e)."""
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

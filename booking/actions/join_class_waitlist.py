"""Waiting for a seat of a full class date, with an account or without (R34, I37)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, select

from booking import limits, waitlist
from booking.actions.action import Done, action
from booking.actions.people import Person, customer_for
from booking.rules import waitlist as rules
from booking.rules.decision import Refused
from booking.waitlist_notices import tell
from models.base import new_id
from models.session import Tx
from models.store import Store
from models.waitlist_entry import WaitlistEntry

PER_SOURCE = ((20, limits.HOUR),)


@action
def join_class_waitlist(tx: Tx, session_id: int, *, seats: int = 1, person: Person | None = None, customer_id: int | None = None,
                        source: str = "") -> Done:
    """Wait for `seats` of a date that is full for so many. Joining twice keeps the first place. `facts`: id and place.

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
    if known is not None:
        return Done(facts={"id": known.id, "place": waitlist.place_of(tx, known)})
    entry_id = new_id()
    tx.db.execute(insert(WaitlistEntry).values(
        store_id=tx.store_id, id=entry_id, kind="seat", session_id=session_id, service_id=date.service_id, staff_id=date.staff_id,
        customer_id=customer.id, seats=seats, before=date.starts_at, lives_until=lives_until, bands=list(rules.BANDS), created_at=tx.now))
    made = waitlist.find_entry(tx, entry_id)
    assert made is not None, "just written"
    place = waitlist.place_of(tx, made)
    tx.audit("join_class_waitlist", subject="waitlist", subject_id=entry_id, after={"session_id": session_id, "seats": seats})
    tell(tx, "waitlist_joined", made, None, leaving=leaving, place=place, rest_hours=terms.rest_hours)
    return Done(facts={"id": entry_id, "place": place})


def _waits(tx: Tx, session_id: int, customer_id: int) -> waitlist.Entry | None:
    found = tx.db.execute(select(WaitlistEntry.id).where(
        WaitlistEntry.store_id == tx.store_id, WaitlistEntry.session_id == session_id, WaitlistEntry.customer_id == customer_id,
        WaitlistEntry.state == "waiting", WaitlistEntry.kind == "seat")).scalar()
    return None if found is None else waitlist.find_entry(tx, found)

"""Who waits for an earlier time or a seat, what they were offered, and how many openings were filled (R34, A154)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, case, exists, func, select, tuple_

from booking import waitlist as read
from booking.rules.decision import Refused
from booking.rules.waitlist import weekdays_of
from models.booking import Booking
from models.customer import Customer
from models.service import Service
from models.session import Tx, reading
from models.waitlist_entry import WaitlistEntry as E
from models.waitlist_offer import WaitlistOffer as O
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import operation, reference
from shopify_app.api.shapes import offers as s

STATES = ("waiting", "offered", "taken", "withdrawn", "ended")
PERIOD = timedelta(days=90)


@operation("GET", "/waitlist", summary="Those who wait, the oldest opt-in first, with what they were offered", answer=s.Waitlist,
           query=PAGING | {"state": f"one or several of {', '.join(STATES)}, comma separated", "service": "id"})
def list_waitlist(call: Call) -> s.Waitlist:
    limit, position = call.limit(), call.position("waitlist")
    with reading(call.store_id) as tx:
        asked = exists().where(O.store_id == E.store_id, O.entry_id == E.id, O.state == "open", O.expires_at > tx.now)
        state = case((and_(E.state == "waiting", asked), "offered"), else_=E.state)
        where = [E.store_id == call.store_id, *_filters(call.query, state)]
        if position is not None:
            where.append(tuple_(E.created_at, E.id) > (datetime.fromisoformat(position[0]), position[1]))
        rows = tx.db.execute(select(
            *read.COLUMNS, E.ended_at, state.label("shown"), Booking.ref, Service.name.label("service_name"), Customer.name.label("who"),
        ).select_from(E).join(Service, and_(Service.store_id == E.store_id, Service.id == E.service_id)).join(
            Customer, and_(Customer.store_id == E.store_id, Customer.id == E.customer_id)).outerjoin(
            Booking, and_(Booking.store_id == E.store_id, Booking.id == E.booking_id)).where(*where).order_by(
                E.created_at, E.id).limit(limit + 1)).all()
        items = [_waiter(tx, row) for row in rows[:limit]]
        summary = _summary(tx)
    last = rows[limit - 1] if len(rows) > limit else None
    return s.Waitlist(items=items, summary=summary,
                      next=None if last is None else call.next("waitlist", [last.created_at.isoformat(), last.id]))


def _filters(query: dict[str, str], state: Any) -> list[Any]:
    where = []
    if "state" in query:
        wanted = query["state"].split(",")
        if set(wanted) - set(STATES):
            raise Refused("invalid", errors=[{"field": "state", "problem": f"must be of {', '.join(STATES)}"}])
        where.append(state.in_(wanted))
    if "service" in query:
        where.append(E.service_id == reference(query["service"], "service"))
    return where


def _waiter(tx: Tx, row: Any) -> s.WaiterOut:
    entry = read.Entry._make(row[:len(read.Entry._fields)])
    return s.WaiterOut(
        id=str(entry.id), kind=entry.kind, state=row.shown, end_reason=entry.end_reason,
        place=read.place_of(tx, entry) if entry.state == "waiting" else None, booking=row.ref,
        session=None if entry.session_id is None else str(entry.session_id), service=str(entry.service_id), service_name=row.service_name,
        staff=None if entry.staff_id is None else str(entry.staff_id), customer=str(entry.customer_id), customer_name=row.who,
        seats=entry.seats, before=entry.before, weekdays=weekdays_of(entry.weekdays), bands=entry.bands, created_at=entry.created_at,
        ended_at=row.ended_at, offers=[_held(tx, held) for held in read.offers_of(tx, entry.id)])


def _held(tx: Tx, held: read.Held) -> s.HeldOut:
    here = ZoneInfo(held.zone)
    return s.HeldOut(
        starts_at=held.starts_at.astimezone(here), ends_at=held.ends_at.astimezone(here), staff=str(held.staff_id), staff_name=held.staff_name,
        state="expired" if held.state == "open" and not held.stands(tx.now) else held.state, created_at=held.created_at,
        expires_at=held.expires_at)


def _summary(tx: Tx) -> s.WaitlistSummary:
    """A time offered to three people and taken by the third is one time, filled."""
    since = tx.now - PERIOD
    times = select(O.staff_id, O.starts_at, func.bool_or(O.state == "accepted").label("filled")).where(
        O.store_id == tx.store_id, O.created_at > since).group_by(O.staff_id, O.starts_at).subquery()
    offered, filled = tx.db.execute(select(func.count(), func.count().filter(times.c.filled)).select_from(times)).one()
    waiting = tx.db.execute(select(func.count()).select_from(E).where(E.store_id == tx.store_id, E.state == "waiting")).scalar_one()
    return s.WaitlistSummary(waiting=waiting, since=since, offered_times=offered, filled_times=filled,
                             fill_rate=filled / offered if offered else None)

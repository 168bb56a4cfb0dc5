"""Who waits for an earlier time, a seat or a time asked for in vain, what they were offered, and how many openings were filled (R34, A154)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from booking import waitlist as read
from booking.actions.remove_waiter import remove_waiter
from booking.rules.decision import Refused
from booking.rules.waitlist import weekdays_of
from booking.waiting_list import STATES, Listed, offers_to, page, waiting_count
from models.session import Tx, reading
from models.waitlist_offer import WaitlistOffer as O
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import number, operation, reference
from shopify_app.api.shapes import offers as s
from shopify_app.api.shapes.base import Nothing

PERIOD = timedelta(days=90)


@operation("GET", "/waitlist", summary="Those who wait, the oldest opt-in first, with what they were offered", answer=s.Waitlist,
           query=PAGING | {"state": f"one or several of {', '.join(STATES)}, comma separated", "service": "id"})
def list_waitlist(call: Call) -> s.Waitlist:
    limit, position = call.limit(), call.position("waitlist")
    states, service_id = _states(call.query), reference(call.query.get("service"), "service")
    with reading(call.store_id) as tx:
        rows = page(tx, states=states, service_id=service_id, limit=limit + 1,
                    after=None if position is None else (datetime.fromisoformat(position[0]), position[1]))
        offers = offers_to(tx, [row.entry.id for row in rows[:limit]])
        items = [_waiter(tx, row, offers.get(row.entry.id, [])) for row in rows[:limit]]
        summary = _summary(tx)
    last = rows[limit - 1].entry if len(rows) > limit else None
    return s.Waitlist(items=items, summary=summary,
                      next=None if last is None else call.next("waitlist", [last.created_at.isoformat(), last.id]))


@operation("DELETE", "/waitlist/{id}", summary="Take someone off the waitlist", answer=Nothing)
def delete_waiter(call: Call, id: str) -> None:
    """What is held for them goes to the next in line."""
    call.act(remove_waiter, number(id), show=lambda tx, done: None)


def _states(query: dict[str, str]) -> list[str]:
    wanted = query["state"].split(",") if "state" in query else []
    if set(wanted) - set(STATES):
        raise Refused("invalid", errors=[{"field": "state", "problem": f"must be of {', '.join(STATES)}"}])
    return wanted


def _waiter(tx: Tx, row: Listed, offers: list[read.Held]) -> s.WaiterOut:
    entry = row.entry
    return s.WaiterOut(
        id=str(entry.id), kind=entry.kind, state=row.state, end_reason=entry.end_reason,
        place=read.place_of(tx, entry) if entry.state == "waiting" else None, booking=row.booking, request=row.request,
        session=None if entry.session_id is None else str(entry.session_id), service=str(entry.service_id), service_name=row.service_name,
        staff=None if entry.staff_id is None else str(entry.staff_id), customer=str(entry.customer_id), customer_name=row.customer_name,
        seats=entry.seats, before=entry.before, weekdays=weekdays_of(entry.weekdays), bands=entry.bands, created_at=entry.created_at,
        ended_at=row.ended_at, offers=[_held(tx, held) for held in offers])


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
    return s.WaitlistSummary(waiting=waiting_count(tx), since=since, offered_times=offered, filled_times=filled,
                             fill_rate=filled / offered if offered else None)

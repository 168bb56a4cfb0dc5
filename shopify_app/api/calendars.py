"""Calendars of staff members: one read from elsewhere, one given out. Accounts are connected in the dashboard: that takes a browser."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from booking.actions.staff_calendars import remove_calendar, renew_staff_feed, set_calendar
from booking.calendar_state import state_of
from models.session import Tx, reading
from shopify_app.api.call import Call
from shopify_app.api.door import number, operation
from shopify_app.api.shapes.base import Nothing, Shape


class CalendarIn(Shape):
    """The secret address of a calendar file, as calendar services give it out; kept encrypted and never shown again."""

    url: Annotated[str, Field(min_length=8, max_length=2000)]


class CalendarOut(Shape):
    """`busy_spans` is how much busy time was found; `problem` says why the last reading failed. `feed`: whether one is given out.

    `source`: a file (`host` says where), or an account that somebody has connected on the staff member's screen of the dashboard;
    `reconnect`: the account lets us in no longer and has to be connected there again.
    """

    staff: str
    source: Literal["ics", "google", "microsoft"] | None
    host: str | None
    state: Literal["none", "new", "ok", "failing", "reconnect"]
    problem: str | None
    busy_spans: int
    fetched_at: datetime | None
    feed: bool


class FeedOut(Shape):
    """The address is shown this once; whoever has it sees the bookings of the staff member."""

    url: str


@operation("GET", "/staff/{id}/calendar", summary="The calendar read for a staff member", answer=CalendarOut)
def get_staff_calendar(call: Call, id: str) -> CalendarOut:
    with reading(call.store_id) as tx:
        return _shown(tx, number(id))


@operation("PUT", "/staff/{id}/calendar", summary="Read busy time from this calendar file, every half hour", body=CalendarIn, answer=CalendarOut)
def put_staff_calendar(call: Call, id: str) -> Any:
    return call.act(set_calendar, number(id), call.body.url, show=lambda tx, done: _shown(tx, number(id)))


@operation("DELETE", "/staff/{id}/calendar", summary="Read it no longer; its busy time is free again", answer=Nothing)
def delete_staff_calendar(call: Call, id: str) -> None:
    call.act(remove_calendar, number(id), show=lambda tx, done: None)


@operation("POST", "/staff/{id}/calendar/feed", summary="A new secret address with the staff member's bookings; the old one ends", answer=FeedOut, status=201)
def post_staff_feed(call: Call, id: str) -> Any:
    return call.act(renew_staff_feed, number(id), show=lambda tx, done: FeedOut(url=f"{call.origin}/staff-calendar/{done.facts['secret']}.ics"))


@operation("DELETE", "/staff/{id}/calendar/feed", summary="Give it out no longer", answer=Nothing)
def delete_staff_feed(call: Call, id: str) -> None:
    call.act(renew_staff_feed, number(id), stop=True, show=lambda tx, done: None)


def _shown(tx: Tx, staff_id: int) -> CalendarOut:
    found = state_of(tx, staff_id)
    return CalendarOut(staff=str(staff_id), source=found.source, host=found.host, state=found.state if found.source else "none", problem=found.problem,
                       busy_spans=found.busy_spans, fetched_at=found.fetched_at, feed=found.feed)

"""A staff member's calendar: where their busy time is read from, and the address their bookings are given out under (A150)."""

from __future__ import annotations

from typing import Any

from booking.actions.staff_calendars import remove_calendar, renew_staff_feed, set_calendar
from booking.calendar_state import state_of
from booking.keys import settings
from booking.links import store_origin
from booking.rules.decision import Refused
from gateways.accounts.provider import PROVIDERS, offered
from models.session import reading
from shopify_app.dashboard.door import Visit, screen
from shopify_app.dashboard.typed import Typed, must_be_id


@screen("/staff/<int:staff_id>/calendar")
def staff_calendar(visit: Visit, staff_id: int) -> Any:
    return show_calendar(visit, staff_id)


@screen("/staff/<int:staff_id>/calendar/file", methods=("POST",))
def calendar_file(visit: Visit, staff_id: int) -> Any:
    """Read a calendar file from now on."""
    typed = Typed(visit.words)
    url = typed.text("url", 2001)
    if not url.lower().startswith(("https://", "webcal://")) and not _of_sandbox(url):
        typed.wrong("url", visit.words._("Please enter an address that starts with https:// or webcal://."))
    else:
        try:
            set_calendar(visit.store_id, visit.actor, must_be_id(staff_id), url)
            return visit.go(f"/staff/{staff_id}/calendar", done="calendar_set")
        except Refused as refused:
            if refused.code != "invalid":
                raise
            typed.refused(refused)
    return show_calendar(visit, staff_id, form=typed.shown(), problems=typed.problems, status=422)


@screen("/staff/<int:staff_id>/calendar/remove", methods=("POST",))
def calendar_remove(visit: Visit, staff_id: int) -> Any:
    remove_calendar(visit.store_id, visit.actor, must_be_id(staff_id))
    return visit.go(f"/staff/{staff_id}/calendar", done="calendar_removed")


@screen("/staff/<int:staff_id>/calendar/feed", methods=("POST",))
def calendar_feed(visit: Visit, staff_id: int) -> Any:
    """A new secret address, shown this once; `do` stop ends the one there is."""
    stop = Typed(visit.words).do == "stop"
    secret = (renew_staff_feed(visit.store_id, visit.actor, must_be_id(staff_id), stop=stop).facts or {})["secret"]
    if stop:
        return visit.go(f"/staff/{staff_id}/calendar", done="feed_stopped")
    with reading(visit.store_id) as tx:
        origin = store_origin(tx, visit.store.slug)
    return show_calendar(visit, staff_id, made=f"{origin}/staff-calendar/{secret}.ics")


def show_calendar(visit: Visit, staff_id: int, *, form: dict[str, Any] | None = None, problems: dict[str, str] | None = None, status: int = 200,
                  made: str | None = None, problem: str | None = None) -> Any:
    """`problem`: why an account could not be connected."""
    with reading(visit.store_id) as tx:
        found = state_of(tx, must_be_id(staff_id))
    known = PROVIDERS.get(found.source or "")
    return visit.show(
        "staff_calendar.html", here="staff", c=found, account=known.name if known else None, form=form or {}, problems=problems or {}, status=status,
        made=made, problem=problem, providers=offered(), read_at=visit.words.when(found.fetched_at, found.zone) if found.fetched_at else None)


def _of_sandbox(url: str) -> bool:
    """Tests and the demo have calendar files of their own."""
    sandbox = settings().sandbox_url
    return bool(sandbox) and settings().environment != "production" and url.startswith(f"{sandbox}/")

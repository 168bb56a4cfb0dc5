"""In the account: the full classes and the times somebody waits for, with their place in line, and leaving the line (R34, D29e)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import abort, g, redirect

from booking.actions.leave_waitlist import leave_entry
from booking.class_waits import ClassWait, is_of
from booking.rules.wall_time import local_date
from booking.waitlist import entry_path
from booking.wording import Words
from models.actor import Actor
from models.session import reading
from storefront.blueprint import bp
from storefront.door import require_login
from storefront.zones import shown_zone


@dataclass(frozen=True, slots=True)
class WaitCard:
    """A class date or time waited for, as the list and the calendar show it. `url` is the page of the wait, `leave` takes it out of the line."""

    url: str
    leave: str
    service: str
    line: str
    day: str
    weekday: str
    month: str
    year: str
    date: str
    start: str
    time: str
    status_text: str
    held: str | None
    status: str = "waiting"
    there: str = ""
    parts: tuple[str, ...] = ()


def zone_of(wait: ClassWait, own: str | None) -> str:
    return shown_zone(wait.location_kind, wait.zone, own)


def wait_card(wait: ClassWait, store_id: int, w: Words, now: datetime, own: str | None) -> WaitCard:
    """Told in the customer's own zone where it is online, as bookings are (R13)."""
    zone = zone_of(wait, own)
    span, day = w.span(wait.starts_at, wait.ends_at, zone), local_date(wait.starts_at, zone)
    weekday, month, year, date = w.tile(day, local_date(now, zone).year)
    said = w._("A place is held for you until {when}.") if wait.kind == "seat" else w._("It is held for you until {when}.")
    held = None if wait.held_until is None else said.format(when=w.when(wait.held_until, zone))
    more = {} if wait.offer_id is None else {"offer": wait.offer_id}
    return WaitCard(
        entry_path(store_id, wait.id, **more), f"/account/waitlist/{wait.id}/leave", wait.service_name,
        w.dot.join((span, wait.staff_name, wait.location_name)), str(day.day), weekday, month, year, date,
        w.time(wait.starts_at, zone), span, place_text(w, wait), held, there="" if zone == wait.zone else w.when(wait.starts_at, wait.zone))


def place_text(w: Words, wait: ClassWait) -> str:
    return w._("Number {n} in line").format(n=wait.place)


@bp.post("/account/waitlist/<int(max=9223372036854775807):entry_id>/leave")
def leave_class_line(entry_id: int):  # noqa: ANN201
    """Out of the line; a second click finds it done."""
    with reading(g.store_id) as tx:
        _, person = require_login(tx)
        if not is_of(tx, entry_id, person.customer_id):
            abort(404)
    leave_entry(g.store_id, Actor("customer", "account", person.customer_id), entry_id)
    return redirect("/account?left=1", 303)

"""The waitlist: who waits for what and since when, what they were offered and how it ended; taking someone off it (R34)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask import Response, request

from booking import waitlist as read
from booking.actions.remove_waiter import remove_waiter
from booking.keys import sign, unsign
from booking.rules.decision import Refused
from booking.rules.waitlist import BANDS, EVERY_DAY, weekdays_of
from booking.waiting_list import OVER, WAITS, Listed, offers_to, page
from booking.wording import Words
from models.booking_summary import find
from models.session import Tx, reading
from shopify_app.dashboard import given
from shopify_app.dashboard.door import EVERYONE, MANAGERS, Visit, screen

PAGE = 50
SHOWN = {"": WAITS, "offered": ("offered",), "over": OVER}
"""What each tab shows."""


class Line(NamedTuple):
    """A row as the screen says it. `about` is (address or None, text); `offers` what was held for them, the newest first."""

    id: int
    customer_id: int
    name: str
    kind: str
    service: str
    about: list[tuple[str | None, str]]
    wishes: str
    since: str
    state: str
    state_text: str
    why: str
    offers: list[str]
    removable: bool


@screen("/waitlist", roles=EVERYONE)
def waitlist(visit: Visit) -> Any:
    return _page(visit)


@screen("/waitlist/<int:entry_id>/remove", roles=MANAGERS, methods=("POST",))
def remove_from_waitlist(visit: Visit, entry_id: int) -> Any:
    """What is held for them goes to the next in line."""
    try:
        remove_waiter(visit.store_id, visit.actor, given.known_id(entry_id))
    except Refused as refused:
        if refused.code != "closed":
            raise
        return _page(visit, problem=visit.words._("This wait is over already."), status=409)
    return visit.go("/waitlist", done="removed")


def _page(visit: Visit, *, problem: str | None = None, status: int = 200) -> Response:
    w, show = visit.words, request.args.get("show", "")
    show = show if show in SHOWN else ""
    narrow = {name: text for name in ("booking", "session") if (text := given.text(request.args.get(name), 40))}
    with reading(visit.store_id) as tx:
        b = find(tx, given.known_ref(narrow["booking"])) if "booking" in narrow else None
        if "booking" in narrow and b is None:
            raise Refused("not_found")
        rows = page(tx, states=SHOWN[show], booking_id=b.id if b else None, session_id=given.whole(narrow.get("session")),
                    newest_first=show == "over", after=_position(visit, show), limit=PAGE + 1)
        lines = _lines(tx, visit, rows[:PAGE])
        on = read.terms_of(tx).waitlist
    more = None
    if len(rows) > PAGE:
        last = rows[PAGE - 1].entry
        more = visit.url("/waitlist", show=show, **narrow, cursor=sign("waitlist-cursor", [visit.store_id, show, last.created_at.isoformat(), str(last.id)]))
    tabs = [(visit.url("/waitlist", show=key, **narrow), text, show == key)
            for key, text in (("", w._("Waiting")), ("offered", w._("Offered now")), ("over", w._("History")))]
    return visit.show("waitlist.html", here="waitlist", status=status, rows=lines, tabs=tabs, more=more, problem=problem, on=on,
                      narrowed=bool(narrow), may_set=visit.may(MANAGERS))


def _position(visit: Visit, show: str) -> tuple[datetime, int] | None:
    body = unsign("waitlist-cursor", request.args.get("cursor", ""))
    if not isinstance(body, list) or len(body) != 4 or body[:2] != [visit.store_id, show]:
        return None
    return datetime.fromisoformat(body[2]), int(body[3])


def _lines(tx: Tx, visit: Visit, rows: Sequence[Listed]) -> list[Line]:
    offers = offers_to(tx, [row.entry.id for row in rows])
    return [_line(visit, row, offers.get(row.entry.id, []), tx.now) for row in rows]


def _line(visit: Visit, row: Listed, offers: list[read.Held], now: datetime) -> Line:
    w, e = visit.words, row.entry
    kinds = {"earlier": w._("An earlier time"), "seat": w._("A place in a full class"), "again": w._("The time asked for")}
    return Line(
        e.id, e.customer_id, row.customer_name, kinds[e.kind], row.service_name, _about(visit, row), _wishes(w, row),
        w.when(e.created_at, row.zone), {"offered": "confirmed", "waiting": "pending", "taken": "confirmed"}.get(row.state, "plain"), state_text(w, row.state),
        _why(w, row), [_offer(w, held, row.zone, now) for held in offers], row.state in WAITS and visit.may(MANAGERS))


def _about(visit: Visit, row: Listed) -> list[tuple[str | None, str]]:
    """The time it is about, leading to the booking, the request or the class date; then what came of it."""
    w, e = visit.words, row.entry
    when = w.when(e.before, row.zone)
    if e.kind == "earlier":
        return [(visit.url(f"/bookings/{row.booking}"), w._("Booked: {when}").format(when=when))]
    found: list[tuple[str | None, str]] = [(visit.url(f"/classes/{e.session_id}") if e.session_id else visit.url(f"/bookings/{row.request}"), when)]
    if e.session_id and row.request:
        found.append((visit.url(f"/bookings/{row.request}"), w._("The request that was turned down")))
    if row.booking:
        found.append((visit.url(f"/bookings/{row.booking}"), w._("The booking it became")))
    return found


def _wishes(w: Words, row: Listed) -> str:
    """Days, times of day and with whom, where they say less than everything; how many places."""
    e = row.entry
    if e.kind == "seat":
        return w.ngettext("{n} place", "{n} places", e.seats).format(n=e.seats)
    parts = []
    if e.weekdays != EVERY_DAY:
        names = w.weekday_names()
        parts.append(w.comma.join(names[day] for day in weekdays_of(e.weekdays)))
    if set(e.bands) != set(BANDS):
        bands = {"morning": w._("Morning"), "afternoon": w._("Afternoon"), "evening": w._("Evening")}
        parts.append(w.comma.join(bands[band] for band in e.bands))
    parts.append(w._("With {staff}").format(staff=row.staff_name) if row.staff_name else w._("Anyone free"))
    return w.dot.join(parts)


def state_text(w: Words, state: str) -> str:
    return {"waiting": w._("waiting"), "offered": w._("offered now"), "taken": w._("taken"), "withdrawn": w._("has left"), "ended": w._("ended")}[state]


def _why(w: Words, row: Listed) -> str:
    """How a wait ended, and when; empty for one that goes on."""
    if row.ended_at is None:
        return ""
    reasons = {"moved": w._("The booking was moved."), "closed": w._("The booking was closed."), "past": w._("The time has come too near, or was not taken."),
               "cancelled": w._("The class date was cancelled."), "removed": w._("Removed by the shop.")}
    when = w.when(row.ended_at, row.zone)
    return f"{reasons[row.entry.end_reason]} {when}" if row.entry.end_reason else when


def _offer(w: Words, held: read.Held, zone: str, now: datetime) -> str:
    state = "expired" if held.state == "open" and not held.stands(now) else held.state
    became = {"open": w._("held until {when}").format(when=w.when(held.expires_at, zone)), "accepted": w._("taken"), "refused": w._("refused"),
              "expired": w._("not answered"), "void": w._("no longer possible")}[state]
    return w._("{when}, with {staff}: {became}").format(when=w.when(held.starts_at, held.zone), staff=held.staff_name, became=became)

"""The account: upcoming and past bookings as a list, and a calendar (A4, A5, A30)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import g, make_response, redirect, request

from booking.credit import all_credit_of
from booking.keys import sign, unsign
from booking.rules.wall_time import day_span, local_date
from booking.wording import Words
from models.booking_list import ListedBooking, past_of, upcoming_of
from models.booking_summary import BookingSummary, between
from models.session import reading
from storefront.blueprint import bp, page, words
from storefront.cookies import refresh_login
from storefront.door import require_login
from storefront.picker import month_end, read_date
from storefront.presenting import Card, cards, credit_lines

PAGE = 20


@dataclass(frozen=True, slots=True)
class CalendarDay:
    date: str
    number: int
    inside: bool
    today: bool
    label: str
    cards: list[Card]


@bp.get("/")
def home():  # noqa: ANN201
    return redirect("/account", 302)


@bp.get("/account")
def account():  # noqa: ANN201
    """Both groups with paging; `?view=calendar` the same bookings in a month."""
    with reading(g.store_id) as tx:
        store, person = require_login(tx)
        w = words(store, person)
        if request.args.get("view") == "calendar":
            return _calendar(tx, store, person, w)
        upcoming = upcoming_of(tx, person.customer_id, after=_cursor("upcoming", person.customer_id), limit=PAGE + 1)
        past = past_of(tx, person.customer_id, before=_cursor("past", person.customer_id), limit=PAGE + 1)
        response = make_response(page(
            "account.html", store, w, person=person, view="list", welcome=request.args.get("in"),
            upcoming=cards(upcoming[:PAGE], w, tx.now), past=cards(past[:PAGE], w, tx.now),
            more_upcoming=_more("upcoming", person.customer_id, upcoming), more_past=_more("past", person.customer_id, past),
            credit=credit_lines(w, all_credit_of(tx, person.customer_id), store.zone),
            paged=bool(request.args.get("upcoming") or request.args.get("past"))))
        refresh_login(response)
        return response


def _calendar(tx, store, person, w: Words) -> str:  # noqa: ANN001
    today = local_date(tx.now, store.zone)
    first = (read_date(f"{request.args.get('month')}-01") or today).replace(day=1)
    first = min(max(first, date(2000, 1, 1)), date(2099, 12, 1))
    start, end = first - timedelta(days=first.weekday()), month_end(first)
    end += timedelta(days=6 - end.weekday())
    found = between(tx, person.customer_id, day_span(start, store.zone)[0] - timedelta(hours=14), day_span(end, store.zone)[1] + timedelta(hours=14))
    of_day: dict[date, list[BookingSummary]] = {}
    for b in found:
        of_day.setdefault(b.local_start.date(), []).append(b)
    by_day = {day: cards(bookings, w, tx.now) for day, bookings in of_day.items()}
    weeks, cursor = [], start
    while cursor <= end:
        weeks.append([CalendarDay(d.isoformat(), d.day, d.month == first.month, d == today, w.day(d), by_day.get(d, []))
                      for d in (cursor + timedelta(days=n) for n in range(7))])
        cursor += timedelta(days=7)
    agenda = [(w.day(d), by_day[d]) for d in sorted(by_day) if d.month == first.month and d.year == first.year]
    return page("calendar.html", store, w, person=person, view="calendar", weeks=weeks, agenda=agenda, month_text=w.month(first),
                weekdays=w.weekday_names(), previous=(first - timedelta(days=1)).strftime("%Y-%m"),
                following=(month_end(first) + timedelta(days=1)).strftime("%Y-%m"))


def _cursor(kind: str, customer_id: int) -> tuple[datetime, int] | None:
    """The last item seen, from a cursor we signed for this customer and list (I66); anything else starts at the beginning."""
    body = unsign("list-cursor", request.args.get(kind, ""))
    if not isinstance(body, list) or body[:3] != [g.store_id, customer_id, kind]:
        return None
    return datetime.fromisoformat(body[3]), body[4]


def _more(kind: str, customer_id: int, rows: list[ListedBooking]) -> str | None:
    if len(rows) <= PAGE:
        return None
    last = rows[PAGE - 1]
    return sign("list-cursor", [g.store_id, customer_id, kind, last.starts_at.isoformat(), last.id])

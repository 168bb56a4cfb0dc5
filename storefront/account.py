"""The account: upcoming and past bookings as a list, and a calendar (A4, A5, A30)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import g, redirect, request

from booking.access import login_hash
from booking.class_waits import class_waits
from booking.credit import all_credit_of
from booking.rules.wall_time import dates_of, day_span, local_date
from booking.wording import Words
from models.booking_list import Listed
from models.booking_summary import LONGEST, BookingSummary, between
from models.session import reading
from storefront.blueprint import bp, page, words
from storefront.class_waits import WaitCard, wait_card, zone_of
from storefront.cookies import login_secret
from storefront.door import require_login
from storefront.list_pages import Cursor, cursor_of, page_of, whole_visits
from storefront.picker import month_end, read_date
from storefront.presenting import Card, cards, credit_lines
from storefront.zones import WIDEST, chosen_zone, shown_zone


@dataclass(frozen=True, slots=True)
class CalendarDay:
    date: str
    number: int
    inside: bool
    today: bool
    label: str
    cards: list[Card | WaitCard]


@dataclass(frozen=True, slots=True)
class Span:
    """What the calendar shows: whole weeks from `start` to `end`, for the week or the month of `first`; the rest are queries."""

    week: bool
    today: date
    first: date
    start: date
    end: date
    text: str
    previous: str
    following: str
    as_month: str
    as_week: str

    def inside(self, day: date) -> bool:
        return self.week or (day.year, day.month) == (self.first.year, self.first.month)


@bp.get("/")
def home():  # noqa: ANN201
    return redirect("/account", 302)


@bp.get("/account")
def account():  # noqa: ANN201
    """Both groups with paging; `?view=calendar` the same bookings in a month, `?view=week` in a week."""
    asked = request.args.to_dict()
    if asked.get("view") in ("calendar", "week"):
        return _calendar(week=asked["view"] == "week")
    after, before = cursor_of(asked, "upcoming"), cursor_of(asked, "past")
    with reading(g.store_id) as tx:
        login = login_hash(g.store_id, login_secret() or "")
        listed = Listed(tx, login, after=after.place, before=before.place)
        store, person = require_login(tx)
        if not {after.customer_id, before.customer_id} <= {None, person.customer_id}:
            listed, after, before = Listed(tx, login), Cursor(), Cursor()  # another's place: from the beginning
        coming, gone = listed.groups()
        upcoming, past = page_of(tx, "upcoming", person.customer_id, coming, after), page_of(tx, "past", person.customer_id, gone, before)
        upcoming, past = whole_visits(tx, person.customer_id, upcoming, past, after, before)
        waits = class_waits(tx, person.customer_id) if person.waits else ()
        credit = all_credit_of(tx, person.customer_id) if person.has_credit else []
    w, own = words(store, person), chosen_zone(person)
    return page(
        "account.html", store, w, person=person, view="list", welcome=asked.get("in"),
        upcoming=cards(upcoming.shown, w, tx.now, own), past=cards(past.shown, w, tx.now, own),
        more_upcoming=upcoming.more, more_past=past.more,
        waits=[wait_card(wait, g.store_id, w, tx.now, own) for wait in waits], left=asked.get("left"), credit=credit_lines(w, credit, store.zone),
        paged=bool(asked.get("upcoming") or asked.get("past")))


def _span(today: date, w: Words, *, week: bool) -> Span:
    """The month or week the address asks for, this one without a question."""
    if week:
        day = min(max(read_date(request.args.get("day")) or today, date(2000, 1, 1)), date(2099, 12, 1))
        first = w.week.start(day)
        before, after = first - timedelta(days=7), first + timedelta(days=7)
        return Span(True, today, first, first, first + timedelta(days=6), w._("Week of {day}").format(day=w.day_and_year(first)),
                    f"view=week&day={before}", f"view=week&day={after}", f"view=calendar&month={day:%Y-%m}", f"view=week&day={first}")
    first = min(max((read_date(f"{request.args.get('month')}-01") or today).replace(day=1), date(2000, 1, 1)), date(2099, 12, 1))
    last = month_end(first)
    opens = today if (today.year, today.month) == (first.year, first.month) else first
    return Span(False, today, first, w.week.start(first), w.week.end(last), w.month(first),
                f"view=calendar&month={first - timedelta(days=1):%Y-%m}", f"view=calendar&month={last + timedelta(days=1):%Y-%m}",
                f"view=calendar&month={first:%Y-%m}", f"view=week&day={opens}")


def _calendar(*, week: bool) -> str:
    """The bookings of the span in a table, and as a list by day below it."""
    with reading(g.store_id) as tx:
        store, person = require_login(tx)
        w = words(store, person)
        span = _span(local_date(tx.now, store.zone), w, week=week)
        found = between(tx, person.customer_id, day_span(span.start, store.zone)[0] - WIDEST - LONGEST, day_span(span.end, store.zone)[1] + WIDEST)
        own = chosen_zone(person)
        by_day = _by_day(found, w, tx.now, own)
        for wait in class_waits(tx, person.customer_id) if person.waits else ():
            by_day.setdefault(local_date(wait.starts_at, zone_of(wait, own)), []).append(wait_card(wait, g.store_id, w, tx.now, own))
        days = [span.start + timedelta(days=n) for n in range((span.end - span.start).days + 1)]
        cells = [CalendarDay(d.isoformat(), d.day, span.inside(d), d == span.today, w.day(d), by_day.get(d, [])) for d in days]
        return page("calendar.html", store, w, person=person, view="calendar", span=span, weekdays=w.week.in_order(w.weekday_names()),
                    weeks=[cells[n:n + 7] for n in range(0, len(cells), 7)],
                    agenda=[(w.day(d), by_day[d]) for d in days if span.inside(d) and d in by_day])


def _by_day(found: list[BookingSummary], w: Words, now: datetime, own: str | None) -> dict[date, list[Card | WaitCard]]:
    """Each booking under the days it touches, those of the customer's zone where it is online (R13); what has begun the day before
    stands first and says until when."""
    of_day: dict[date, list[BookingSummary]] = {}
    by_day: dict[date, list[Card | WaitCard]] = {}
    for b in found:
        zone = shown_zone(b.location_kind, b.zone, own)
        first, *more = dates_of(b.starts_at, b.ends_at, zone)
        of_day.setdefault(first, []).append(b)
        for day in more:
            until = w._("until {time}").format(time=w.time(b.ends_at, zone))
            by_day.setdefault(day, []).append(cards([b], w, now, own)[0]._replace(start=until))
    for day, bookings in of_day.items():
        by_day.setdefault(day, []).extend(cards(bookings, w, now, own))
    return by_day

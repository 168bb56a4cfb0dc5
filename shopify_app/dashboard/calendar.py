"""The calendar: a day by person, a week of one person or of everyone, a month; by location (A131).

The boxes stand in lists in the order of time, so that screen readers and phones read them as such; wide screens lay them on a grid.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

from booking.rules.availability import open_spans, parse_day, parse_hours
from booking.rules.wall_time import day_span, local_date
from models import day_plan, diary
from models.day_plan import Person, PlannedClass, TimeOff
from models.diary import DiaryBooking
from models.session import Tx, reading
from shopify_app.dashboard import calendar_boxes as boxes
from shopify_app.dashboard import given, live
from shopify_app.dashboard.calendar_boxes import Box
from shopify_app.dashboard.calendar_layout import Hours, Placed, hours_of, minutes_of, open_minutes, place, shut
from shopify_app.dashboard.door import EVERYONE, Visit, screen

VIEWS = ("day", "week", "month")
MOST_IN_A_CELL = 4


@dataclass(frozen=True)
class Asked:
    """Which part of the diary is looked at. `zone` is the location's, or the store's for all of them."""

    view: str
    day: date
    staff: Person | None
    location_id: int | None
    zone: str
    first: date
    last: date

    @property
    def span(self) -> tuple[datetime, datetime]:
        return day_span(self.first, self.zone)[0], day_span(self.last, self.zone)[1]


@dataclass(frozen=True)
class Column:
    """One list of boxes: a person's day. `placed` for the grid, `shut` its (row, rows) outside working hours; `staff_id` and `day` say
    what dropping here means."""

    title: str
    note: str
    staff_id: int
    day: date
    placed: list[Placed]
    shut: list[tuple[int, int]]
    today: bool


@screen("/calendar", roles=EVERYONE)
def calendar(visit: Visit) -> Any:
    with reading(visit.store_id) as tx:
        people = day_plan.people(tx, given.day(request.args.get("date")) or tx.now.date())
        asked = _asked(visit, people, tx.now)
        found = _load(tx, asked, people)
        now = tx.now
    etag = live.tag(visit, now, people, *found)
    if (same := live.unchanged(etag)) is not None:
        return same
    facts = _month(visit, asked, *found) if asked.view == "month" else _grid(visit, asked, people, now, *found)
    return live.tagged(visit.show(
        f"calendar_{facts.pop('kind')}.html", here="calendar", asked=asked, title=_title(visit, asked), people=[p for p in people if p.active],
        locations=sorted({(p.location_id, p.location_name) for p in people if p.active}, key=lambda pair: pair[1]), nav=_nav(visit, asked, now),
        several=len({p.zone for p in people}) > 1, today=local_date(now, asked.zone), **facts), etag)


def _asked(visit: Visit, people: list[Person], now: datetime) -> Asked:
    view = request.args.get("view", "day")
    view = view if view in VIEWS else "day"
    staff = next((p for p in people if str(p.id) == request.args.get("staff")), None)
    location_id = next((p.location_id for p in people if str(p.location_id) == request.args.get("location")), None)
    zone = staff.zone if staff else next((p.zone for p in people if p.location_id == location_id), visit.store.zone)
    day = given.day(request.args.get("date")) or local_date(now, zone)
    first = last = day
    if view == "week":
        first, last = visit.words.week.start(day), visit.words.week.end(day)
    elif view == "month":
        first = day.replace(day=1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        first, last = visit.words.week.start(first), visit.words.week.end(last)
    return Asked(view, day, staff, location_id, zone, first, last)


def _load(tx: Tx, asked: Asked, people: list[Person]) -> tuple[list[DiaryBooking], list[PlannedClass], list[TimeOff]]:
    """Bookings, class dates and time off of the part looked at: one statement each."""
    start, end = asked.span
    bookings = diary.between(tx, start, end, staff_id=asked.staff.id if asked.staff else None, location_id=asked.location_id)
    wanted = {p.id for p in people if (asked.staff is None or p.id == asked.staff.id) and asked.location_id in (None, p.location_id)}
    classes = [c for c in day_plan.classes_between(tx, start, end) if c.staff_id in wanted]
    off = [k for k in day_plan.time_off_between(tx, start, end)
           if k.staff_id in wanted or k.staff_id is None and any(p.id in wanted and p.location_id == k.location_id for p in people)]
    return bookings, classes, off


def _grid(visit: Visit, asked: Asked, people: list[Person], now: datetime, bookings: list[DiaryBooking], classes: list[PlannedClass],
          off: list[TimeOff]) -> dict[str, Any]:
    """A day by person, a week of one person; the week of everyone is a table of persons and days."""
    w, shown = visit.words, _shown(asked, people, bookings)
    made = boxes.of_all(visit, asked.zone, bookings, classes, off, people)
    days = [asked.first + timedelta(days=n) for n in range((asked.last - asked.first).days + 1)]
    if asked.view == "week" and asked.staff is None:
        return {"kind": "week", "days": [(day, w.short_date(day_span(day, asked.zone)[0], asked.zone)) for day in days],
                "rows": [(p, [(day, [box for box in made.get(p.id, []) if boxes.on(box, day, asked.zone)]) for day in days]) for p in shown]}
    cells = [(p, day) for p in shown for day in days]
    spans = [minutes_of(box, day, asked.zone) for p, day in cells for box in made.get(p.id, []) if boxes.on(box, day, asked.zone) and not box.all_day]
    hours = hours_of(spans)
    columns = [_column(visit, asked, p, day, made.get(p.id, []), hours, local_date(now, asked.zone)) for p, day in cells]
    return {"kind": "day", "columns": columns, "hours": hours, "labels": [
        ((hour - hours.first) * 12 + 1, w.time(datetime(2001, 1, 1, hour, tzinfo=ZoneInfo("UTC")), "UTC")) for hour in range(hours.first, hours.last)],
        "now_row": _now_row(now, asked.zone, hours)}


def _column(visit: Visit, asked: Asked, person: Person, day: date, all_of: list[Box], hours: Hours, today: date) -> Column:
    w, mine = visit.words, [box for box in all_of if boxes.on(box, day, asked.zone)]
    count = sum(box.kind != "off" for box in mine)
    works = _works(person, day, asked.zone)
    free = w._("free") if works else w._("not at work")
    note = w.ngettext("{n} appointment", "{n} appointments", count).format(n=count) if count else w._("Time off") if mine else free
    title = person.name if asked.view == "day" else w.short_date(day_span(day, asked.zone)[0], asked.zone)
    return Column(title, note, person.id, day, place(mine, day, asked.zone, hours), shut(works, hours), day == today)


def _works(person: Person, day: date, zone: str) -> list[tuple[int, int]]:
    """When someone works on this day of the calendar, in its minutes: by their week, or by the date's own hours."""
    around, dates = timedelta(days=1), {date.fromisoformat(on): parse_day(pairs, on) for on, pairs in (person.dates or {}).items()}
    days = open_spans(parse_hours(person.hours), person.zone, day - around, day + around, dates)
    return open_minutes([span for _, spans in days for span in spans], day, zone)


def _shown(asked: Asked, people: list[Person], bookings: list[DiaryBooking]) -> list[Person]:
    """Who has a column: everyone active who is asked for, and whoever has left but still has bookings then."""
    busy = {b.staff_id for b in bookings}
    return [p for p in people if (asked.staff is None or p.id == asked.staff.id) and asked.location_id in (None, p.location_id)
            and (p.active or p.id in busy)]


def _now_row(now: datetime, zone: str, hours: Hours) -> int | None:
    local = now.astimezone(ZoneInfo(zone))
    row = (local.hour * 60 + local.minute - hours.first * 60) // 5 + 1
    return row if 1 <= row <= hours.rows else None


def _month(visit: Visit, asked: Asked, bookings: list[DiaryBooking], classes: list[PlannedClass], off: list[TimeOff]) -> dict[str, Any]:
    """Each day with its first few appointments and how many there are."""
    by_day: dict[date, list[DiaryBooking]] = {}
    for b in bookings:
        by_day.setdefault(local_date(b.starts_at, asked.zone), []).append(b)
    dates = Counter(local_date(c.starts_at, asked.zone) for c in classes)
    closed = Counter(local_date(k.starts_at, asked.zone) for k in off)
    weeks, day = [], asked.first
    while day <= asked.last:
        weeks.append([(day + timedelta(days=n), by_day.get(day + timedelta(days=n), [])) for n in range(7)])
        day += timedelta(days=7)
    return {"kind": "month", "weeks": weeks, "weekdays": visit.words.week.in_order(visit.words.weekday_names()), "classes": dates, "off": closed, "most": MOST_IN_A_CELL}


def _title(visit: Visit, asked: Asked) -> str:
    w = visit.words
    if asked.view == "day":
        return w.day(asked.day)
    if asked.view == "month":
        return w.month(asked.day)
    return w._("{first} to {last}").format(first=w.short_date(asked.span[0], asked.zone), last=w.short_date(asked.span[1] - timedelta(hours=1), asked.zone))


def _nav(visit: Visit, asked: Asked, now: datetime) -> dict[str, Any]:
    keep = {"staff": asked.staff.id if asked.staff else None, "location": asked.location_id}

    def address(view: str, day: date) -> str:
        return visit.url("/calendar", view=view, date=day, **keep)

    if asked.view == "month":
        month = asked.day.replace(day=1)
        back, on = (month - timedelta(days=1)).replace(day=1), (month + timedelta(days=31)).replace(day=1)
    else:
        step = timedelta(days=7 if asked.view == "week" else 1)
        back, on = asked.day - step, asked.day + step
    w = visit.words
    return {"back": address(asked.view, back), "on": address(asked.view, on), "today": address(asked.view, local_date(now, asked.zone)),
            "views": [(address(view, asked.day), text, view == asked.view) for view, text in (
                ("day", w._("Day")), ("week", w._("Week")), ("month", w._("Month")))],
            "list": visit.url("/bookings", **{"from": asked.first, "to": asked.last}, **keep), "here": address(asked.view, asked.day),
            "day": lambda day: address("day", day)}

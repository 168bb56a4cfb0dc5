"""Insights: the share of changes customers make themselves (A20), missed appointments, lead times, how busy everyone is."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import request
from sqlalchemy import select

from booking.rules.availability import open_spans, parse_hours
from booking.rules.wall_time import day_span
from booking.wording import Words
from models import day_plan
from models import insights as figures
from models.day_plan import TimeOff
from models.location import Location
from models.session import Tx, reading
from models.staff import Staff
from shopify_app.dashboard.charts import share, stacked
from shopify_app.dashboard.door import MANAGERS, Visit, screen

PERIODS = (30, 90, 365)


class Load(NamedTuple):
    """Someone's time in the period, in minutes."""

    name: str
    bookings: int
    booked: int
    open: int
    percent: int | None


@screen("/insights", roles=MANAGERS)
def insights(visit: Visit) -> Any:
    days = next((number for number in PERIODS if str(number) == request.args.get("days")), PERIODS[0])
    zone, w = visit.store.zone, visit.words
    with reading(visit.store_id) as tx:
        today = tx.now.astimezone(ZoneInfo(zone)).date()
        first = today - timedelta(days=days - 1)
        start, end = day_span(first, zone)[0], day_span(today, zone)[1]
        changes, visits = figures.changes(tx, start, end, zone), figures.visits(tx, start, end, zone)
        leads, loads = figures.lead_times(tx, start, end), _loads(tx, first, today, start, end)
    own, total = sum(row.customers for row in changes), sum(sum(row[1:]) for row in changes)
    missed, came = sum(row.missed for row in visits), sum(row.came for row in visits)
    weeks, past = (_by_week(w, first, today, rows) for rows in (changes, visits))
    ahead = list(zip(_lead_names(w), ([count] for count in leads), strict=True))
    return visit.show(
        "insights.html", here="insights", days=days, periods=[(visit.url("/insights", days=n), n, n == days) for n in PERIODS], total=total, own=own,
        share=share(own, total), missed=missed, missed_share=share(missed, missed + came), ended=missed + came, made=sum(leads), loads=loads,
        changes=weeks, visits=past, leads=ahead, charts={"changes": stacked(weeks), "visits": stacked(past), "leads": stacked(ahead, labels=12)},
        first=w.short_date_and_year(start, zone), last=w.short_date_and_year(end - timedelta(hours=1), zone))


def _by_week(w: Words, first: date, last: date, rows: list[Any]) -> list[tuple[str, tuple[int, ...]]]:
    """A row for every week of the period, also where nothing happened."""
    counts = {row.week: tuple(row[1:]) for row in rows}
    week, found = first - timedelta(days=first.weekday()), []
    while week <= last and counts:
        found.append((w.day_of_month(week), counts.get(week, (0, 0, 0))))
        week += timedelta(days=7)
    return found


def _lead_names(w: Words) -> list[str]:
    return [w._("same day"), w._("1 day"), w._("2–3 days"), w._("4–7 days"), w._("1–2 weeks"), w._("2–4 weeks"), w._("over a month")]


def _loads(tx: Tx, first: date, last: date, start: datetime, end: datetime) -> list[Load]:
    """Booked time over working time, time off taken out of it."""
    busy, off = figures.busy(tx, start, end), day_plan.time_off_between(tx, start, end)
    rows = tx.db.execute(select(Staff.id, Staff.name, Staff.hours, Staff.location_id, Location.zone, Staff.active).join(
        Location, (Location.store_id == Staff.store_id) & (Location.id == Staff.location_id)).where(
            Staff.store_id == tx.store_id).order_by(Staff.name)).all()
    loads = []
    for row in rows:
        mine = busy.get(row.id)
        if not row.active and mine is None:
            continue
        away = [(int(k.starts_at.timestamp()), int(k.ends_at.timestamp())) for k in off if _away(k, row.id, row.location_id)]
        spans = [span for _, spans in open_spans(parse_hours(row.hours), row.zone, first, last) for span in spans]
        opened = sum(stop - begin for begin, stop in spans) - sum(_common(span, one) for span in spans for one in _merged(away))
        booked = mine.seconds // 60 if mine else 0
        loads.append(Load(row.name, mine.bookings if mine else 0, booked, opened // 60, share(booked, opened // 60)))
    return loads


def _away(k: TimeOff, staff_id: int, location_id: int) -> bool:
    return k.staff_id == staff_id or k.staff_id is None and k.location_id == location_id


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same time without overlaps."""
    merged: list[tuple[int, int]] = []
    for begin, stop in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(stop, merged[-1][1])
        else:
            merged.append((begin, stop))
    return merged


def _common(one: tuple[int, int], other: tuple[int, int]) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))

"""Insights: the share of changes customers make themselves (A20), missed appointments, lead times, how busy everyone is."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import request

from booking import insights as figures
from booking.wording import Words
from models.session import reading
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
        f = figures.insights(tx, first, today, zone)
    loads = [Load(k.name, k.bookings, k.booked, k.open, share(k.booked, k.open)) for k in f.loads]
    weeks, past = (_by_week(w, first, today, rows) for rows in (f.changes, f.visits))
    ahead = list(zip(_lead_names(w), ([count] for count in f.leads), strict=True))
    return visit.show(
        "insights.html", here="insights", days=days, periods=[(visit.url("/insights", days=n), n, n == days) for n in PERIODS], total=f.all_changes,
        own=f.by_customers, share=share(f.by_customers, f.all_changes), missed=f.missed, missed_share=share(f.missed, f.ended), ended=f.ended,
        made=sum(f.leads), loads=loads, changes=weeks, visits=past, leads=ahead,
        charts={"changes": stacked(weeks), "visits": stacked(past), "leads": stacked(ahead, labels=12)},
        first=w.short_date_and_year(f.start, zone), last=w.short_date_and_year(f.end - timedelta(hours=1), zone))


def _by_week(w: Words, first: date, last: date, rows: list[Any]) -> list[tuple[str, tuple[int, ...]]]:
    """A row for every week of the period, also where nothing happened."""
    counts = {row.week: tuple(row[1:]) for row in rows}
    return [(w.day_of_month(week), counts.get(week, (0, 0, 0))) for week in figures.weeks(first, last)] if counts else []


def _lead_names(w: Words) -> list[str]:
    return [w._("same day"), w._("1 day"), w._("2–3 days"), w._("4–7 days"), w._("1–2 weeks"), w._("2–4 weeks"), w._("over a month")]

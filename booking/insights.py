"""The figures of a period, as the screen and the API tell them: changes by whom, missed appointments, lead times, how busy everyone is (A20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from booking.rules.availability import open_spans, parse_hours
from booking.rules.wall_time import day_span
from models import day_plan
from models import insights as figures
from models.day_plan import TimeOff
from models.insights import Changes, Visits
from models.location import Location
from models.session import Tx
from models.staff import Staff


class Load(NamedTuple):
    """Someone's time in the period, in minutes."""

    staff_id: int
    name: str
    bookings: int
    booked: int
    open: int


@dataclass(frozen=True)
class Insights:
    """`start` and `end` are the instants of the period, half-open; `leads` has a count for each of `models.insights.LEADS`."""

    start: datetime
    end: datetime
    changes: list[Changes]
    visits: list[Visits]
    leads: list[int]
    loads: list[Load]

    @property
    def by_customers(self) -> int:
        return sum(row.customers for row in self.changes)

    @property
    def all_changes(self) -> int:
        return sum(sum(row[1:]) for row in self.changes)

    @property
    def missed(self) -> int:
        return sum(row.missed for row in self.visits)

    @property
    def ended(self) -> int:
        """Appointments that took place or were missed."""
        return self.missed + sum(row.came for row in self.visits)


def insights(tx: Tx, first: date, last: date, zone: str) -> Insights:
    """The store's local days `first` to `last`, both included."""
    start, end = day_span(first, zone)[0], day_span(last, zone)[1]
    return Insights(start, end, figures.changes(tx, start, end, zone), figures.visits(tx, start, end, zone),
                    figures.lead_times(tx, start, end), _loads(tx, first, last, start, end))


def weeks(first: date, last: date) -> list[date]:
    """The Monday of every week of the period."""
    monday, found = first - timedelta(days=first.weekday()), []
    while monday <= last:
        found.append(monday)
        monday += timedelta(days=7)
    return found


def _loads(tx: Tx, first: date, last: date, start: datetime, end: datetime) -> list[Load]:
    """Booked time and working time, time off taken out of it."""
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
        loads.append(Load(row.id, row.name, mine.bookings if mine else 0, mine.seconds // 60 if mine else 0, opened // 60))
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

"""Figures over a period: who makes the changes, who does not come, how far ahead people book, how busy the staff are (A20).

Every figure is counted by the database in one statement over an index of the period; nothing is kept.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from models.session import Tx

CHANGES = ("reschedule_booking", "cancel_booking", "drop_seats")
CUSTOMERS = ("customer", "link", "shopify_customer")
LEADS = ((0, 1), (1, 2), (2, 4), (4, 8), (8, 15), (15, 31), (31, 10_000))
"""Days between booking and start, half-open."""


class Changes(NamedTuple):
    """Changes of a week by whom."""

    week: date
    customers: int
    team: int
    others: int


class Visits(NamedTuple):
    """What became of a week's appointments."""

    week: date
    came: int
    missed: int
    cancelled: int


class Busy(NamedTuple):
    """Booked seconds of a person: appointments, and class dates once each."""

    staff_id: int
    bookings: int
    seconds: int


def changes(tx: Tx, start: datetime, end: datetime, zone: str) -> list[Changes]:
    """Moves and cancellations that took effect, by week of the store and by who made them (A20)."""
    rows = tx.driver.cursor().execute(
        "select date_trunc('week', at at time zone %s)::date, count(*) filter (where actor_kind = any(%s)),"
        " count(*) filter (where actor_kind = 'user'), count(*) filter (where actor_kind <> 'user' and actor_kind <> all(%s))"
        " from audit_entries where store_id = %s and at >= %s and at < %s and allowed and action = any(%s) group by 1 order by 1",
        (zone, list(CUSTOMERS), list(CUSTOMERS), tx.store_id, start, end, list(CHANGES))).fetchall()
    return [Changes._make(row) for row in rows]


def visits(tx: Tx, start: datetime, end: datetime, zone: str) -> list[Visits]:
    """Appointments that have ended, by week of their start; those still open count as visits."""
    rows = tx.driver.cursor().execute(
        "select date_trunc('week', starts_at at time zone %s)::date,"
        " count(*) filter (where status in ('completed', 'confirmed', 'arrived', 'ready_to_start')),"
        " count(*) filter (where status = 'no_show'), count(*) filter (where status = 'cancelled')"
        " from bookings where store_id = %s and starts_at >= %s and starts_at < least(%s, %s) group by 1 order by 1",
        (zone, tx.store_id, start, end, tx.now)).fetchall()
    return [Visits._make(row) for row in rows]


def lead_times(tx: Tx, start: datetime, end: datetime) -> list[int]:
    """How many of the bookings made in the period were made how many days ahead: a count for each of LEADS."""
    rows = dict(tx.driver.cursor().execute(
        "select width_bucket(greatest(extract(epoch from original_starts_at - created_at) / 86400, 0), %s::float8[]), count(*)"
        " from bookings where store_id = %s and created_at >= %s and created_at < %s group by 1",
        ([float(low) for low, _ in LEADS], tx.store_id, start, end)).fetchall())
    return [rows.get(number, 0) for number in range(1, len(LEADS) + 1)]


def busy(tx: Tx, start: datetime, end: datetime) -> dict[int, Busy]:
    """Booked time of each person in the period, by staff id."""
    rows = tx.driver.cursor().execute(
        "select staff_id, sum(n)::bigint, sum(seconds)::bigint from ("
        " select staff_id, count(*) as n, sum(extract(epoch from ends_at - starts_at)) as seconds from bookings"
        "  where store_id = %(store)s and starts_at >= %(start)s and starts_at < %(end)s and session_id is null"
        "  and status in ('pending', 'confirmed', 'arrived', 'ready_to_start', 'completed', 'no_show') group by 1"
        " union all select staff_id, count(*), sum(extract(epoch from ends_at - starts_at)) from sessions"
        "  where store_id = %(store)s and starts_at >= %(start)s and starts_at < %(end)s and status = 'scheduled' and seats_taken > 0 group by 1"
        ") as parts group by 1", {"store": tx.store_id, "start": start, "end": end}).fetchall()
    return {row[0]: Busy._make(row) for row in rows}

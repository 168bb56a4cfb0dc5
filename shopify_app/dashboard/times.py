"""Choosing a time: what is offered over a week as links, or any other time typed by hand (A37)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

from booking.offers import ServiceOffer
from booking.rules.wall_time import day_span
from booking.slots import free_days
from models.booking_summary import BookingSummary
from models.session import Tx
from shopify_app.dashboard import given
from shopify_app.dashboard.door import Visit

DAYS = 7


@dataclass(frozen=True)
class Times:
    """A week of offered times. `days` are (text, [(text, full text, note, address)]); previous and next are addresses."""

    days: list[tuple[str, list[tuple[str, str, str, str]]]]
    first: date
    previous: str
    next: str
    zone: str


@dataclass
class Typed:
    """A time as the request names it: `at` when it is clear, else what is wrong; `twice` when clocks show it two times (I57)."""

    at: datetime | None = None
    problems: dict[str, str] = field(default_factory=dict)
    twice: list[tuple[str, str]] = field(default_factory=list)
    on: str = ""
    time: str = ""


def offered(visit: Visit, tx: Tx, offer: ServiceOffer, path: str, keep: dict[str, Any], *, zone: str, first: date, staff_id: int | None,
            seats: int = 1, moving: BookingSummary | None = None) -> Times:
    """The free times of a week from `first` on; each is a link to `path` with `at`, and `keep` carried along."""
    w = visit.words
    found = free_days(tx, offer, first, first + timedelta(days=DAYS - 1), staff_id=staff_id, seats=seats, moving=moving)
    days = []
    for number in range(DAYS):
        on = first + timedelta(days=number)
        slots = []
        for slot in found.on(on):
            note = "" if slot.seats_left is None else w.ngettext("{n} place left", "{n} places left", slot.seats_left).format(n=slot.seats_left)
            slots.append((w.time(slot.starts_at, zone), w.when(slot.starts_at, zone), note,
                          visit.url(path, **keep, at=slot.starts_at.isoformat())))
        days.append((w.short_date(day_span(on, zone)[0], zone), slots))
    return Times(days, first, visit.url(path, **keep, **{"from": first - timedelta(days=DAYS)}),
                 visit.url(path, **keep, **{"from": first + timedelta(days=DAYS)}), zone)


def first_day(now: datetime, zone: str, around: datetime | None = None) -> date:
    """The week to begin with: the one asked for, else from the booking's own day, never before today."""
    today = now.astimezone(ZoneInfo(zone)).date()
    own = around.astimezone(ZoneInfo(zone)).date() if around else today
    return max(given.day(request.args.get("from")) or own, today)


def read_time(visit: Visit, zone: str) -> Typed:
    """`at`, or `date` and `time` in wall time of `zone`; a time that comes twice asks which of the two."""
    w, values = visit.words, request.values
    read = Typed(on=given.text(values.get("date"), 10), time=given.text(values.get("time"), 8))
    if values.get("at"):
        read.at = given.instant(values.get("at"))
        if read.at is None:
            read.problems["time"] = w._("Please choose a time.")
        return read
    if not read.on and not read.time:
        return read
    on, clock = given.day(read.on), given.clock(read.time)
    if on is None:
        read.problems["date"] = w._("Please enter a date.")
    if clock is None:
        read.problems["time"] = w._("Please enter a time, such as 14:30.")
    if on is None or clock is None:
        return read
    found = given.moments(on, clock, zone)
    if not found:
        read.problems["time"] = w._("Clocks are put forward on this day: this time does not exist.")
    elif len(found) == 2:
        read.twice = [(moment.isoformat(), w.when(moment, zone)) for moment in found]
        read.problems["time"] = w._("Clocks are put back on this day: this time comes twice. Please choose one.")
    else:
        read.at = found[0]
    return read

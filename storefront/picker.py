"""The slot picker: a month of days, the times of one day, in words a screen reader can use (R46, D34)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

from booking.offers import ServiceOffer
from booking.slots import Slot, SlotDays, free_days
from booking.wording import Words
from models.booking_summary import BookingSummary
from models.session import Tx
from storefront.zones import AROUND, by_days_of

PARTS = ((0, 12, "Morning"), (12, 17, "Afternoon"), (17, 24, "Evening"))


@dataclass(frozen=True, slots=True)
class Day:
    """A cell of the month: `count` free times; `label` in full for screen readers."""

    date: str
    number: int
    count: int
    label: str
    chosen: bool
    inside: bool


@dataclass(frozen=True, slots=True)
class Time:
    value: str
    text: str
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class Picker:
    """What the template shows. `none` when the whole horizon has no free time (A102)."""

    month: str
    month_text: str
    previous: str | None
    next: str | None
    weekdays: list[str]
    weeks: list[list[Day]]
    day: str | None
    day_text: str
    parts: list[tuple[str, list[Time]]]
    zone_text: str
    available: int
    none: bool


def pick(tx: Tx, offer: ServiceOffer, w: Words, *, staff_id: int | None = None, seats: int = 1, moving: BookingSummary | None = None,
         find: Callable[[date, date], SlotDays] | None = None, until: date | None = None, shown: str | None = None) -> Picker:
    """The picker for the month and day of the request; without one, the first month with a free time. `find` answers which times
    are free between two days, where a booking moves, `until` its last day. `shown`: the visitor's zone, where times stand in it."""
    zone = shown or (moving.zone if moving else offer.zone)
    today = tx.now.astimezone(ZoneInfo(zone)).date()
    last = today + timedelta(days=offer.shape.horizon_days)
    if until is not None:
        last = max(today, min(last, until + AROUND if shown else until))
    first = _month_of(request.args.get("month"), today, last)
    free = find or partial(free_days, tx, offer, staff_id=staff_id, seats=seats, moving=moving)
    if shown:
        free = partial(_in_zone, free, shown)
    found = free(max(first, today), month_end(first))
    if not request.args.get("month"):
        while not found.days and month_end(first) < last:
            first = month_end(first) + timedelta(days=1)
            found = free(first, month_end(first))
    chosen = read_date(request.args.get("day"))
    if chosen is None or not found.on(chosen):
        chosen = found.days[0][0] if found.days else None
    return Picker(
        first.strftime("%Y-%m"), w.month(first), _previous(first, today), _next(first, last), w.week.in_order(w.weekday_names()),
        _weeks(first, found, chosen, w), chosen.isoformat() if chosen else None, w.day(chosen) if chosen else "",
        _parts(found.on(chosen), found.zone, w) if chosen else [], _zone_text(found.on(chosen) if chosen else (), found.zone, tx.now, w), sum(len(slots) for _, slots in found.days),
        not found.days and not request.args.get("month"))


def _in_zone(free: Callable[[date, date], SlotDays], zone: str, first: date, last: date) -> SlotDays:
    return by_days_of(zone, free(first - AROUND, last + AROUND), first, last)


def parse_at(text: str | None) -> datetime | None:
    """The chosen start, an RFC 3339 instant; None for anything else."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo is not None and 2000 <= at.year <= 2200 else None


def _weeks(first: date, found: SlotDays, chosen: date | None, w: Words) -> list[list[Day]]:
    counts = {day: len(slots) for day, slots in found.days}
    cursor = w.week.start(first)
    weeks = []
    while cursor <= month_end(first):
        week = []
        for _ in range(7):
            count = counts.get(cursor, 0) if cursor.month == first.month else 0
            label = w.ngettext("{day}, {n} time", "{day}, {n} times", count).format(day=w.day(cursor), n=count) if count else ""
            week.append(Day(cursor.isoformat(), cursor.day, count, label, cursor == chosen, cursor.month == first.month))
            cursor += timedelta(days=1)
        weeks.append(week)
    return weeks


def _parts(slots: tuple[Slot, ...], zone: str, w: Words) -> list[tuple[str, list[Time]]]:
    names = {"Morning": w._("Morning"), "Afternoon": w._("Afternoon"), "Evening": w._("Evening")}
    parts: list[tuple[str, list[Time]]] = []
    for start, end, name in PARTS:
        times = [_time(slot, zone, w) for slot in slots if start <= slot.starts_at.astimezone(ZoneInfo(zone)).hour < end]
        if times:
            parts.append((names[name], times))
    return parts


def time_text(slot: Slot, zone: str, w: Words) -> str:
    text = w.time(slot.starts_at, zone)
    # On the day clocks go back an hour comes twice; the zone's name tells the two apart (I57).
    return f"{text} {w.zone(slot.starts_at, zone)}" if clocks_change(slot.starts_at.astimezone(ZoneInfo(zone)).date(), zone) else text


@lru_cache(maxsize=1_000)
def clocks_change(day: date, zone: str) -> bool:
    """Whether times of that day are told in two offsets."""
    begins, ends = (datetime.combine(midnight, time(), ZoneInfo(zone)) for midnight in (day, day + timedelta(days=1)))
    return begins.utcoffset() != ends.utcoffset()


def _time(slot: Slot, zone: str, w: Words) -> Time:
    text = time_text(slot, zone, w)
    note = "" if slot.seats_left is None else w.ngettext("{n} place left", "{n} places left", slot.seats_left).format(n=slot.seats_left)
    return Time(slot.starts_at.isoformat(), text, w.when(slot.starts_at, zone), note)


def _zone_text(slots: tuple[Slot, ...], zone: str, now: datetime, w: Words) -> str:
    """The zone by its name, and by those it has at the times of the day shown: two on a day clocks change."""
    names = dict.fromkeys(w.zone(slot.starts_at, zone) for slot in slots) or (w.zone(now, zone),)
    return f"{zone.replace('_', ' ')} ({w.comma.join(names)})"


def _month_of(text: str | None, today: date, last: date) -> date:
    wanted = read_date(f"{text}-01") if text else None
    month = (wanted or today).replace(day=1)
    return min(max(month, today.replace(day=1)), last.replace(day=1))


def read_date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def month_end(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _previous(first: date, today: date) -> str | None:
    before = first - timedelta(days=1)
    return before.strftime("%Y-%m") if before >= today.replace(day=1) else None


def _next(first: date, last: date) -> str | None:
    after = month_end(first) + timedelta(days=1)
    return after.strftime("%Y-%m") if after <= last else None


def staff_choice(offer: ServiceOffer, wanted: str | None) -> int | None:
    """The staff id asked for, when that person gives the service; None for anyone."""
    return next((person.id for person in offer.staff if str(person.id) == wanted), None)


def keep(**values: Any) -> dict[str, str]:
    """Query parameters to carry along, without the empty ones."""
    return {key: str(value) for key, value in values.items() if value not in (None, "")}

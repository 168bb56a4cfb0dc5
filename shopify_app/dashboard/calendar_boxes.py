"""What stands in a calendar: bookings, class dates with the parties in them, time off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from booking.rules.wall_time import day_span, local_date
from booking.wording.people import person
from models.day_plan import Person, PlannedClass, TimeOff
from models.diary import DiaryBooking
from shopify_app.dashboard.door import Visit


@dataclass(frozen=True)
class Box:
    """`kind` is booking, class or off; `code` its look. `move` is the address of the move form where it can be dragged,
    `clock` its start as fields have it."""

    kind: str
    code: str
    starts_at: datetime
    ends_at: datetime
    time: str
    title: str
    sub: str
    address: str | None
    move: str | None = None
    clock: str = ""
    conflict: bool = False

    @property
    def all_day(self) -> bool:
        return self.kind == "off" and self.ends_at - self.starts_at >= timedelta(hours=20)


def of_all(visit: Visit, zone: str, bookings: list[DiaryBooking], classes: list[PlannedClass], off: list[TimeOff],
           people: list[Person]) -> dict[int, list[Box]]:
    """The boxes of each person, by start."""
    found: dict[int, list[Box]] = {}
    for b in bookings:
        if b.session_id is None:
            found.setdefault(b.staff_id, []).append(_booking(visit, zone, b))
    parties: dict[int, list[DiaryBooking]] = {}
    for b in bookings:
        if b.session_id is not None:
            parties.setdefault(b.session_id, []).append(b)
    for c in classes:
        found.setdefault(c.staff_id, []).append(_class(visit, zone, c, parties.get(c.id, [])))
    for k in off:
        for p in people:
            if k.staff_id == p.id or k.staff_id is None and k.location_id == p.location_id:
                found.setdefault(p.id, []).append(_off(visit, zone, k))
    for staff_id in found:
        found[staff_id].sort(key=lambda box: (box.starts_at, box.kind, box.title))
    return found


def on(box: Box, day: date, zone: str) -> bool:
    """Whether any of it lies on this local day."""
    start, end = day_span(day, zone)
    return box.starts_at < end and box.ends_at > start


def _booking(visit: Visit, zone: str, b: DiaryBooking) -> Box:
    return Box("booking", b.status, b.starts_at, b.ends_at, visit.words.time(b.starts_at, zone), person(visit.words, b.name), b.service_name,
               visit.url(f"/bookings/{b.ref}"), visit.url(f"/bookings/{b.ref}/move") if b.status in ("pending", "confirmed") else None,
               f"{b.starts_at.astimezone(ZoneInfo(zone)):%H:%M}", b.conflict)


def _class(visit: Visit, zone: str, c: PlannedClass, parties: list[DiaryBooking]) -> Box:
    w = visit.words
    names = ", ".join(person(w, b.name) for b in parties[:4]) + ("…" if len(parties) > 4 else "")
    taken = w._("{taken} of {capacity} places").format(taken=c.seats_taken, capacity=c.capacity)
    day = local_date(c.starts_at, zone)
    address = visit.url("/bookings", service=c.service_id, staff=c.staff_id, when="all", **{"from": day, "to": day})
    return Box("class", "class", c.starts_at, c.ends_at, w.time(c.starts_at, zone), c.service_name, f"{taken}{': ' if names else ''}{names}", address)


def _off(visit: Visit, zone: str, k: TimeOff) -> Box:
    w = visit.words
    return Box("off", "off", k.starts_at, k.ends_at, w.time(k.starts_at, zone), k.reason or w._("Time off"),
               w._("until {when}").format(when=w.when(k.ends_at, zone)), None)


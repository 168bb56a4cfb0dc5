"""Bookings that belong together on the pages: the dates of a series, the parts of a visit (R31, R32)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from flask import request
from sqlalchemy import select

from booking import facts
from booking.actions.visits import visit_decision, visit_of
from booking.rules.decision import Decision
from booking.rules.wall_time import local_date
from booking.visiting import parts_end_alone
from booking.wording import Words
from models.booking import Booking
from models.booking_summary import BookingSummary
from models.session import Tx
from models.statement import Statement, param
from storefront.door import Door
from storefront.zones import shown_zone

SERIES, VISIT = "series", "visit"


class Occurrence(NamedTuple):
    ref: str
    status: str
    starts_at: datetime
    zone: str
    closed_at: datetime | None


_OCCURRENCES = Statement(select(Booking.ref, Booking.status, Booking.starts_at, Booking.zone, Booking.closed_at).where(
    Booking.store_id == param("store"), Booking.series_id == param("series"), Booking.customer_id == param("customer"),
).order_by(Booking.starts_at, Booking.id), Occurrence)


@dataclass(frozen=True, slots=True)
class Line:
    """One booking of the group as the page lists it. `url` is None for this one and behind a link, which opens one booking only."""

    url: str | None
    text: str
    status: str
    status_text: str
    here: bool


@dataclass(frozen=True, slots=True)
class Group:
    """What this booking belongs to. `parts` are the open parts of a visit; `several` whether a change may take more along."""

    kind: str
    lines: list[Line]
    parts: tuple[BookingSummary, ...] = ()
    several: bool = True


def group_of(tx: Tx, door: Door) -> Group | None:
    """The series or visit of the booking, None for a single one. A link shows a visit whole but never other dates (R6)."""
    b = door.b
    if b.visit_id is not None and b.holding:
        parts = visit_of(tx, b.ref)
        days = {local_date(part.starts_at, door.zone_of(part)) for part in parts}
        return Group(VISIT, [_part(door, part, dated=len(days) > 1) for part in parts], tuple(parts)) if len(parts) > 1 else None
    if b.series_id is None or door.by_link:
        return None
    dates = _OCCURRENCES.rows(tx, series=b.series_id, customer=b.customer_id)
    coming = sum(one.closed_at is None and one.starts_at > tx.now for one in dates)
    return Group(SERIES, [_date(door, one) for one in dates], (), coming > 1) if len(dates) > 1 else None


def decisions_of(door: Door, group: Group | None, now: datetime) -> dict[str, Decision]:
    """What may be done: of a visit with the whole of it, by its strictest window (R32)."""
    if group is not None and group.kind == VISIT:
        return {kind: visit_decision(kind, group.parts, now) for kind in ("reschedule", "cancel")}
    return facts.decisions(door.b, now)


def scope_asked(group: Group | None, kind: str) -> str:
    """The scope of the request, of those there are: of a visit the whole unless one part is asked for, of a series this date only."""
    wanted = request.values.get("scope")
    if group is None or not group.several:
        return "this"
    known = _scopes(group, kind)
    return wanted if wanted in known else known[0]


def _scopes(group: Group, kind: str) -> tuple[str, ...]:
    """A visit moves as a whole; one part of it is cancelled alone only where the shop allows it (R32)."""
    if group.kind == SERIES:
        return ("this", "following", "all")
    return ("visit", "this") if kind == "cancel" and parts_end_alone(group.parts) else ("visit",)


def scope_choices(group: Group | None, kind: str, w: Words) -> list[tuple[str, str]]:
    """(value, text) of the scopes to choose from; empty where there is nothing to choose."""
    if group is None or not group.several:
        return []
    if group.kind == SERIES:
        return [("this", w._("Only this date")), ("following", w._("This and following dates")), ("all", w._("All coming dates"))]
    return [("visit", w._("The whole visit")), ("this", w._("Only this part"))] if len(_scopes(group, kind)) > 1 else []


def names(parts: Sequence[BookingSummary]) -> str:
    return " + ".join(part.service_name for part in parts)


def _part(door: Door, part: BookingSummary, *, dated: bool) -> Line:
    w, here = door.words, part.ref == door.b.ref
    zone = door.zone_of(part)
    time = w.when(part.starts_at, zone) if dated else w.span(part.starts_at, part.ends_at, zone)
    text = w.dot.join([part.service_name, time, part.staff_name])
    return Line(None if here or door.by_link else f"/account/bookings/{part.ref}", text, part.status, w.status(part.status), here)


def _date(door: Door, one: Occurrence) -> Line:
    here = one.ref == door.b.ref
    return Line(None if here else f"/account/bookings/{one.ref}", door.words.when(one.starts_at, shown_zone(door.b.location_kind, one.zone, door.own_zone)), one.status,
                door.words.status(one.status), here)

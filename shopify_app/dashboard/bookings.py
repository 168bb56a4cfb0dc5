"""Bookings: search, filters, pages, and the same list as a CSV file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

from booking.keys import sign, unsign
from booking.rules.status import HOLDING, STATES
from booking.rules.wall_time import day_span
from booking.wording import Words
from booking.wording.people import person
from models import diary
from models.diary import DiaryBooking, Filters, Position
from models.session import reading
from shopify_app.dashboard import given
from shopify_app.dashboard.door import EVERYONE, MANAGERS, Visit, screen
from shopify_app.spreadsheets import csv_file, csv_line

PAGE = 50
BATCH = 500
WHEN = ("upcoming", "past", "all")
ORDERED = ("pending", "confirmed", "arrived", "ready_to_start", "completed", "cancelled", "no_show", "declined", "expired")
LABELS = {
    "ref": "Reference", "status": "Status", "date": "Date", "start": "Start", "end": "End", "zone": "Time zone", "service": "Service", "staff": "Staff",
    "location": "Location", "customer": "Customer", "email": "E-mail", "phone": "Phone", "seats": "Seats", "price": "Price", "paid": "Paid",
    "refunded": "Refunded", "refund_owed": "Refund owed", "currency": "Currency", "conflict": "Conflict", "booked_at": "Booked at"}
"""The columns of the file and their titles, in this order."""
FIELDS = ("q", "when", "status", "staff", "service", "location", "from", "to", "conflict", "customer")


@dataclass(frozen=True)
class Asked:
    """The filter form as it was sent, for showing it again and for links."""

    values: dict[str, str]
    filters: Filters

    @property
    def narrowed(self) -> bool:
        return any(value for name, value in self.values.items() if name not in ("q", "when"))


@screen("/bookings", roles=EVERYONE)
def bookings(visit: Visit) -> Any:
    with reading(visit.store_id) as tx:
        asked = read_filters(visit, tx.now)
        rows = diary.page(tx, asked.filters, after=_position(visit, asked), limit=PAGE + 1)
        choices = diary.choices(tx)
    more = None
    if len(rows) > PAGE:
        more = visit.url("/bookings", **asked.values, cursor=sign("diary-cursor", [_scope(visit, asked), rows[PAGE - 1].starts_at.isoformat(),
                                                                                   str(rows[PAGE - 1].id)]))
    w = visit.words
    options = {kind: [(row.id, row.name) for row in rows_of] for kind, rows_of in choices.items()}
    options["status"] = [("open", w._("Open")), *((state, w.status(state)) for state in ORDERED)]
    tabs = [(visit.url("/bookings", **asked.values | {"when": when}), text, asked.values["when"] == when)
            for when, text in (("upcoming", w._("Upcoming")), ("past", w._("Past")), ("all", w._("All")))]
    return visit.show("bookings.html", here="bookings", rows=rows[:PAGE], asked=asked, options=options, tabs=tabs, more=more,
                      export=visit.url("/bookings.csv", **asked.values) if visit.may(MANAGERS) else None)


@screen("/bookings.csv", roles=MANAGERS)
def bookings_csv(visit: Visit) -> Any:
    """The whole list under the same filters, row by row: a store of any size needs no more memory than a page."""
    with reading(visit.store_id) as tx:
        asked = read_filters(visit, tx.now)
        name = f"bookings-{tx.now:%Y-%m-%d}.csv"
    return csv_file(visit.words, LABELS.values(), _lines(visit, asked.filters), name)


def read_filters(visit: Visit, now: datetime) -> Asked:
    """The filters of the request; what makes no sense is left out. A search without dates looks through all of them."""
    sent = {name: given.text(request.args.get(name), 120) for name in FIELDS}
    values = {name: value for name, value in sent.items() if value}
    first, last = given.day(sent["from"]), given.day(sent["to"])
    when = sent["when"] if sent["when"] in WHEN else "all" if sent["q"] or first or last else "upcoming"
    starts_from = day_span(first, visit.store.zone)[0] if first else None
    starts_to = day_span(last, visit.store.zone)[1] if last else None
    if when == "upcoming":
        # What runs now is still ahead of the shop.
        starts_from = max(starts_from or now - timedelta(hours=2), now - timedelta(hours=2))
    elif when == "past":
        starts_to = min(starts_to or now, now)
    statuses: tuple[str, ...] = (sent["status"],) if sent["status"] in STATES else tuple(sorted(HOLDING)) if sent["status"] == "open" else ()
    values["when"] = when
    return Asked(values, Filters(
        text=sent["q"], statuses=statuses, staff_id=given.whole(sent["staff"]), service_id=given.whole(sent["service"]),
        location_id=given.whole(sent["location"]), starts_from=starts_from, starts_to=starts_to, conflict=sent["conflict"] == "1",
        customer_id=given.whole(sent["customer"]),
        latest_first=when == "past" or when == "all" and not first))


def _scope(visit: Visit, asked: Asked) -> str:
    return hashlib.sha256(json.dumps([visit.store_id, sorted(asked.values.items())]).encode()).hexdigest()[:16]


def _position(visit: Visit, asked: Asked) -> Position | None:
    """Where the page before ended; a cursor of another list starts from the beginning."""
    body = unsign("diary-cursor", request.args.get("cursor", ""))
    if not isinstance(body, list) or len(body) != 3 or body[0] != _scope(visit, asked):
        return None
    return datetime.fromisoformat(body[1]), int(body[2])


def _lines(visit: Visit, filters: Filters) -> Iterator[str]:
    """CSV in batches, each read in a transaction of its own, so that a slow download holds nothing."""
    after: Position | None = None
    while True:
        with reading(visit.store_id) as tx:
            rows = diary.page(tx, filters, after=after, limit=BATCH)
        yield "".join(csv_line(_cells(visit.words, row)) for row in rows)
        if len(rows) < BATCH:
            return
        after = rows[-1].starts_at, rows[-1].id


def _cells(w: Words, b: DiaryBooking) -> tuple[Any, ...]:
    here = ZoneInfo(b.zone)
    start, end = b.starts_at.astimezone(here), b.ends_at.astimezone(here)
    money = [given.plain_amount(minor, b.currency) for minor in (b.price, b.paid, b.refunded, b.owed)]
    return (b.ref, w.status(b.status), f"{start:%Y-%m-%d}", f"{start:%H:%M}", f"{end:%H:%M}", b.zone, b.service_name, b.staff_name, b.location_name,
            person(w, b.name), b.email or "", b.phone or "", b.seats, *money, b.currency, w._("yes") if b.conflict else "", b.created_at.isoformat())

"""One line of a file becomes one checked row, or the reason why it cannot."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import TextIO

from booking.addresses import canonical_email, canonical_phone
from booking.importing.formats import FIELDS, Format
from booking.rules import wall_time
from booking.rules.decision import Refused
from booking.rules.money import exponent

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=24)
LONGEST_FIELD = 2_000
AMOUNT = re.compile(r"[$€£]? ?((?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d*)?)", re.ASCII)
STAMP = re.compile(r"(.*\d{4}|\d{4}-\d+-\d+)\s+(\d+:.*)", re.ASCII)
PATTERNS = {"%B %d, %Y": ("%I:%M %p",), "%Y-%m-%d": ("%H:%M", "%H:%M:%S"), "%m/%d/%Y": ("%I:%M %p", "%H:%M")}


@dataclass(slots=True, eq=False)
class ImportRow:
    """A checked line. Instants in UTC, money in minor units; `status` empty means: by its time."""

    line: int
    external_id: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    local_start: datetime
    fold: int
    service: str
    staff: str
    location: str
    name: str
    email: str | None
    email_canonical: str | None
    phone: str | None
    seats: int
    price: int | None
    paid: int
    status: str
    notes: str
    booked_at: datetime | None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that is left out, with its number in the file and the reason in words."""

    line: int
    reason: str


class Unusable(Exception):
    """The reason a line cannot be taken."""


def read_rows(file: TextIO, layout: Format, zone: str, currency: str, region: str | None = None) -> Iterator[ImportRow | BadRow]:
    """Every line after the header, in order. `zone`, `currency` and `region` (of phones) are for files that name none."""
    reader = csv.reader(file, strict=True)
    header = next(reader)
    places = layout.positions(header)
    parse = _Parser(layout, places, zone, exponent(currency), region)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(line, f"not readable as CSV: {error}")
            continue
        if not any(cells):
            continue
        try:
            if len(cells) != len(header):
                raise Unusable(f"has {len(cells)} columns where the header has {len(header)}")
            yield parse.row(line, cells)
        except Unusable as reason:
            yield BadRow(line, str(reason))


class _Parser:
    def __init__(self, layout: Format, places: dict[str, int], zone: str, decimals: int, region: str | None) -> None:
        self.layout, self.zone, self.decimals, self.region = layout, zone, decimals, region
        # One cell more stands at the end of every line, empty: where the columns point that the file has not.
        self.take = itemgetter(*(places.get(field, -1) for field in FIELDS))

    def row(self, line: int, cells: list[str]) -> ImportRow:
        if len(max(cells, key=len)) > LONGEST_FIELD or "\x00" in "".join(cells):
            raise Unusable(f"a field is longer than {LONGEST_FIELD} characters or holds a zero byte")
        cells = [text.strip() for text in cells]
        cells.append("")
        (given_id, starts, ends, minutes, zone, service, staff, location, name, first_name, last_name, email, phone, seats, price, paid,
         label, notes, booked) = self.take(cells)
        zone = zone or self.zone
        if not _known_zone(zone):
            raise Unusable(f"unknown time zone {zone!r}")
        start, local, fold = _instant(starts, zone, "start")
        end = _instant(ends, zone, "end")[0] if ends else self._after(start, minutes)
        if not start + SHORTEST <= end <= start + LONGEST:
            raise Unusable("must end after its start, at least a minute and at most 24 hours later")
        if not service or not staff:
            raise Unusable("has no service" if not service else "has no staff or calendar")
        address, canonical = _email(email)
        name = name or f"{first_name} {last_name}".strip()
        if not name and not address:
            raise Unusable("has neither a name nor an e-mail address")
        status = self.layout.statuses.get(label := label.lower())
        if status is None:
            raise Unusable(f"unknown status {label!r}; map it with --status {label!r}=confirmed")
        cost = _money(price, "price", self.decimals) if price else None
        taken = _money(paid, "paid", self.decimals) if paid else 0
        if cost is not None and taken > cost:
            raise Unusable(f"paid {paid!r} is more than its price {price!r}")
        return ImportRow(
            line, given_id or _made_up_id(start, staff, canonical or name), start, end, zone, local, fold, service, staff, location, name,
            address, canonical, _phone(phone, self.region), _seats(seats), cost, taken, status, notes,
            _instant(booked, zone, "booking date")[0] if booked else None)

    @staticmethod
    def _after(start: datetime, minutes: str) -> datetime:
        if not minutes.isdecimal() or not 1 <= int(minutes) <= 1440:
            raise Unusable("duration must be 1 to 1440 minutes")
        return start + timedelta(minutes=int(minutes))


@lru_cache(maxsize=2_000)
def _money(text: str, what: str, decimals: int) -> int:
    """Minor units. A comma only parts thousands: read as anything else, 80,00 would become 8000."""
    match = AMOUNT.fullmatch(text)
    amount = Decimal(match[1].replace(",", "")).scaleb(decimals) if match else None
    if amount is None or amount != amount.to_integral_value() or not 0 <= amount < 10**12:
        raise Unusable(f"{what} {text!r} is not an amount of money")
    return int(amount)


@lru_cache(maxsize=64)
def _known_zone(zone: str) -> bool:
    return wall_time.valid_zone(zone)


@lru_cache(maxsize=20_000)
def _instant(text: str, zone: str, what: str) -> tuple[datetime, datetime, int]:
    """Text -> (UTC instant, wall time, fold). An offset in the text wins; a wall time the zone skips is refused."""
    stamp = _parse_stamp(text)
    if stamp is None or not 1990 <= stamp.year <= 2100:
        raise Unusable(f"{what} {text!r} is not a date and time between 1990 and 2100")
    if stamp.tzinfo is not None:
        instant = stamp.astimezone(UTC)
        return instant, *wall_time.wall(instant, zone)
    instants = wall_time.occurrences(stamp, zone)
    if not instants:
        raise Unusable(f"{what} {text!r} does not exist in {zone}: clocks go forward then")
    return instants[0], stamp, 0


def _parse_stamp(text: str) -> datetime | None:
    if re.match(r"\d{4}-\d\d-\d\d[T ]", text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None
    parts = STAMP.fullmatch(re.sub(r"(?i)(\d)([ap]m)$", r"\1 \2", text))
    if parts is None:
        return None
    for of_day, of_times in PATTERNS.items():
        if (day := _part(parts[1], of_day)) is not None:
            for of_time in of_times:
                if (time := _part(parts[2], of_time)) is not None:
                    return datetime.combine(day, time.time())
    return None


@lru_cache(maxsize=20_000)
def _part(text: str, pattern: str) -> datetime | None:
    """A day or a time of day alone: a file has few of them, and many pairs. Reading one costs more than the rest of its line."""
    try:
        return datetime.strptime(text, pattern)
    except ValueError:
        return None


def _email(text: str) -> tuple[str | None, str | None]:
    if not text:
        return None, None
    try:
        return text, canonical_email(text)
    except Refused:
        raise Unusable(f"{text!r} is not an e-mail address") from None


def _phone(text: str, region: str | None) -> str | None:
    """A number that can be dialled is kept in E.164; anything else would never be called or texted, and is refused."""
    if not text:
        return None
    try:
        return canonical_phone(text, region)
    except Refused:
        raise Unusable(f"phone {text!r} needs its country code, as in +1 212 555 0100") from None


def _seats(text: str) -> int:
    if not text:
        return 1
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise Unusable(f"seats {text!r} is not a number of seats")
    return int(text)


def _made_up_id(start: datetime, staff: str, person: str) -> str:
    """Files without ids: the same person at the same time with the same staff is the same booking."""
    return hashlib.sha256(f"{start.isoformat()}|{staff.lower()}|{person.lower()}".encode()).hexdigest()[:32]

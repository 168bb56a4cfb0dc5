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
from typing import TextIO

from booking.addresses import canonical_email, canonical_phone
from booking.importing.formats import Format
from booking.rules import wall_time
from booking.rules.decision import Refused
from booking.rules.money import exponent

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=24)
LONGEST_FIELD = 2_000
AMOUNT = re.compile(r"[$€£]? ?((?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d*)?)", re.ASCII)
PATTERNS = (
    "%B %d, %Y %I:%M %p", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M",
)


@dataclass(frozen=True, slots=True)
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
        self.layout, self.places, self.zone, self.decimals, self.region = layout, places, zone, decimals, region

    def row(self, line: int, cells: list[str]) -> ImportRow:
        def cell(field: str) -> str:
            place = self.places.get(field)
            return "" if place is None else cells[place].strip()

        for text in cells:
            if len(text) > LONGEST_FIELD or "\x00" in text:
                raise Unusable(f"a field is longer than {LONGEST_FIELD} characters or holds a zero byte")
        zone = cell("zone") or self.zone
        if not _known_zone(zone):
            raise Unusable(f"unknown time zone {zone!r}")
        start, local, fold = _instant(cell("starts_at"), zone, "start")
        end = self._end(cell, start, zone)
        if not start + SHORTEST <= end <= start + LONGEST:
            raise Unusable("must end after its start, at least a minute and at most 24 hours later")
        service, staff = cell("service"), cell("staff")
        if not service or not staff:
            raise Unusable("has no service" if not service else "has no staff or calendar")
        email, canonical = _email(cell("email"))
        name = cell("name") or f"{cell('first_name')} {cell('last_name')}".strip()
        if not name and not email:
            raise Unusable("has neither a name nor an e-mail address")
        label = cell("status").lower()
        if label not in self.layout.statuses:
            raise Unusable(f"unknown status {label!r}; map it with --status {label!r}=confirmed")
        price = self._money(cell("price"), "price") if cell("price") else None
        booked = cell("booked_at")
        return ImportRow(
            line, cell("id") or _made_up_id(start, staff, canonical or name), start, end, zone, local, fold, service, staff,
            cell("location"), name, email, canonical, _phone(cell("phone"), self.region), _seats(cell("seats")), price,
            self._money(cell("paid"), "paid") if cell("paid") else 0, self.layout.statuses[label], cell("notes"),
            _instant(booked, zone, "booking date")[0] if booked else None)

    def _end(self, cell, start: datetime, zone: str) -> datetime:  # noqa: ANN001
        if text := cell("ends_at"):
            return _instant(text, zone, "end")[0]
        minutes = cell("duration_minutes")
        if not minutes.isdecimal() or not 1 <= int(minutes) <= 1440:
            raise Unusable("duration must be 1 to 1440 minutes")
        return start + timedelta(minutes=int(minutes))

    def _money(self, text: str, what: str) -> int:
        """Minor units. A comma only parts thousands: read as anything else, 80,00 would become 8000."""
        match = AMOUNT.fullmatch(text)
        amount = Decimal(match[1].replace(",", "")).scaleb(self.decimals) if match else None
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
    text = re.sub(r"(?i)(\d)([ap]m)$", r"\1 \2", text)
    for pattern in PATTERNS:
        try:
            return datetime.strptime(text, pattern)
        except ValueError:
            continue
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

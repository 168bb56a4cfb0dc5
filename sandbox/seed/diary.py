"""Eighteen months of a shop's diary: who came, who moved, who did not show up. Same shop, same day: same diary."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from booking.rules import wall_time

BACK_DAYS, AHEAD_DAYS = 455, 90
PAST, FUTURE = 640, 145
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PAST_STATES = ("completed",) * 84 + ("no_show",) * 5 + ("cancelled",) * 9 + ("declined", "expired")
FUTURE_STATES = ("confirmed",) * 88 + ("cancelled",) * 12


@dataclass
class Entry:
    """One booking to be: indexes into the business's lists, wall time and instants, and what became of it."""

    service: int
    staff: int
    customer: int
    local: datetime
    starts_at: datetime
    ends_at: datetime
    status: str
    booked_at: datetime
    closed_at: datetime | None
    seats: int = 1
    session: tuple[int, datetime] | None = None


@dataclass
class Diary:
    """Entries, and the class dates by (service, start) with their capacity."""

    entries: list[Entry] = field(default_factory=list)
    sessions: dict[tuple[int, datetime], tuple[int, datetime]] = field(default_factory=dict)


def write_diary(shop: dict[str, Any], customers: int, now: datetime) -> Diary:
    """A diary without overlaps, inside working hours, for a business of sandbox.seed.businesses."""
    return _Writer(shop, customers, now).run()


class _Writer:
    def __init__(self, shop: dict[str, Any], customers: int, now: datetime) -> None:
        self.shop, self.now, self.zone = shop, now, shop["zone"]
        self.chance = random.Random(f"{shop['slug']} {now:%Y-%m-%d}")
        self.weights = [1 / (1 + n / 8) for n in range(customers)]
        self.busy: dict[int, list[tuple[datetime, datetime]]] = {}
        self.seats: dict[tuple[int, datetime], int] = {}
        self.diary = Diary()
        self.today = now.astimezone(ZoneInfo(self.zone)).date()

    def run(self) -> Diary:
        self._classes()
        solo = [n for n, s in enumerate(self.shop["services"]) if s["capacity"] == 1]
        self._fill(solo, PAST - 120, -BACK_DAYS, -1, PAST_STATES)
        self._fill(solo, FUTURE - 45, 1, AHEAD_DAYS, FUTURE_STATES)
        self._parties(120, past=True)
        self._parties(45, past=False)
        self._requests(9)
        self._checked_in()
        return self.diary

    def _classes(self) -> None:
        """Two dates a week of every class, at the opening time of its teacher."""
        for number, service in enumerate(self.shop["services"]):
            if service["capacity"] == 1:
                continue
            staff = service["staff"][0]
            hours = self.shop["staff"][staff][2]
            days = [n for n, day in enumerate(DAYS) if hours[day]][:4:2]
            for offset in range(-BACK_DAYS, AHEAD_DAYS):
                day = self.today + timedelta(days=offset)
                if day.weekday() in days:
                    local = datetime.combine(day, time.fromisoformat(hours[DAYS[day.weekday()]][0][0]))
                    start = wall_time.resolve(local, self.zone)
                    end = start + timedelta(minutes=service["minutes"])
                    self.diary.sessions[number, start] = (staff, end)
                    self.busy.setdefault(staff, []).append((start, end))

    def _fill(self, services: list[int], wanted: int, first: int, last: int, states: tuple[str, ...]) -> None:
        made = 0
        while made < wanted:
            number = self.chance.choice(services)
            status = self.chance.choice(states)
            if status in ("declined", "expired"):
                number = next(n for n in services if (self.shop["services"][n]["policy"] or {}).get("approval") == "manual")
            made += self._book(number, self.today + timedelta(days=self.chance.randint(first, last)), status)

    def _book(self, number: int, day: date, status: str) -> int:
        service = self.shop["services"][number]
        staff = self.chance.choice(service["staff"])
        spans = self.shop["staff"][staff][2][DAYS[day.weekday()]]
        if not spans:
            return 0
        opens, closes = self.chance.choice(spans)
        start_minute, end_minute = _minutes(opens), _minutes(closes)
        room = (end_minute - start_minute - service["minutes"]) // service["step"]
        if room < 0:
            return 0
        minute = start_minute + self.chance.randint(0, room) * service["step"]
        local = datetime.combine(day, time(minute // 60, minute % 60))
        start = wall_time.resolve(local, self.zone)
        end = start + timedelta(minutes=service["minutes"])
        span = (start - timedelta(minutes=service["buffer"]), end + timedelta(minutes=service["buffer"]))
        if status not in ("cancelled", "declined", "expired"):
            busy = self.busy.setdefault(staff, [])
            if any(a < span[1] and span[0] < b for a, b in busy):
                return 0
            busy.append(span)
        self._enter(Entry(number, staff, self._someone(), local, start, end, status, *self._when(start, end, status)))
        return 1

    def _parties(self, wanted: int, *, past: bool) -> None:
        dates = [key for key in self.diary.sessions if (key[1] < self.now - timedelta(hours=4)) == past]
        for _ in range(wanted):
            number, start = key = self.chance.choice(dates)
            staff, end = self.diary.sessions[key]
            seats = self.chance.choice((1, 1, 1, 2))
            status = self.chance.choice(PAST_STATES[:98] if past else FUTURE_STATES)
            if status != "cancelled":
                if self.seats.get(key, 0) + seats > self.shop["services"][number]["capacity"]:
                    continue
                self.seats[key] = self.seats.get(key, 0) + seats
            local = start.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
            self._enter(Entry(number, staff, self._someone(), local, start, end, status, *self._when(start, end, status), seats, key))

    def _requests(self, wanted: int) -> None:
        """Requests that wait for the shop's answer."""
        numbers = [n for n, s in enumerate(self.shop["services"]) if (s["policy"] or {}).get("approval") == "manual"]
        made = 0
        while made < wanted:
            made += self._book(self.chance.choice(numbers), self.today + timedelta(days=self.chance.randint(3, 40)), "pending")

    def _checked_in(self) -> None:
        """Two people are in the house right now."""
        for staff, status in ((0, "arrived"), (1, "ready_to_start")):
            number = next(n for n, s in enumerate(self.shop["services"]) if staff in s["staff"] and s["capacity"] == 1)
            minute = self.now.replace(minute=self.now.minute // 15 * 15, second=0, microsecond=0)
            end = minute + timedelta(minutes=self.shop["services"][number]["minutes"])
            local = minute.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
            self._enter(Entry(number, staff, 5 + staff, local, minute, end, status, minute - timedelta(days=6), None))

    def _someone(self) -> int:
        return self.chance.choices(range(len(self.weights)), self.weights)[0]

    def _when(self, start: datetime, end: datetime, status: str) -> tuple[datetime, datetime | None]:
        """When it was booked, and when it was closed."""
        booked = min(start, self.now) - timedelta(days=self.chance.randint(1, 30), minutes=self.chance.randint(0, 1200))
        if status in ("confirmed", "pending"):
            return booked, None
        if status in ("completed", "no_show"):
            return booked, end
        return booked, booked + (min(start, self.now) - booked) * self.chance.uniform(0.1, 0.9)

    def _enter(self, entry: Entry) -> None:
        self.diary.entries.append(entry)


def _minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)

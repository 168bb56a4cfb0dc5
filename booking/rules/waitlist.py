"""Waiting for an earlier time or a seat: who may wait, for what, and who is told of an opening (R34, D27, D28)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from booking.rules.decision import Decision
from booking.rules.interval import Span, overlap
from booking.rules.status import CHECKED_IN, CLOSED

FROM_AHEAD = timedelta(days=14)
BANDS = ("morning", "afternoon", "evening")
EVERY_DAY = 0b1111111
TURNED_DOWN = frozenset({"declined", "expired"})
CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wishes:
    """`weekdays`: one bit a day, Monday the lowest. `bands`: names of BANDS. `anyone`: any qualified person will do."""

    weekdays: int
    bands: tuple[str, ...]
    anyone: bool = False


def may_wait(*, status: str, starts_at: datetime, now: datetime, offered: bool, whole_visit: bool = False) -> Decision:
    """May this booking wait for an earlier time? Confirmed, and at least 14 x 24 h ahead, exactly that included (R34).

    `offered`: the shop offers it. Parts of a visit move only as a block (R32), so they do not wait one by one.
    """
    if status in CLOSED:
        return Decision(False, "closed", facts={"state": status})
    if status in CHECKED_IN:
        return Decision(False, "checked_in", facts={"state": status})
    if not offered or whole_visit or status != "confirmed":
        return Decision(False, "not_allowed", facts={"kind": "waitlist"})
    last = starts_at - FROM_AHEAD
    if now > last:
        return Decision(False, "too_late", last, {"kind": "waitlist"})
    return Decision(True, None, last)


def may_wait_again(*, status: str, starts_at: datetime, now: datetime, lead_time: timedelta, offered: bool, whole_visit: bool = False) -> Decision:
    """May whoever asked for this time wait for it, after the request was declined or not answered (D29e)? While it can still be booked.

    `offered`: the shop offers it, and the service with this person there. Of a visit no part is booked by itself (R32).
    """
    if status not in TURNED_DOWN or not offered or whole_visit:
        return Decision(False, "not_allowed", facts={"kind": "waitlist"})
    return _until(starts_at, now, lead_time, "again")


def may_wait_for_place(*, scheduled: bool, starts_at: datetime, now: datetime, lead_time: timedelta, offered: bool) -> Decision:
    """May one wait for a place on this class date? While it takes place and can still be booked; `offered` as above."""
    if not offered:
        return Decision(False, "not_allowed", facts={"kind": "waitlist"})
    if not scheduled:
        return Decision(False, "closed", facts={"kind": "date", "state": "cancelled"})
    return _until(starts_at, now, lead_time, "place")


def _until(starts_at: datetime, now: datetime, lead_time: timedelta, kind: str) -> Decision:
    last = lives_until(starts_at, lead_time)
    if now >= last:
        return Decision(False, "too_late", last, {"kind": kind, "begun": now >= starts_at})
    return Decision(True, None, last)


def lives_until(starts_at: datetime, lead_time: timedelta) -> datetime:
    """When waiting ends by itself: nothing earlier could be booked from here on (R34)."""
    return starts_at - lead_time


def weekday_bits(days: Iterable[int]) -> int:
    """Weekdays 0 (Monday) to 6 as bits."""
    bits = 0
    for day in days:
        bits |= 1 << day
    return bits


def weekdays_of(bits: int) -> list[int]:
    return [day for day in range(7) if bits >> day & 1]


def wants(wishes: Wishes, start: datetime, zone: str, bands: Mapping[str, Sequence[str]]) -> bool:
    """Whether a start is what the customer wishes: weekday and band by the clocks of the place; the start counts (R34).

    A band is half-open: 12:00 is afternoon. One that ends at 24:00 holds the last minute of the day.
    """
    local = start.astimezone(ZoneInfo(zone))
    if not wishes.weekdays >> local.weekday() & 1:
        return False
    clock = f"{local.hour:02}:{local.minute:02}"
    return any(name in bands and bands[name][0] <= clock < bands[name][1] for name in wishes.bands)


def band_problem(bands: object) -> str | None:
    """What is wrong with the shop's bands of the day, if anything: known names, each from an earlier to a later time, 24:00 at most."""
    if not isinstance(bands, Mapping) or not bands or set(bands) - set(BANDS):
        return f"must name at least one of {', '.join(BANDS)}"
    for name, span in bands.items():
        if not isinstance(span, Sequence) or isinstance(span, str) or len(span) != 2 or not all(
                isinstance(clock, str) and CLOCK.fullmatch(clock) for clock in span) or span[0] >= span[1]:
            return f'{name} must be a pair of times such as ["06:00", "12:00"]'
    return None


def claim_until(now: datetime, starts_at: datetime, lead_time: timedelta, minutes: int) -> datetime | None:
    """How long one person holds an opening: `minutes`, never past its start minus the lead time; None when that is over (D28)."""
    last = min(now + timedelta(minutes=minutes), starts_at - lead_time)
    return last if last > now else None


def rests_until(told_at: datetime | None, now: datetime, hours: int) -> datetime | None:
    """Until when someone is left in peace: `hours` after the last offer, exactly then no longer. None: may be told now."""
    if told_at is None:
        return None
    until = told_at + timedelta(hours=hours)
    return until if now < until else None


def using(starts: Iterable[datetime], opening: Span, length: tuple[timedelta, timedelta, timedelta]) -> list[datetime]:
    """The starts that make use of an opening: those wholly inside it, or where it is too short for any, those that reach into it.

    `length` is (buffer before, duration, buffer after); `opening` a span of instants.
    """
    before, duration, after = length
    touching = [(start, (start - before, start + duration + after)) for start in starts]
    touching = [(start, span) for start, span in touching if overlap(span, opening)]
    inside = [start for start, span in touching if opening[0] <= span[0] and span[1] <= opening[1]]
    return inside or [start for start, _ in touching]

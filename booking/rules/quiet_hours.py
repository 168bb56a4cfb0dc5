"""When the telephone stays quiet (R40)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.rules.wall_time import resolve


def quiet_until(now: datetime, zone: str, start: time, end: time) -> datetime:
    """`now`, or the end of the quiet hours it lies in. `start` to `end` are wall time of `zone` and may pass midnight; equal means never."""
    here = now.astimezone(ZoneInfo(zone))
    clock = here.time()
    if start == end or not (start <= clock < end if start < end else clock >= start or clock < end):
        return now
    day = here.date() + timedelta(days=1) if start > end and clock >= start else here.date()
    return max(now, resolve(datetime.combine(day, end), zone))

"""Wall time and instants (R11, R13, I56, I57). Zones are IANA names of the form Area/City, or UTC."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


def use_packaged_zones() -> None:
    """Read zone data from the pinned tzdata package only, never from the machine's files (R13)."""
    zoneinfo.reset_tzpath(to=[])
    zoneinfo.ZoneInfo.clear_cache()


@lru_cache(maxsize=700)
def valid_zone(name: str) -> bool:
    """Area/City names and UTC. Abbreviations such as CET mean different things to different programs."""
    if name != "UTC" and ("/" not in name or name.startswith(("/", "Etc/")) or ".." in name):
        return False
    try:
        ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def occurrences(local: datetime, zone: str) -> list[datetime]:
    """The instants at which clocks in `zone` show `local` (naive): none in a gap, two when the hour repeats."""
    here = ZoneInfo(zone)
    found = []
    for fold in (0, 1):
        instant = local.replace(tzinfo=here, fold=fold).astimezone(UTC)
        if instant.astimezone(here).replace(tzinfo=None) == local and instant not in found:
            found.append(instant)
    return found


def resolve(local: datetime, zone: str, *, fold: int = 0, gap: str = "later") -> datetime:
    """Naive wall time -> UTC. A time in a gap moves forward by the gap, or with gap="raise" raises ValueError."""
    here = ZoneInfo(zone)
    instant = local.replace(tzinfo=here, fold=fold).astimezone(UTC)
    if instant.astimezone(here).replace(tzinfo=None) != local:
        if gap == "raise":
            raise ValueError(f"{local:%Y-%m-%d %H:%M} does not exist in {zone}")
        # fold=0 reads the clock before the change, which lands the same distance after it.
        return local.replace(tzinfo=here, fold=0).astimezone(UTC)
    return instant


def wall(instant: datetime, zone: str) -> tuple[datetime, int]:
    """UTC -> (naive wall time, fold)."""
    local = instant.astimezone(ZoneInfo(zone))
    return local.replace(tzinfo=None, fold=0), local.fold


def days_before(instant: datetime, days: int, zone: str) -> datetime:
    """The same wall time `days` dates earlier; in a gap forward, of two the later (R11)."""
    local, _ = wall(instant, zone)
    found = occurrences(local - timedelta(days=days), zone)
    return found[-1] if found else resolve(local - timedelta(days=days), zone)


def day_span(day: date, zone: str) -> tuple[datetime, datetime]:
    """A local day as instants: 23, 24 or 25 hours long."""
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: str) -> datetime:
    return resolve(datetime.combine(day, time.min), zone)


def dates_of(start: datetime, end: datetime, zone: str) -> list[date]:
    """The local dates something touches; what ends at midnight does not touch the next one."""
    first, last = local_date(start, zone), local_date(max(start, end - timedelta(microseconds=1)), zone)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def local_date(instant: datetime, zone: str) -> date:
    return instant.astimezone(ZoneInfo(zone)).date()

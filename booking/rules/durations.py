"""ISO 8601 durations: hours and minutes are elapsed time, days are wall-clock days (R11)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache

from booking.rules.wall_time import days_before

PATTERN = re.compile(
    r"P(?:(?P<w>\d{1,4})W)?(?:(?P<d>\d{1,4})D)?(?:T(?:(?P<h>\d{1,5})H)?(?:(?P<m>\d{1,7})M)?(?:(?P<s>\d{1,8})S)?)?", re.ASCII)
LONGEST_DAYS = 731


@dataclass(frozen=True, slots=True)
class Notice:
    """A time before the start: `days` wall-clock days, then `seconds` of elapsed time."""

    days: int = 0
    seconds: int = 0

    def before(self, start: datetime, zone: str) -> datetime:
        """The instant this far before `start` (UTC), by the clocks of `zone` for the days."""
        return (days_before(start, self.days, zone) if self.days else start) - timedelta(seconds=self.seconds)

    def iso(self) -> str:
        return _text(self.days, self.seconds)

    @lru_cache(maxsize=1000)  # noqa: B019  (few different notices exist, and they never change)
    def hours_text(self) -> str:
        """N of the A80 sentence: 7 days are 168, 90 minutes are 1.5."""
        hours = Fraction(self.days * 86400 + self.seconds, 3600)
        return str(hours.numerator) if hours.denominator == 1 else f"{float(hours):.2f}".rstrip("0").rstrip(".")

    @property
    def rank(self) -> int:
        """For ordering tiers: nominal seconds."""
        return self.days * 86400 + self.seconds


def parse(text: str) -> Notice:
    """`PT2H`, `P7D`, `P1DT12H`, `P1W`, `PT0S` -> Notice; ValueError for anything else, and beyond two years."""
    match = PATTERN.fullmatch(text) if isinstance(text, str) else None
    if match is None or text.endswith(("P", "T")):
        raise ValueError(f"{text!r} is not a duration such as PT24H or P7D")
    part = {key: int(value or 0) for key, value in match.groupdict().items()}
    notice = Notice(part["w"] * 7 + part["d"], part["h"] * 3600 + part["m"] * 60 + part["s"])
    if notice.rank > LONGEST_DAYS * 86400:
        raise ValueError(f"{text!r} is longer than two years")
    return notice


def seconds(text: str) -> int:
    """An elapsed duration in seconds; days are refused, they have no fixed length."""
    notice = parse(text)
    if notice.days:
        raise ValueError(f"{text!r} must be given in hours and minutes")
    return notice.seconds


def days(text: str) -> int:
    """A duration in whole days, for horizons."""
    notice = parse(text)
    if notice.seconds or not notice.days:
        raise ValueError(f"{text!r} must be given in days")
    return notice.days


def iso(elapsed: int) -> str:
    """Seconds -> `PT60M`, `PT24H`, `PT0S`: minutes below two hours, hours where whole."""
    return _text(0, elapsed)


def _text(days_: int, elapsed: int) -> str:
    if elapsed == 0:
        return f"P{days_}D" if days_ else "PT0S"
    if elapsed % 3600 == 0 and elapsed >= 7200:
        clock = f"{elapsed // 3600}H"
    elif elapsed % 60 == 0:
        clock = f"{elapsed // 60}M"
    else:
        clock = f"{elapsed}S"
    return f"P{days_}DT{clock}" if days_ else f"PT{clock}"

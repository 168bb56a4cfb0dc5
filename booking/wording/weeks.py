"""The day a reader's week begins on, from the region of their locale, else that of the store (R46)."""

from __future__ import annotations

import re
from functools import lru_cache

from babel import Locale
from babel.core import get_global
from babel.localedata import locale_identifiers

from booking.rules.week import Week

REGION = re.compile(r"[-_]([A-Za-z]{2})(?=[-_.@]|$)")


@lru_cache(maxsize=500)
def week_for(locale: str | None, zone: str | None) -> Week:
    """By the region of `locale` (`en-GB`); where it names none, by the country of `zone`; Monday where neither tells one."""
    named = REGION.search(locale or "")
    return _week_in(named[1].upper() if named else _country_of(zone or ""))


def _country_of(zone: str) -> str:
    """The country an IANA zone lies in, whichever of its names it goes by; nothing for UTC."""
    return get_global("zone_territories").get(get_global("zone_aliases").get(zone, zone), "")


@lru_cache(maxsize=256)
def _week_in(region: str) -> Week:
    known = _regions().get(region)
    return Week(Locale.parse(known).first_week_day) if known else Week()


@lru_cache(maxsize=1)
def _regions() -> dict[str, str]:
    """A locale of each region: the first day is the region's, whatever is spoken there."""
    return {name.rpartition("_")[2]: name for name in locale_identifiers() if REGION.search(name)}

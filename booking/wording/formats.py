"""Money, days and clock times as a language writes them. A shop's pages show the same few over and over, and the formatter is slow."""

from __future__ import annotations

import re
from datetime import date as Day
from datetime import datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers

from booking.rules.money import exponent

FIRST = re.compile(r"(?<!\S)1(?=\s)")
"""The first of a month, before its name: French counts it as an ordinal, which Unicode's patterns leave out."""


@lru_cache(maxsize=4096)
def money(locale: str, amount: int, currency: str) -> str:
    digits = exponent(currency)
    whole = amount % 10**digits == 0
    number = amount / 10**digits if digits else amount
    text = numbers.format_currency(number, currency, locale=locale, currency_digits=True)
    if whole and digits:
        point = numbers.get_decimal_symbol(Locale.parse(locale))
        text = text.replace(f"{point}{'0' * digits}", "")
    # Where one writes from right to left, a sign after Latin letters changes sides, US$ reads $US: a mark keeps it where it is, and another ends the run.
    mark = "\u200e\u200f" if locale == "ar" and text[-2:-1].isalpha() and not text[-1].isalnum() else ""
    return text.replace("\u202f", " ") + mark


@lru_cache(maxsize=512)
def percent(locale: str, whole: int) -> str:
    return numbers.format_percent(whole / 100, locale=locale).replace("\u202f", "\u00a0")


@lru_cache(maxsize=512)
def count(locale: str, n: int) -> str:
    return numbers.format_decimal(n, locale=locale).replace("\u202f", "\u00a0")


def local(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(ZoneInfo(zone))


@lru_cache(maxsize=20_000)
def date(locale: str, day: Day, pattern: str) -> str:
    text = dates.format_date(day, pattern, locale=locale)
    return FIRST.sub("1er", text) if locale == "fr" and day.day == 1 else text


@lru_cache(maxsize=5_000)
def clock(locale: str, hour: int, minute: int) -> str:
    return dates.format_time(time(hour, minute), "short", locale=locale).replace("\u202f", " ")


def zone_name(locale: str, local: datetime) -> str:
    """EST, CET; where a zone has no name, GMT-03:00."""
    name = local.tzname() or ""
    return name if name.isalpha() else dates.get_timezone_gmt(local, locale=locale)


def clock_to_the_second(locale: str, at: time) -> str:
    return dates.format_time(at, "medium", locale=locale).replace("\u202f", " ")


@lru_cache(maxsize=5_000)
def tile(locale: str, day: Day, pattern: str, year: bool) -> tuple[str, str, str, str]:
    """The weekday, the month, the year or nothing, and the day by `pattern`."""
    return date(locale, day, "EEE"), date(locale, day, "MMM"), date(locale, day, "y") if year else "", date(locale, day, pattern)


def weekday_names(locale: str, width: str) -> list[str]:
    names = dates.get_day_names(width, locale=locale)
    if width == "abbreviated" and names == dates.get_day_names("wide", locale=locale):
        names = dates.get_day_names("short", locale=locale)  # Arabic shortens its days there only
    return [names[n] for n in range(7)]


@lru_cache(maxsize=20_000)
def span(locale: str, pattern: str, hour: int, minute: int, until_hour: int, until_minute: int, zone: str) -> str:
    """From one clock time to another; `pattern` has `{start}`, `{end}` and `{zone}`."""
    return pattern.format(start=clock(locale, hour, minute), end=clock(locale, until_hour, until_minute), zone=zone)

"""What people of the shop type into addresses and forms, before anything is done with it."""

from __future__ import annotations

import re
from datetime import date, datetime, time

from booking.rules.decision import Refused
from booking.rules.money import card_step, exponent
from booking.rules.wall_time import occurrences
from booking.wording import Words

LARGEST_ID = 2**63 - 1


def known_ref(text: str) -> str:
    """A booking's reference as it may stand in a path; what cannot be one does not exist."""
    if not (text.isascii() and text.isalnum() and len(text) <= 40):
        raise Refused("not_found")
    return text


def known_id(number: int) -> int:
    """An id as it may stand in a path."""
    if number > LARGEST_ID:
        raise Refused("not_found")
    return number


def whole(text: str | None) -> int | None:
    """A whole number of at most 18 ASCII digits, else None."""
    text = (text or "").strip()
    return int(text) if len(text) <= 19 and text.isascii() and text.isdecimal() and int(text) <= LARGEST_ID else None


def text(value: str | None, longest: int) -> str:
    """Typed text cut to `longest` characters, without NUL, which no database text can hold."""
    return (value or "")[:longest].replace("\x00", "").strip()


def steps_problem(w: Words, currency: str) -> str:
    """Where an amount is finer than cards move (R25)."""
    return w._("Cards move {currency} in steps of {step} only. Please enter such an amount.").format(
        currency=currency, step=w.money(card_step(currency), currency))


def day(value: str | None) -> date | None:
    """A date as date fields send it; None for anything else."""
    try:
        found = date.fromisoformat((value or "").strip())
    except ValueError:
        return None
    return found if 1990 <= found.year <= 2200 else None


def clock(value: str | None) -> time | None:
    """A time of day such as 09:30; None for anything else."""
    match = re.fullmatch(r"(\d{1,2}):(\d{2})(?::00)?", (value or "").strip(), re.ASCII)
    return time(int(match[1]), int(match[2])) if match and int(match[1]) < 24 and int(match[2]) < 60 else None


def instant(value: str | None) -> datetime | None:
    """An RFC 3339 instant, as the forms of these screens carry it; None for anything else."""
    try:
        at = datetime.fromisoformat((value or "").strip().replace(" ", "+"))
    except ValueError:
        return None
    return at if at.tzinfo is not None and 1990 <= at.year <= 2200 else None


def moments(on: date, at: time, zone: str) -> list[datetime]:
    """The instants at which clocks in `zone` show this: none when they are put forward over it, two when it comes twice (I57)."""
    return occurrences(datetime.combine(on, at), zone)


def amount(value: str | None, currency: str) -> int | None:
    """`25`, `25.50` or `25,50` -> minor units; None when it is no amount of this currency."""
    digits = exponent(currency)
    match = re.fullmatch(r"(\d{1,10})(?:[.,](\d+))?", (value or "").strip(), re.ASCII)
    if match is None or len(match[2] or "") > digits:
        return None
    return int(match[1]) * 10**digits + int((match[2] or "").ljust(digits, "0") or 0)


def plain_amount(minor: int, currency: str) -> str:
    """Minor units as a plain number for fields and exports: `25.50`."""
    digits = exponent(currency)
    return f"{minor // 10**digits}.{minor % 10**digits:0{digits}d}" if digits else str(minor)


"""What was typed into a form of the dashboard: read once, problems by field, and all of it shown again when something is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import request

from booking.rules.decision import Refused
from booking.rules.money import exponent
from booking.wording import Words
from booking.wording.problems import problem_text

LARGEST_ID = 2**63
UNITS = {"minutes": "PT{n}M", "hours": "PT{n}H", "days": "P{n}D"}
AMOUNT = re.compile(r"(\d{1,12})(?:[.,](\d{1,4}))?", re.ASCII)


class Typed:
    """The sent form. Readers return the value or note a problem in words at the field."""

    def __init__(self, words: Words) -> None:
        self.form, self.w = request.form, words
        self.problems: dict[str, str] = {}

    @property
    def do(self) -> str:
        """Which button was pressed: `preview`, `add`, ..., empty for saving."""
        return self.form.get("do", "")[:40]

    def wrong(self, name: str, problem: str) -> None:
        self.problems.setdefault(name, problem)

    def text(self, name: str, longest: int = 2000) -> str:
        """Typed text without the zero byte, which no database text can hold; lines end as they are stored."""
        return _plain(self.form.get(name, "")[:longest]).strip()

    def flag(self, name: str) -> bool:
        return self.form.get(name) == "1"

    def chosen(self, name: str, allowed: Iterable[str]) -> str:
        value, allowed = self.form.get(name, ""), tuple(allowed)
        if value not in allowed:
            self.wrong(name, self.w._("Please choose one of these."))
            return allowed[0]
        return value

    def number(self, name: str, least: int, most: int) -> int:
        """A whole number; `least` when it is wrong, and then a problem stands at the field."""
        text = self.text(name, 20)
        if text.isascii() and text.isdecimal() and least <= int(text) <= most:
            return int(text)
        self.wrong(name, self.w._("Please enter a whole number from {least} to {most}.").format(least=least, most=most))
        return least

    def maybe(self, name: str, least: int, most: int) -> int | None:
        """A whole number, or None where the field is left empty."""
        return self.number(name, least, most) if self.text(name, 20) else None

    def money(self, name: str, currency: str) -> int:
        """An amount such as 49.90 or 49,90 in minor units; empty is nothing."""
        amount = parse_amount(self.text(name, 24) or "0", currency)
        if amount is None:
            self.wrong(name, self.w._("Please enter an amount such as {example}.").format(example=plain_amount(4990, currency)))
        return amount or 0

    def duration(self, name: str) -> str:
        """`name_n` and `name_unit` as ISO 8601 text; a text that already is one passes."""
        number, unit = self.text(f"{name}_n", 20), self.form.get(f"{name}_unit", "")
        if unit == "iso":
            return number
        if unit in UNITS and number.isascii() and number.isdecimal():
            return UNITS[unit].format(n=int(number))
        self.wrong(f"{name}_n", self.w._("Please enter a whole number, such as 24."))
        return "PT0S"

    def ids(self, name: str) -> list[int]:
        return [number for number in map(as_id, self.form.getlist(name)[:500]) if number is not None]

    def day(self, name: str) -> date | None:
        try:
            found = date.fromisoformat(self.text(name, 10))
            if 2000 <= found.year <= 2100:
                return found
        except ValueError:
            pass
        self.wrong(name, self.w._("Please enter a date."))
        return None

    def local(self, day: str, clock: str) -> datetime | None:
        """A wall time from a date field and a time field."""
        found, text = self.day(day), self.text(clock, 8)
        try:
            time = datetime.strptime(text, "%H:%M").time()
        except ValueError:
            self.wrong(clock, self.w._("Please enter a time such as 09:30."))
            return None
        return None if found is None else datetime.combine(found, time)

    def version(self) -> int:
        """The version of the row the form was made from; 0 matches none."""
        text = self.text("version", 18)
        return int(text) if text.isascii() and text.isdecimal() else 0

    def shown(self, *lists: str) -> dict[str, Any]:
        """Everything as it was typed, for showing the form again; `lists` are fields with several values."""
        plain: dict[str, Any] = {name: _plain(value) for name, value in self.form.items() if name not in ("csrf_token", "id_token")}
        return plain | {name: self.form.getlist(name) for name in lists}

    def refused(self, refused: Refused, place: Callable[[str], str] = lambda field: field) -> None:
        """Put the action's problems at the fields of this form."""
        for problem in refused.facts.get("errors", ()):
            self.wrong(place(problem["field"]), problem_text(self.w, problem["problem"]))


def _plain(text: str) -> str:
    return text.replace("\x00", "").replace("\r\n", "\n")


def as_id(text: str | None) -> int | None:
    """An id as it may be sent, else None."""
    number = int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 19 else 0
    return number if 0 < number < LARGEST_ID else None


def must_be_id(number: int) -> int:
    """An id in a path; one no row can have is not found."""
    if not 0 < number < LARGEST_ID:
        raise Refused("not_found")
    return number


def parse_amount(text: str, currency: str) -> int | None:
    """`49.90` or `49,90` -> 4990; None for anything else and for more digits than the currency has. Thousands are not parted."""
    match = AMOUNT.fullmatch(text.strip())
    if match is None:
        return None
    amount = Decimal(f"{match[1]}.{match[2] or '0'}").scaleb(exponent(currency))
    return int(amount) if amount == amount.to_integral_value() and amount <= 10**12 else None


def plain_amount(amount: int | None, currency: str) -> str:
    """Minor units -> `49.90`, for a field."""
    if amount is None:
        return ""
    digits = exponent(currency)
    return str(Decimal(amount).scaleb(-digits).quantize(Decimal(1).scaleb(-digits)))


def differences(labels: dict[str, str], theirs: dict[str, Any], mine: dict[str, Any],
                texts: Callable[[str, Any], str] = lambda name, value: str(value)) -> list[tuple[str, str, str]]:
    """(label, saved now, typed here) for every field that differs: what someone needs to decide whose version stays."""
    def plain(value: Any) -> Any:
        return sorted(map(str, value)) if isinstance(value, list) else str(value or "")

    return [(label, texts(name, theirs.get(name)), texts(name, mine.get(name))) for name, label in labels.items()
            if plain(theirs.get(name)) != plain(mine.get(name))]

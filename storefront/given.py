"""What visitors type into addresses and forms, before anything is done with it."""

from __future__ import annotations

LONGEST_NUMBER = 18


def whole_number(text: str | None, *, longest: int = LONGEST_NUMBER) -> int | None:
    """A whole number of at most `longest` ASCII digits, else None: nothing longer has a meaning here."""
    return int(text) if text and len(text) <= longest and text.isascii() and text.isdecimal() else None


def opaque_id(text: str | None) -> int:
    """An id as our own pages write it; 0, which nothing has, for anything else."""
    fits = text is not None and len(text) <= 19 and text.isascii() and text.isdecimal() and int(text) < 2**63
    return int(text) if text and fits else 0


def seats(text: str | None, most: int, default: int) -> int:
    """How many seats are meant: 1 to `most`, otherwise `default`."""
    number = whole_number(text)
    return number if number is not None and 1 <= number <= most else default


def text(value: str | None, longest: int) -> str:
    """Typed text cut to `longest` characters; NUL, which no database text can hold, is left out."""
    return (value or "")[:longest].replace("\x00", "")

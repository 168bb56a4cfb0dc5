"""How the shop reads the names of its customers."""

from __future__ import annotations

from booking.rules.pseudonym import PSEUDONYM
from booking.wording.words import Words


def person(words: Words, name: str | None) -> str:
    """A customer's name, empty without one. Who was erased has none left: what stands in its place is translated (R45)."""
    return words._("Redacted customer") if name == PSEUDONYM else name or ""

"""Words: codes, facts, money and instants become sentences. Pages, mails and APIs share them (R46)."""

from __future__ import annotations

from functools import lru_cache

from booking.rules.week import Week
from booking.wording.languages import SHIPPED, pick
from booking.wording.words import Words


@lru_cache(maxsize=64)
def words_for(locale: str | None, week: Week = Week()) -> Words:
    """The words of a shipped language; an unknown or missing one falls back to English. `week`: the reader's, where days are laid out."""
    return Words(pick(locale), week)


__all__ = ["SHIPPED", "Words", "words_for"]

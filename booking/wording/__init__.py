"""Words: codes, facts, money and instants become sentences. Pages, mails and APIs share them (R46)."""

from __future__ import annotations

from functools import lru_cache

from booking.wording.languages import SHIPPED, pick
from booking.wording.words import Words


@lru_cache(maxsize=16)
def words_for(locale: str | None) -> Words:
    """The words of a shipped language; an unknown or missing one falls back to English."""
    return Words(pick(locale))


__all__ = ["SHIPPED", "Words", "words_for"]

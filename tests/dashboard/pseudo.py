"""A language in which every text of ours stands in brackets, and a reader who finds what does not."""

from __future__ import annotations

import gettext
import re
from html.parser import HTMLParser

from babel import dates

OPEN, CLOSE = "⟦", "⟧"
PATTERN = re.compile(r"[EMdyLm,. ]+")
"""Texts that are date patterns stay as they are."""
SILENT = ("script", "style", "code", "pre", "textarea")
"""Elements without texts of ours: codes, messages as customers get them, and what somebody types."""
READ_ALOUD = ("aria-label", "title", "placeholder", "alt")
NAMES = {name for width in ("wide", "abbreviated") for names in (dates.get_day_names(width, locale="en"), dates.get_month_names(width, locale="en"))
         for name in names.values()}
CLOCKS = re.compile(rf"\b(?:{'|'.join(sorted(NAMES, key=len, reverse=True))}|AM|PM|EST|EDT|UTC|GMT)\b")


class Pseudo(gettext.NullTranslations):
    """`Save` becomes ⟦Save⟧."""

    def gettext(self, message: str) -> str:
        return message if PATTERN.fullmatch(message) else f"{OPEN}{message}{CLOSE}"

    def ngettext(self, one: str, many: str, n: int) -> str:
        return f"{OPEN}{one if n == 1 else many}{CLOSE}"


def unwrapped(page: str, data: set[str]) -> list[str]:
    """Texts on the page, and those read aloud, that are neither ours in brackets nor data, dates or single letters."""
    reader = _Reader()
    reader.feed(page.replace("<wbr>", ""))
    known = sorted((text for text in data if len(text) > 1), key=len, reverse=True)
    found = []
    for text in reader.texts:
        rest = re.sub(r"https?://[^\s⟦⟧]+", " ", text)
        for name in known:
            rest = rest.replace(name, " ")
        while (shorter := re.sub(rf"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", " ", rest)) != rest:
            rest = shorter
        rest = CLOCKS.sub(" ", rest)
        if re.search(r"[^\W\d_]{2,}", rest):
            found.append(" ".join(text.split()))
    return found


class _Reader(HTMLParser):
    """Whole elements' texts would join what stands apart, so each run of text is looked at on its own."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self._silent += 1
        given = dict(attrs)
        self.texts += [given[name] or "" for name in READ_ALOUD if given.get(name)]
        # Texts a script shows later: those with capitals or words; codes, dates and addresses are none.
        self.texts += [value or "" for name, value in attrs if name.startswith("data-") and re.match(rf"[A-Z{OPEN}][^/?]*$", value or "")]

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.texts.append(data)

"""The languages we ship, and their catalogues: `locale/de.po` is what customers read, `locale/dashboard/de.po` what only the shop's people read."""

from __future__ import annotations

import gettext
import re
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUES = Path(__file__).parent / "locale"
MERCHANTS = CATALOGUES / "dashboard"
FRENCH = re.compile(r"(?<=\S) (?=[:;?!»])|(?<=«) ")
NAMES = {"de": "Deutsch", "fr": "Français", "es": "Español", "ar": "العربية"}
SHIPPED = {"en": "English"} | NAMES


def pick(wanted: str | None) -> str:
    """A shipped language for a locale such as `de-AT`; English when there is none."""
    code = (wanted or "").replace("_", "-").split("-")[0].lower()
    return code if code in SHIPPED else "en"


@lru_cache(maxsize=16)
def catalogue(locale: str) -> gettext.NullTranslations:
    """The compiled catalogues; what customers do not read is looked up in the shop's. English is the language of the source texts and needs none."""
    if locale not in NAMES:
        return gettext.NullTranslations()
    texts = _compiled(CATALOGUES / f"{locale}.po", locale)
    texts.add_fallback(_compiled(MERCHANTS / f"{locale}.po", locale))
    return texts


def _compiled(path: Path, locale: str) -> gettext.GNUTranslations:
    compiled = BytesIO()
    with path.open("rb") as source:
        texts = read_po(source, locale=locale)
    if locale == "fr":
        for message in texts:
            message.string = tuple(map(_kept_together, message.string)) if isinstance(message.string, tuple) else _kept_together(message.string)
    write_mo(compiled, texts)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _kept_together(text: str) -> str:
    """French sets a space before these signs; no line ends there."""
    return FRENCH.sub("\u00a0", text)

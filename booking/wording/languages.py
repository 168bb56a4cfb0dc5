"""The languages we ship, and their catalogues."""

from __future__ import annotations

import gettext
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUES = Path(__file__).parent / "locale"
NAMES = {"de": "Deutsch", "fr": "Français", "es": "Español", "ar": "العربية"}
SHIPPED = {"en": "English"} | {code: name for code, name in NAMES.items() if (CATALOGUES / f"{code}.po").exists()}


def pick(wanted: str | None) -> str:
    """A shipped language for a locale such as `de-AT`; English when there is none."""
    code = (wanted or "").replace("_", "-").split("-")[0].lower()
    return code if code in SHIPPED else "en"


@lru_cache(maxsize=16)
def catalogue(locale: str) -> gettext.NullTranslations:
    """The compiled catalogue. English is the language of the source texts and needs none."""
    path = CATALOGUES / f"{locale}.po"
    if not path.exists():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=locale))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)

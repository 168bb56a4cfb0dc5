"""Where a line of a page may break inside a word."""

from __future__ import annotations

from markupsafe import Markup


def breaking_well(text: str) -> Markup:
    """An e-mail address that is too long for its line breaks after the @."""
    return Markup("@<wbr>").join(text.split("@"))

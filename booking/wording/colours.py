"""A shop's colour, made readable: white text on it, and itself on light or dark grounds (R46)."""

from __future__ import annotations

import re
from functools import lru_cache

FALLBACK = "#2b4c7e"


@lru_cache(maxsize=1024)
def readable(accent: str | None, *, on: str = "#ffffff", ratio: float = 4.5) -> str:
    """`accent` darkened (on a light ground) or lightened (on a dark one) until it has `ratio` against `on` (WCAG 1.4.3)."""
    colour = accent if accent and re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else FALLBACK
    red, green, blue = (int(colour[n:n + 2], 16) for n in (1, 3, 5))
    towards = 0 if _luminance(on) > 0.5 else 255
    for step in range(0, 101):
        mixed = "#" + "".join(f"{round(part + (towards - part) * step / 100):02x}" for part in (red, green, blue))
        if contrast(mixed, on) >= ratio:
            return mixed
    return "#000000" if towards == 0 else "#ffffff"


def contrast(a: str, b: str) -> float:
    """The WCAG contrast ratio of two `#rrggbb` colours, 1 to 21."""
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = []
    for n in (1, 3, 5):
        value = int(colour[n:n + 2], 16) / 255
        parts.append(value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4)
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

"""The time zones a shop can choose from: places people know, by IANA name, from the pinned zone data (R13)."""

from __future__ import annotations

import zoneinfo

REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


def _known() -> tuple[str, ...]:
    names = zoneinfo.available_timezones()
    return tuple(sorted(name for name in names if name.split("/")[0] in REGIONS and "/" in name))


ZONES: tuple[str, ...] = _known()
"""Some 420 names, sorted; what a browser offers while typing a part of one."""

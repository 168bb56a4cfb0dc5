"""Two copies of a person's fields, each edited on its own: what goes to which side (I25).

Compared with what both last agreed on, a field changed here, there, or on both sides. A change on one side wins over no change;
of two changes the later one wins. Equal values are agreed, whoever wrote them, so a change that went out is none when it comes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

FIELDS = ("name", "email", "phone", "locale")
Values = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """Fields to write here and there, and what both sides agree on once `to_us` is written. `to_them` is agreed when it arrived."""

    to_us: dict[str, str | None] = field(default_factory=dict)
    to_them: dict[str, str | None] = field(default_factory=dict)
    agreed: dict[str, str | None] = field(default_factory=dict)


def plan(agreed: Values, ours: Values, theirs: Values, changed: Mapping[str, datetime], their_change: datetime) -> Plan:
    """`changed`: when each field last changed here, of those that have changed since both agreed. `their_change`: their last change of anything, to the second.

    An empty value never removes one from the other side unless both once agreed on it; an address or a language is never removed.
    """
    made = Plan()
    for name in FIELDS:
        here, there = ours.get(name) or None, theirs.get(name) or None
        if here == there:
            made.agreed[name] = here
            continue
        if _ours_wins(name, agreed, here, there, changed.get(name), their_change):
            made.to_them[name] = here
            if name in agreed:
                made.agreed[name] = agreed[name]
        else:
            made.to_us[name] = there
            made.agreed[name] = there
    return made


def _ours_wins(name: str, agreed: Values, here: str | None, there: str | None, changed: datetime | None, their_change: datetime) -> bool:
    if name not in agreed or name in ("email", "locale") and None in (here, there):
        if None in (here, there):
            return here is not None
        return changed is not None and changed > their_change
    if there == agreed[name]:
        return True
    # Edited here since, and back to what was agreed: an edit all the same.
    return changed is not None and changed > their_change


def full_name(first: str | None, last: str | None) -> str:
    return " ".join(f"{first or ''} {last or ''}".split())[:120].strip()


def name_parts(name: str) -> tuple[str, str]:
    """(first name, the rest): joined again they give the name."""
    first, _, rest = " ".join(name.split()).partition(" ")
    return first, rest

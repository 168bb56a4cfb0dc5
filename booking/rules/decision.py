"""A refusal is a value with a code and facts; doors word it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

CODES = (
    "slot_taken", "too_late", "limit_reached", "not_allowed", "closed", "checked_in", "stale", "quote_changed", "no_change",
    "outside_hours", "invalid", "not_found", "unauthorized", "rate_limited", "idempotency_mismatch",
)


class Refused(Exception):
    """A rule, or the database as the last judge, says no. `code` is one of CODES; `facts` carry what the sentence needs."""

    def __init__(self, code: str, **facts: Any) -> None:
        if code not in CODES:
            raise ValueError(f"unknown refusal code {code!r}")
        super().__init__(code)
        self.code = code
        self.facts = facts


class Decision(NamedTuple):
    """Whether something may be done, until when, and if not, why (`reason` is a code)."""

    allowed: bool
    reason: str | None = None
    deadline: datetime | None = None
    facts: Mapping[str, Any] = MappingProxyType({})

    def require(self) -> None:
        """Raise Refused with the reason and facts unless allowed."""
        if not self.allowed:
            facts = dict(self.facts)
            if self.deadline is not None:
                facts.setdefault("deadline", self.deadline)
            raise Refused(self.reason or "not_allowed", **facts)

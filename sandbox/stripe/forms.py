"""Stripe's form encoding, `metadata[ref]=a&expand[0]=b`, read into nested values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sandbox.stripe.errors import invalid

PART = re.compile(r"\[([^\[\]]*)\]")


def read(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Names with brackets become dicts; dicts whose keys are all numbers become lists."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        head = name.partition("[")[0]
        path = [head, *PART.findall(name[len(head):])]
        place = found
        for key in path[:-1]:
            place = place.setdefault(key, {})
            if not isinstance(place, dict):
                raise invalid(f"Invalid form: {name}", param=name)
        place[path[-1] or str(len(place))] = value
    return {key: _listed(value) for key, value in found.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(part) for key, part in value.items()}
    if inner and all(key.isdigit() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner

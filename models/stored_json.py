"""JSON columns as read: equal texts are parsed once, since a store's bookings share a handful of policies."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

LONGEST_KEPT = 4_000


class StoredJson(dict):
    """A parsed object that remembers its text, so that what is made of it can be remembered too. Shared: never changed."""

    __slots__ = ("source",)
    source: bytes


def loads(data: bytes | str) -> Any:
    """What psycopg calls for every json and jsonb value."""
    raw = bytes(data) if not isinstance(data, str) else data.encode()
    return _parsed(raw) if len(raw) <= LONGEST_KEPT and raw[:1] == b"{" else json.loads(raw)


@lru_cache(maxsize=5_000)
def _parsed(raw: bytes) -> StoredJson:
    parsed = StoredJson(json.loads(raw))
    parsed.source = raw
    return parsed

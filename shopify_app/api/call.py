"""A checked request of one store's people."""

from __future__ import annotations

from dataclasses import dataclass

from booking.rules.decision import Refused
from jsonapi.call import Call as StoreCall

PAGING = {"limit": "1 to 200, default 50", "cursor": "`next` of the page before"}


@dataclass
class Call(StoreCall):
    """`origin` is the store's own address for customers' links (I43)."""

    origin: str = ""

    def limit(self) -> int:
        text = self.query.get("limit", "50")
        if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= 200):
            raise Refused("invalid", errors=[{"field": "limit", "problem": "must be from 1 to 200"}])
        return int(text)

"""A new place in a line of those who wait (R34)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert

from booking import waitlist
from booking.rules.waitlist import BANDS
from models.base import new_id
from models.session import Tx
from models.waitlist_entry import WaitlistEntry


def new_entry(tx: Tx, kind: str, *, bands: Sequence[str] = BANDS, **values: Any) -> waitlist.Entry:
    """At the end of its line; the entry as everyone reads it."""
    entry_id = new_id()
    tx.db.execute(insert(WaitlistEntry).values(store_id=tx.store_id, id=entry_id, kind=kind, bands=list(bands), created_at=tx.now, **values))
    made = waitlist.find_entry(tx, entry_id)
    assert made is not None, "just written"
    return made

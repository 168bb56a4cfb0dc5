"""Looking up the records that prove a store's host names (I52). The lookup is handed in, so that tests can answer it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from booking.actions.domains import record_lookup, record_name, record_text
from booking.rules.decision import Refused
from models.actor import SYSTEM
from models.domain import Domain
from models.session import reading
from sync.dns import Unsure

Lookup = Callable[[str], list[str]]
"""Name -> its TXT records; raises Unsure when nobody answers."""


def check_due(store_id: int, lookup: Lookup) -> int:
    """Look at every domain of the store whose turn it is; how many."""
    with reading(store_id) as tx:
        due = tx.db.execute(select(Domain.id, Domain.host, Domain.token).where(
            Domain.store_id == store_id, Domain.next_check_at <= tx.now).order_by(Domain.next_check_at).limit(50)).all()
    for row in due:
        try:
            found: bool | None = record_text(row.token) in [text.strip() for text in lookup(record_name(row.host))]
        except Unsure:
            found = None
        try:
            record_lookup(store_id, SYSTEM, row.id, row.token, found)
        except Refused:
            continue  # removed meanwhile
    return len(due)

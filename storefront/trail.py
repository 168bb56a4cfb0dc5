"""What a booking's page tells of the past: its history and its documents, and what is kept for paying, read together."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Boolean, String, Text, cast, literal, null, select, union_all
from sqlalchemy.dialects.postgresql import JSONB

from booking.cards import KEPT, Kept, read_kept
from booking.documents.find import STANDS, Listed
from models.audit import AuditEntry
from models.booking_summary import BookingSummary
from models.document import Document
from models.session import Tx
from models.statement import INSTANT, Statement, param

MOST = 50


class Entry(NamedTuple):
    action: str
    at: datetime
    actor_kind: str
    after: dict[str, Any] | None


class _Row(NamedTuple):
    """Of the history (True): what, when, who, what it became. Of the documents (False): kind, date, currency, number and amount. What
    is kept for paying (None): `after`, as `read_kept` takes it."""

    history: bool | None
    what: str
    at: datetime
    who: str
    after: dict[str, Any] | None
    number: int
    amount: int | None


_ENTRIES = select(
    literal(True).label("history"), AuditEntry.action, AuditEntry.at, AuditEntry.actor_kind, AuditEntry.after, AuditEntry.id,
    cast(null(), BigInteger),
).where(AuditEntry.store_id == param("store"), AuditEntry.booking_id == param("booking"), AuditEntry.allowed,
        ).order_by(AuditEntry.id.desc()).limit(MOST).subquery()
_DOCUMENTS = select(
    literal(False), Document.kind, Document.issued_at, cast(Document.currency, String), cast(null(), JSONB), Document.number, Document.amount,
).where(Document.store_id == param("store"), Document.booking_id == param("booking"), STANDS)
_KEPT = select(cast(null(), Boolean), cast(null(), Text), cast(null(), INSTANT), cast(null(), String), KEPT, cast(null(), BigInteger), cast(null(), BigInteger))
_TRAIL = Statement(union_all(select(_ENTRIES), _DOCUMENTS, _KEPT), _Row)


def trail_of(tx: Tx, b: BookingSummary) -> tuple[list[Entry], list[Listed], Kept]:
    """(history, newest first; documents, oldest first; what is kept for paying): one statement."""
    rows = _TRAIL.rows(tx, booking=b.id)
    entries = sorted((row for row in rows if row.history), key=lambda row: -row.number)
    documents = sorted((row for row in rows if row.history is False), key=lambda row: row.number)
    kept = next(row.after for row in rows if row.history is None)
    return ([Entry(row.what, row.at, row.who, row.after) for row in entries],
            [Listed(row.number, row.what, row.amount or 0, row.who) for row in documents], read_kept(kept or {}))

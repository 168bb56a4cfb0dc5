"""Policies as they stood when bookings were made (R20). Rows never change; equal policies share one row."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Index, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Mapped

from models.base import Base, Instant, StoreRow, new_id, of_store
from models.session import Tx
from models.statement import Statement, param, text_param


class PolicyCopy(StoreRow, Base):
    __tablename__ = "policies"

    digest: Mapped[str]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[Instant]

    __table_args__ = (of_store(), Index("policies_digest", "store_id", "digest", unique=True))


def keep(tx: Tx, body: dict[str, Any]) -> int:
    """The id of the store's copy of this policy; written when it is the first of its kind (R20)."""
    digest = hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    known = _KNOWN.first(tx, digest=digest)
    if known is None:
        tx.db.execute(upsert(PolicyCopy).values(
            store_id=tx.store_id, id=new_id(), digest=digest, body=body, created_at=tx.now).on_conflict_do_nothing())
        known = _KNOWN.first(tx, digest=digest)
    assert known is not None, "written here, or by another before"
    return known[0]


_KNOWN: Statement = Statement(select(PolicyCopy.id).where(PolicyCopy.store_id == param("store"), PolicyCopy.digest == text_param("digest")))

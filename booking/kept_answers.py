"""First answers to idempotency keys, kept sealed: some carry a secret or a manage link, all may carry personal data (I12, I64)."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from booking.rules.decision import Refused
from booking.sealing import Unsealable, seal, unseal
from models.idempotency import IdempotencyKey as Key
from models.session import Tx


def take(tx: Tx, principal: str, key: str, fingerprint: str) -> bool:
    """Whether the key is new; it is taken then. A second request with the same key waits here for the first."""
    return tx.db.execute(upsert(Key).values(
        store_id=tx.store_id, principal=principal, key=key, fingerprint=fingerprint, created_at=tx.now,
    ).on_conflict_do_nothing().returning(Key.key)).one_or_none() is not None


def keep(tx: Tx, principal: str, key: str, answer: dict[str, Any]) -> None:
    text = json.dumps(answer, ensure_ascii=False)
    tx.db.execute(update(Key).where(*_one(tx, principal, key)).values(sealed=seal(tx.store_id, _field(principal, key), text)))


def first(tx: Tx, principal: str, key: str, fingerprint: str) -> dict[str, Any]:
    """The first answer. Refused idempotency_mismatch for another request, and for an answer whose key is no longer in force."""
    row = tx.db.execute(select(Key.fingerprint, Key.sealed).where(*_one(tx, principal, key))).one()
    if row.fingerprint != fingerprint or row.sealed is None:
        raise Refused("idempotency_mismatch")
    try:
        return json.loads(unseal(tx.store_id, _field(principal, key), row.sealed))
    except Unsealable as gone:
        raise Refused("idempotency_mismatch") from gone


def forget(tx: Tx, addresses: Collection[str]) -> None:
    """Forget every answer that names one of the addresses (I60)."""
    wanted = [address.casefold() for address in addresses]
    found = []
    kept = select(Key.principal, Key.key, Key.sealed).where(Key.store_id == tx.store_id, Key.sealed.is_not(None))
    for row in tx.db.execute(kept) if wanted else ():
        try:
            answer = unseal(tx.store_id, _field(row.principal, row.key), row.sealed)
        except Unsealable:
            continue
        if any(address in answer.casefold() for address in wanted):
            found.append((row.principal, row.key))
    if found:
        tx.db.execute(delete(Key).where(Key.store_id == tx.store_id, or_(*[and_(Key.principal == p, Key.key == k) for p, k in found])))


def _one(tx: Tx, principal: str, key: str):  # noqa: ANN202
    return Key.store_id == tx.store_id, Key.principal == principal, Key.key == key


def _field(principal: str, key: str) -> str:
    """A sealed answer opens in its own row only."""
    return f"answer|{principal}|{key}"

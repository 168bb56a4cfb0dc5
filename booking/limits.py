"""Counted limits, in the database so that they survive any restart (I21, I37)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, insert, select, text

from booking.rules.decision import Refused
from booking.keys import keyed_hash
from models.access import Attempt
from models.session import Tx

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def count(tx: Tx, scope: str, subject: str, *limits: tuple[int, timedelta], weight: int = 1) -> None:
    """Count one attempt (or `weight` at once), or raise Refused("rate_limited", retry_after=seconds) when a limit (n, window) is used up.

    Subjects are kept as keyed hashes. Attempts of one subject wait for each other, so parallel requests cannot slip through.
    """
    hashed = keyed_hash("attempt", tx.store_id, scope, subject)[:32]
    tx.db.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"{tx.store_id}:{scope}:{hashed}"})
    for most, window in limits:
        used, oldest = tx.db.execute(select(func.count(), func.min(Attempt.at)).where(
            Attempt.store_id == tx.store_id, Attempt.scope == scope, Attempt.subject == hashed, Attempt.at > tx.now - window)).one()
        if used + weight > most:
            raise Refused("rate_limited", retry_after=max(1, int(((oldest or tx.now) + window - tx.now).total_seconds())))
    tx.db.execute(insert(Attempt), [{"store_id": tx.store_id, "scope": scope, "subject": hashed, "at": tx.now}] * weight)

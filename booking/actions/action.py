"""`@action`: opens the transaction, retries it whole, keeps idempotency keys, records refusals."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import errors
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError

from booking import kept_answers
from booking.rules.decision import Refused
from booking.webhooks import announce
from models.access import Attempt
from models.actor import Actor
from models.booking_summary import BookingSummary
from models.session import Tx, transaction

TRIES = 6
AGAIN = (errors.DeadlockDetected, errors.SerializationFailure, errors.InvalidSqlStatementName)
REFUSALS_KEPT_PER_HOUR = 30
ONCE = frozenset({"customers_verified_email", "waitlist_once_a_seat", "waitlist_once_a_time"})
"""Two proved the same address, or the same person joined the same line, at once: the second looks again."""
RECORDED = frozenset({"too_late", "limit_reached", "not_allowed", "closed", "checked_in"})


@dataclass(frozen=True, slots=True)
class Once:
    """An idempotency key of one principal (I12). `fingerprint` covers the request; `render` makes the answer to keep."""

    principal: str
    key: str
    fingerprint: str
    render: Callable[[Any], dict[str, Any]]

    @staticmethod
    def of(principal: str, key: str, render: Callable[[Any], dict[str, Any]], *parts: object) -> Once:
        """Fingerprint = SHA-256 over the parts of the request that decide its effect."""
        return Once(principal, key, hashlib.sha256(repr(parts).encode()).hexdigest(), render)


@dataclass(frozen=True, slots=True)
class Done:
    """What an action did. `answer` is what `once.render` made of it: the first answer when the key was seen before."""

    booking: BookingSummary | None = None
    refund: Any = None
    bookings: tuple[BookingSummary, ...] = ()
    facts: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
    replayed: bool = False


def action(verb: Callable[..., Done]) -> Callable[..., Done]:
    """Turn `verb(tx, ...)` into `verb(store_id, by, ..., once=None)`, one whole transaction; `verb.within(tx, ...)` composes.

    Raises Refused when a rule or the database says no; nothing has changed then. Deadlocks and serialization failures are
    retried whole (I69). A refused change of a booking is recorded in the audit afterwards, rate limited (R41).
    """

    @functools.wraps(verb)
    def run(store_id: int, by: Actor, *args: Any, once: Once | None = None, **kwargs: Any) -> Done:
        for attempt in range(1, TRIES + 1):
            touched: list[BookingSummary] = []
            try:
                with transaction(store_id, by) as tx:
                    try:
                        done = _once(tx, once, lambda tx=tx: verb(tx, *args, **kwargs))
                        announce(tx)
                        return done
                    finally:
                        if tx.subject is not None:
                            touched.append(tx.subject)
            except Refused as refused:
                _record(store_id, by, verb.__name__, refused, touched)
                raise
            except (DBAPIError, psycopg.Error) as error:
                original = getattr(error, "orig", error)
                if isinstance(original, AGAIN) and attempt < TRIES:
                    continue
                raise _refusal(original) or error from error
        raise AssertionError("unreachable")

    run.within = verb  # type: ignore[attr-defined]
    return run


def _once(tx: Tx, once: Once | None, do: Callable[[], Done]) -> Done:
    """Do it, or give the first answer."""
    if once is None:
        return do()
    if not kept_answers.take(tx, once.principal, once.key, once.fingerprint):
        return Done(answer=kept_answers.first(tx, once.principal, once.key, once.fingerprint), replayed=True)
    done = do()
    answer = once.render(done)
    kept_answers.keep(tx, once.principal, once.key, answer)
    return Done(done.booking, done.refund, done.bookings, done.facts, answer)


def _refusal(original: BaseException | None) -> Refused | None:
    """The database is the last judge of slots and seats (I1, I7): its refusal is an answer, not a failure."""
    name = getattr(getattr(original, "diag", None), "constraint_name", None)
    if isinstance(original, errors.ExclusionViolation):
        return Refused("slot_taken")
    if isinstance(original, errors.CheckViolation) and name == "sessions_seats":
        return Refused("slot_taken")
    if isinstance(original, errors.ForeignKeyViolation):
        return Refused("not_allowed", kind="in_use")  # one request removed what another began to use: the later one looks again
    if isinstance(original, errors.UniqueViolation) and name in ONCE:
        return Refused("stale")
    return None


def _record(store_id: int, by: Actor, name: str, refused: Refused, touched: list[BookingSummary]) -> None:
    """Audit a refused attempt on a booking: code and booking only, at most 30 an hour for one booking."""
    if refused.code not in RECORDED or not touched:
        return
    booking = touched[-1]
    with transaction(store_id, by) as tx:
        recent = tx.db.execute(select(func.count()).select_from(Attempt).where(
            Attempt.store_id == store_id, Attempt.scope == "refused", Attempt.subject == str(booking.id),
            Attempt.at > tx.now - timedelta(hours=1))).scalar_one()
        if recent < REFUSALS_KEPT_PER_HOUR:
            tx.db.execute(insert(Attempt).values(store_id=store_id, scope="refused", subject=str(booking.id)))
            tx.audit(name, booking_id=booking.id, allowed=False, code=refused.code)

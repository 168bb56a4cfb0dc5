"""Those who want the same person's time wait for each other here, in one order, before the constraint decides (I1, I8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from models.session import Tx
from models.statement import Written

LONGEST = 48 * 3600  # occupancies_span


def ids(numbers: Iterable[int]) -> str:
    """An array as the server writes it: the driver's own takes longer to make than the statement to run."""
    return "{" + ",".join(map(str, numbers)) + "}"


def lock_staff(tx: Tx, staff: Iterable[int]) -> None:
    """Take the staff members' locks in ascending order: writers queue instead of deadlocking in the constraint (docs/decisions/0003).

    Holds past their end stop blocking here and now, whether or not the sweeper has come by (I11).
    """
    _LOCK.run(tx, ids(sorted(set(staff))), tx.store_id, tx.now)


def lock_if_free(tx: Tx, staff: Iterable[int], staff_id: int, low: int, high: int, own: Iterable[int]) -> bool:
    """`lock_staff`, unless something of others than `own` lies between the instants `low` and `high` (Unix seconds) of `staff_id`: then
    False, at once, and nobody was held up. The look is older than the locks."""
    ((free,),) = _LOOK_AND_LOCK.rows(tx, *_looked_at(tx, staff, staff_id, low, high, own))
    return free


def lock_or(otherwise: Exception, tx: Tx, staff: Iterable[int], staff_id: int, low: int, high: int, own: Iterable[int]) -> None:
    """`lock_if_free` without waiting for the answer: it goes with the next question or the commit, so the locks are held no longer than
    the server itself needs. `otherwise` is raised there, and nothing of the transaction is kept."""
    _LOOK_AND_LOCK_OR.later(tx, *_looked_at(tx, staff, staff_id, low, high, own), otherwise=otherwise)


def _looked_at(tx: Tx, staff: Iterable[int], staff_id: int, low: int, high: int, own: Iterable[int]) -> tuple[Any, ...]:
    return ids(sorted(set(staff))), tx.store_id, tx.now, staff_id, low - LONGEST, high, low, ids(own)


# The condition on `queue` is asked once, before any hold is looked at.
_QUEUE = (
    "queue as materialized (select pg_advisory_xact_lock(id) from (select unnest($1::bigint[]) as id order by 1) s{only}),"
    " over as (delete from holds where (select count(*) from queue) > 0 and store_id = $2::bigint and staff_id = any($1::bigint[])"
    " and expires_at <= $3::timestamptz and kind <> 'old_slot')")
_LOCK = Written(f"with {_QUEUE.format(only='')} select count(*) from queue")
_LOOK = (
    "with free as materialized (select not exists (select from occupancies where store_id = $2::bigint and staff_id = $4::bigint"
    " and starts_at > to_timestamp($5::bigint) and starts_at < to_timestamp($6::bigint) and ends_at > to_timestamp($7::bigint)"
    f" and (expires_at is null or expires_at > $3::timestamptz) and source_id <> all($8::bigint[])) as it),"
    f" {_QUEUE.format(only=' where (select it from free)')} select ")
_LOOK_AND_LOCK = Written(_LOOK + "it from free")
_LOOK_AND_LOCK_OR = Written(_LOOK + "1 / it::int from free")

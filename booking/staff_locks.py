"""Those who want the same person's time wait for each other here, in one order, before the constraint decides (I1, I8)."""

from __future__ import annotations

from collections.abc import Iterable

from models.session import Tx

LONGEST = 48 * 3600  # occupancies_span


def ids(numbers: Iterable[int]) -> str:
    """An array as the server writes it: the driver's own takes longer to make than the statement to run."""
    return "{" + ",".join(map(str, numbers)) + "}"


def lock_staff(tx: Tx, staff: Iterable[int]) -> None:
    """Take the staff members' locks in ascending order: writers queue instead of deadlocking in the constraint (docs/decisions/0003).

    Holds past their end stop blocking here and now, whether or not the sweeper has come by (I11).
    """
    people = ids(sorted(set(staff)))
    tx.driver.cursor().execute(_LOCK, (people, tx.store_id, people, tx.now))


def lock_if_free(tx: Tx, staff: Iterable[int], staff_id: int, low: int, high: int, own: Iterable[int]) -> bool:
    """`lock_staff`, unless something of others than `own` lies between the instants `low` and `high` (Unix seconds) of `staff_id`: then
    False, at once, and nobody was held up. The look is older than the locks."""
    people = ids(sorted(set(staff)))
    found = tx.driver.cursor().execute(_LOOK_AND_LOCK, (
        tx.store_id, staff_id, low - LONGEST, high, low, tx.now, ids(own), people, tx.store_id, people, tx.now)).fetchone()
    return found is not None and found[0]


# The condition on `queue` is asked once, before any hold is looked at.
_QUEUE = (
    "queue as materialized (select pg_advisory_xact_lock(id) from (select unnest(%s::bigint[]) as id order by 1) s{only}),"
    " over as (delete from holds where (select count(*) from queue) > 0 and store_id = %s and staff_id = any(%s::bigint[]) and expires_at <= %s"
    " and kind <> 'old_slot')")
_LOCK = f"with {_QUEUE.format(only='')} select count(*) from queue"
_LOOK_AND_LOCK = (
    "with free as materialized (select not exists (select from occupancies where store_id = %s and staff_id = %s"
    " and starts_at > to_timestamp(%s) and starts_at < to_timestamp(%s) and ends_at > to_timestamp(%s)"
    f" and (expires_at is null or expires_at > %s) and source_id <> all(%s::bigint[])) as it), {_QUEUE.format(only=' where (select it from free)')}"
    " select it from free")

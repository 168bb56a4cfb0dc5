"""Losing the database half way: nothing is half done, nothing is said to be done, and the next request works (I69)."""

from __future__ import annotations

import threading

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import DBAPIError

from booking.actions.action import TRIES, Done, action
from booking.actions.cancel_booking import cancel_booking
from booking.actions.locations import update_location
from booking.actions.reschedule_booking import reschedule_booking
from models.session import Tx
from tests.support.world import MERCHANT, World, at


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def terminate(postgres, database_name):
    """End a server process, as an operator or a restart does."""

    def end(pid: int) -> None:
        with psycopg.connect(postgres.admin_url(database_name)) as connection:
            connection.execute("select pg_terminate_backend(%s, 5000)", (pid,))

    return end


@action
def interrupted(tx: Tx, within, then) -> Done:
    """Do `within`, then `then` with the number of the server process, in one transaction."""
    done = within(tx)
    then(tx.db.exec_driver_sql("select pg_backend_pid()").scalar_one())
    tx.db.exec_driver_sql("select 1")
    return done


def test_a_connection_lost_before_commit_changes_nothing_and_is_told(world, terminate):
    b = world.book(at(10, 15), paid=2500)
    for verb in (lambda tx: cancel_booking.within(tx, b.ref, refund="full"), lambda tx: reschedule_booking.within(tx, b.ref, starts_at=at(11, 15), version=b.version)):
        with pytest.raises(DBAPIError):
            interrupted(world.store_id, MERCHANT, verb, terminate)
        after = world.read(b.ref)
        assert (after.status, after.starts_at, after.version) == (b.status, b.starts_at, b.version)
    assert world.sql("select count(*) from refunds") == [(0,)] and world.sql("select broken_audit_chain()") == [(None,)]
    assert cancel_booking(world.store_id, MERCHANT, b.ref, refund="full").booking.status == "cancelled"


def test_idle_connections_that_were_cut_are_replaced_unseen(world, terminate, postgres, database_name):
    """A restart of the server between two requests costs nobody an error."""
    for _ in range(3):
        with psycopg.connect(postgres.admin_url(database_name), autocommit=True) as connection:
            connection.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()", (database_name,))
        assert update_location(world.store_id, MERCHANT, world.location, name="Pier").facts


@pytest.mark.parametrize("kind", [errors.DeadlockDetected, errors.SerializationFailure])
@pytest.mark.parametrize(("failures", "succeeds"), [(1, True), (TRIES - 1, True), (TRIES, False)])
def test_deadlocks_are_retried_whole_and_not_for_ever(world, kind, failures, succeeds):
    b, left = world.book(at(10, 15)), [failures]

    def verb(tx):
        done = cancel_booking.within(tx, b.ref)
        if left[0]:
            left[0] -= 1
            tx.db.exec_driver_sql(f"do $$ begin raise exception 'x' using errcode = '{kind.sqlstate}'; end $$")
        return done

    if succeeds:
        interrupted(world.store_id, MERCHANT, verb, lambda pid: None)
    else:
        with pytest.raises(DBAPIError):
            interrupted(world.store_id, MERCHANT, verb, lambda pid: None)
    assert world.read(b.ref).status == ("cancelled" if succeeds else "confirmed")
    assert world.sql("select count(*) from audit_entries where action = 'cancel_booking'") == [(int(succeeds),)]


def test_a_true_deadlock_ends_with_both_done(world):
    """Two transactions that take the same two rows the other way round."""
    places = [world.location, int(world.sql("select max(id) from staff")[0][0])]
    meet = threading.Barrier(2, timeout=20)

    @action
    def both(tx: Tx, order) -> Done:
        for number, table in enumerate(order):
            tx.db.exec_driver_sql(f"select 1 from {table[0]} where store_id = opencals_store() and id = {table[1]} for update")
            if number == 0 and not meet.broken:
                try:
                    meet.wait()
                except threading.BrokenBarrierError:
                    pass
        meet.abort()
        return Done(facts={"tried": True})

    rows, found = [("locations", places[0]), ("staff", places[1])], []
    threads = [threading.Thread(target=lambda order=order: found.append(both(world.store_id, MERCHANT, order).facts)) for order in (rows, rows[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [{"tried": True}] * 2

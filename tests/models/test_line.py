"""A transaction begins with its first question, asks together what it can, and survives a server that forgot its statements (I58, I69)."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import func, select, update

from booking.actions.action import Done, action
from booking.actions.cancel_booking import cancel_booking
from booking.actions.changing import locked, write
from booking.rules.decision import Refused
from models import wire
from models.booking import Booking
from models.booking_summary import find
from models.session import OutboxItem, database, reading, transaction
from models.statement import INSTANT, Statement, param, text_param
from models.store import Store
from models.wire import Wire
from tests.support.world import MERCHANT, World, at

_COUNT: Statement = Statement(select(Booking.id).where(Booking.store_id == param("store")))
_INSTANT: Statement = Statement(select(func.transaction_timestamp(type_=INSTANT)))
_BROKEN: Statement = Statement(select(1 / (Booking.version - Booking.version)).where(Booking.store_id == param("store")))
_NAMED: Statement = Statement(update(Store).where(Store.store_id == param("store")).values(name=text_param("name")))


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def conversations(monkeypatch) -> list[int]:
    """How many questions went to the server together, each time."""
    seen: list[int] = []
    real = Wire.converse

    def talk(self, together, *, ends=True):  # noqa: ANN001, ANN202
        seen.append(len(together))
        return real(self, together, ends=ends)

    monkeypatch.setattr(Wire, "converse", talk)
    return seen


def forget(tx) -> None:  # noqa: ANN001
    tx.driver.pgconn.exec_(b"deallocate all")


def test_what_can_be_asked_together_is(world, conversations):
    b = world.book(at(10, 15))
    conversations.clear()
    with reading(world.store_id) as tx:
        assert conversations == [] and tx.line.unused
        waiting = _COUNT.along(tx)
        assert find(tx, b.ref).id == b.id
        assert conversations == [3]  # the store, what waited, the question
        assert waiting.rows == [(b.id,)] and tx.now.tzinfo is not None
        assert conversations == [3]
        one, other = _COUNT.along(tx), _COUNT.along(tx)
        assert one.rows == other.rows == [(b.id,)] and conversations == [3, 2]
    with transaction(world.store_id, MERCHANT) as tx:
        assert find(tx, b.ref).id == b.id
        assert conversations == [3, 2, 3]  # begin, the store, the question


def test_nothing_asked_takes_no_connection(world, conversations):
    with reading(world.store_id):
        pass
    assert conversations == []


def test_reading_is_read_only_and_of_one_store(world):
    b = world.book(at(10, 15))
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), reading(world.store_id) as tx:
        tx.driver.execute("update bookings set version = version + 1")
    with reading(world.store_id + 1) as tx:
        assert find(tx, b.ref) is None and _COUNT.rows(tx) == []


def test_a_reading_is_one_transaction_until_it_is_left(world):
    """Without a BEGIN at first, with one as soon as the driver's cursors are wanted: the same instant, store and READ ONLY throughout."""
    b = world.book(at(10, 15))
    with reading(world.store_id) as tx:
        assert find(tx, b.ref)
        (before,) = _INSTANT.rows(tx)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            _NAMED.run(tx, name="Pier")
    with reading(world.store_id) as tx:
        (first,) = _INSTANT.rows(tx)
        (again,) = _INSTANT.rows(tx)
        assert first == again != before
        assert tx.db.exec_driver_sql("select transaction_timestamp(), current_setting('app.store_id')").one() == (*first, str(world.store_id))
        assert _INSTANT.rows(tx) == [first] and _COUNT.rows(tx) == [(b.id,)]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            tx.driver.execute("update stores set name = 'Pier'")
    with database().engine.connect() as connection:
        assert connection.exec_driver_sql("select current_setting('app.store_id', true), current_setting('transaction_read_only')").one() in (
            ("", "off"), (None, "off"))


def test_after_a_question_that_failed_nothing_is_answered(world):
    b = world.book(at(10, 15))
    for ask in (_COUNT.rows, lambda tx: tx.driver.execute("select 1"), lambda tx: tx.db.exec_driver_sql("select 1")):
        with reading(world.store_id) as tx:
            assert find(tx, b.ref)
            with pytest.raises(psycopg.errors.DivisionByZero):
                _BROKEN.rows(tx)
            for _ in range(2):
                with pytest.raises((psycopg.errors.InFailedSqlTransaction, psycopg.OperationalError)):
                    ask(tx)
    with reading(world.store_id) as tx:
        assert _COUNT.rows(tx) == [(b.id,)]


def test_a_question_that_fails_is_told_and_the_connection_serves_on(world):
    b = world.book(at(10, 15))
    for _ in range(3):
        with pytest.raises(psycopg.errors.DivisionByZero), reading(world.store_id) as tx:
            _BROKEN.rows(tx)
        with pytest.raises(psycopg.errors.DivisionByZero), reading(world.store_id) as tx:
            assert find(tx, b.ref)
            _COUNT.along(tx)
            _BROKEN.rows(tx)
        with reading(world.store_id) as tx:
            assert _COUNT.rows(tx) == [(b.id,)]


def test_the_end_of_a_reading_is_heard_by_the_next(world):
    with reading(world.store_id) as tx:
        first = tx.driver
    with database().engine.connect() as connection:
        assert connection.connection.driver_connection is first
        assert first.pgconn.transaction_status == TransactionStatus.IDLE
        assert connection.exec_driver_sql("select 1").scalar() == 1


def test_a_server_that_forgot_its_statements_is_asked_anew(world):
    b = world.book(at(10, 15))
    with reading(world.store_id) as tx:
        assert find(tx, b.ref)
        forget(tx)
    with reading(world.store_id) as tx:
        assert find(tx, b.ref)


def test_an_action_in_the_middle_is_done_again_whole(world):
    b, left = world.book(at(10, 15), paid=2500), [1]

    @action
    def verb(tx):  # noqa: ANN001, ANN202
        done: Done = cancel_booking.within(tx, b.ref, refund="full")
        if left[0]:
            left[0] -= 1
            forget(tx)
        return done

    assert verb(world.store_id, MERCHANT).booking.status == "cancelled"
    assert left == [0] and world.sql("select count(*) from refunds") == [(1,)]


def test_a_part_may_fail_alone(world):
    b = world.book(at(10, 15))

    tries: list[int] = []

    @action
    def verb(tx):  # noqa: ANN001, ANN202
        tries.append(1)
        assert find(tx, b.ref)
        tx.driver.execute("select 1", prepare=True)  # having prepared one itself, the driver has the server forget all
        with pytest.raises(psycopg.errors.DivisionByZero), tx.line.attempt():
            _BROKEN.rows(tx)
        assert find(tx, b.ref)
        return cancel_booking.within(tx, b.ref)

    assert verb(world.store_id, MERCHANT).booking.status == "cancelled" and len(tries) == 1


def test_a_connection_prepares_so_many_and_asks_the_rest_plainly(world, monkeypatch):
    b = world.book(at(10, 15))
    monkeypatch.setattr(wire, "MOST_PREPARED", 0)
    database().engine.dispose()
    with reading(world.store_id) as tx:
        for _ in range(3):
            assert _COUNT.rows(tx) == [(b.id,)] and find(tx, b.ref).id == b.id
        assert tx.driver.execute("select count(*) from pg_prepared_statements where name like 'opencals%'").fetchone() == (0,)


def test_a_write_that_waits_is_written_though_nothing_was_asked(world):
    with transaction(world.store_id, MERCHANT) as tx:
        _NAMED.later(tx, name="Pier")
    assert world.sql("select name from stores where store_id = %s", world.store_id) == [("Pier",)]


def test_a_change_of_what_is_no_longer_so_is_refused_and_nothing_is_kept(world):
    """The compare-and-set on a version goes with the commit, and its failure is the database's."""
    b = world.book(at(10, 15))

    @action
    def verb(tx):  # noqa: ANN001, ANN202
        seen = locked(tx, b.ref)
        write(tx, seen, conflict=True)
        tx.outbox(OutboxItem("x", "email", "ada@example.com", "x", {}))
        return Done(write(tx, seen, conflict=False))

    before = world.sql("select count(*) from outbox"), world.sql("select count(*) from audit_entries")
    with pytest.raises(Refused) as refused:
        verb(world.store_id, MERCHANT)
    assert (refused.value.code, refused.value.facts["version"]) == ("stale", b.version)
    after = world.read(b.ref)
    assert (after.version, after.conflict) == (b.version, False)
    assert before == (world.sql("select count(*) from outbox"), world.sql("select count(*) from audit_entries"))


def test_a_text_the_database_cannot_hold_leaves_the_connection_as_it_was(world):
    with reading(world.store_id) as tx:
        first = tx.driver
    for _ in range(2):
        with pytest.raises(psycopg.DataError), reading(world.store_id) as tx:
            find(tx, "\x00")
    with reading(world.store_id) as tx:
        assert tx.driver is first

"""One transaction's use of a connection: what can be asked together is, since waiting for the server and waking up again takes longer
than a short statement does. The transaction begins together with its first question.

Statements are prepared under their own names and sent past the driver's cursors, which cost more than the server's part of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import DiagnosticField, ExecStatus, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy import Connection, Engine, PoolProxiedConnection, event
from sqlalchemy.exc import DisconnectionError


class Asked(NamedTuple):
    """A statement in the server's own form ($1), the name it is prepared by, and its values. Their types are those the statement gives
    them by a cast or a column, whichever value comes first."""

    name: bytes
    sql: bytes
    values: Sequence[Any] = ()


_BEGIN = {"only": Asked(b"opencals_only", b"begin read only"), "write": Asked(b"opencals_write", b"begin read write")}
_STORE = b"select set_config('app.store_id', $1, true), (extract(epoch from opencals_now()) * 1000000)::bigint"
_COMMIT = Asked(b"opencals_commit", b"commit")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNKNOWN_STATEMENT = InvalidSqlStatementName.sqlstate.encode()
# Kept with a pooled connection: the names prepared on it, and whether the answer to a ROLLBACK is still to be heard.
_KNOWN, _LEAVING = "opencals_known", "opencals_leaving"


class Later:
    """Rows that arrive with the next answer, or when they are looked at."""

    __slots__ = ("_line", "result")

    def __init__(self, line: Line) -> None:
        self._line = line
        self.result: PGresult | None = None

    @property
    def rows(self) -> list[tuple]:
        if self.result is None:
            self._line.send()
        return _loaded(self._line.driver, self.result)


class Line:
    """A connection lent from the pool for one transaction, taken when the first question is asked. `mode`: "only" to read, "write"."""

    __slots__ = ("_engine", "_mode", "_store", "_lent", "_driver", "_now", "_db", "_before", "_along")

    def __init__(self, engine: Engine, mode: str, store_id: int) -> None:
        self._engine, self._mode, self._store = engine, mode, store_id
        self._lent: PoolProxiedConnection | None = None
        self._driver: psycopg.Connection
        self._now: datetime | None = None
        self._db: Connection | None = None
        self._before: list[tuple[Asked, Later]] = []
        self._along: list[tuple[Asked, Later]] = []

    @property
    def begun(self) -> bool:
        return self._lent is not None

    @property
    def driver(self) -> psycopg.Connection:
        if self._lent is None or self._before:
            self.send()
        return self._driver

    @property
    def now(self) -> datetime:
        """The transaction's instant, the database's own (I58)."""
        if self._now is None:
            self.send()
        return self._now

    @property
    def db(self) -> Connection:
        """The same transaction for SQLAlchemy Core; made when first asked for."""
        if self._lent is None or self._before:
            self.send()
        if self._db is None:
            self._db = Connection(self._engine, self._lent)
        return self._db

    def rows(self, asked: Asked) -> list[tuple]:
        (result,) = self.send(asked)
        return _loaded(self._driver, result)

    def count(self, asked: Asked) -> int:
        """Run it for its effect; the number of rows."""
        return self.send(asked)[-1].command_tuples or 0

    def later(self, asked: Asked) -> Later:
        """Ask without waiting: just before the next question, or the commit."""
        later = Later(self)
        self._before.append((asked, later))
        return later

    def along(self, asked: Asked) -> Later:
        """Ask together with the next question, right after it."""
        later = Later(self)
        self._along.append((asked, later))
        return later

    def send(self, *asked: Asked) -> list[PGresult]:
        """Ask these and whatever waits; the answers to these. psycopg.Error for the first that failed: the rest did not run then."""
        before, along = self._before, self._along
        self._before, self._along = [], []
        together = [*(one for one, _ in before), *asked, *(one for one, _ in along)]
        if self._lent is not None:
            results = converse(self.driver, self._lent.info.setdefault(_KNOWN, set()), together)
        else:
            results = self._begin(together)
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                error = error_from_result(result, self.driver.info.encoding)
                if _forgotten(result):
                    self.driver.close()  # whoever tries again does so on another
                raise error
        end = len(before) + len(asked)
        for (_, later), result in zip((*before, *along), (*results[:len(before)], *results[end:]), strict=True):
            later.result = result
        return results[len(before):end]

    def commit(self, *asked: Asked) -> None:
        """Commit, after these."""
        self.send(*asked, _COMMIT)

    def command(self, sql: str) -> None:
        """Tables made and dropped on the way: past the driver's cursors, which have the server forget every statement then."""
        result = self.driver.pgconn.exec_(sql.encode())
        if result.status == ExecStatus.FATAL_ERROR:
            raise error_from_result(result, self.driver.info.encoding)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part of the transaction that may fail alone (a savepoint)."""
        try:
            with self.db.begin_nested():
                yield
                self.send()
        except BaseException:
            self._before, self._along = [], []
            # Going back, the driver has the server forget every statement if there was one of its own.
            if not self.driver.closed and self.driver.pgconn.exec_(b"deallocate all").status == ExecStatus.COMMAND_OK:
                self._lent.info.pop(_KNOWN, None)
            raise

    def end(self) -> None:
        """Give the connection back; whatever was not committed is undone."""
        lent = self._lent
        if lent is None:
            return
        driver = self._driver  # SQLAlchemy lets go of one that broke
        if driver.closed or driver.pgconn.pipeline_status != PipelineStatus.OFF:  # broken off between question and answers
            if lent.is_valid:
                lent.invalidate()
        elif driver.pgconn.transaction_status != TransactionStatus.IDLE:
            # Past the driver's own rollback(), which forgets every prepared statement: planning them anew costs five times
            # what running them does. They outlive a rollback in the server; nothing here changes the schema.
            if self._db is not None or driver.pgconn.transaction_status == TransactionStatus.ACTIVE:
                driver.pgconn.exec_(b"ROLLBACK")
            else:
                driver.pgconn.send_query(b"ROLLBACK")  # nobody waits for its answer; who borrows the connection next hears it
                driver.pgconn.flush()
                lent.info[_LEAVING] = True
        (self._db or lent).close()

    def _begin(self, together: list[Asked]) -> list[PGresult]:
        """Begin, learn `now`, and ask."""
        self._lent, results = _first(self._engine, [_BEGIN[self._mode], Asked(b"opencals_store", _STORE, (str(int(self._store)),)), *together])
        self._driver = self._lent.driver_connection
        if results[1].status != ExecStatus.TUPLES_OK:
            return results
        self._now = _EPOCH + timedelta(microseconds=int(results[1].get_value(0, 1) or 0))
        return results[2:]


def alone(engine: Engine, asked: Asked) -> list[tuple]:
    """The rows of a statement that is a transaction of its own."""
    lent, results = _first(engine, [asked])
    try:
        if results[0].status == ExecStatus.FATAL_ERROR:
            raise error_from_result(results[0], lent.driver_connection.info.encoding)
        return _loaded(lent.driver_connection, results[0])
    finally:
        lent.close()


def _first(engine: Engine, together: Sequence[Asked]) -> tuple[PoolProxiedConnection, list[PGresult]]:
    """Ask the first questions of a connection. Nothing has happened before them, so one the server has dropped is replaced once (I69),
    and so is one whose statements were forgotten."""
    for last in (False, True):
        lent = engine.raw_connection()
        driver = lent.driver_connection
        try:
            results = converse(driver, lent.info.setdefault(_KNOWN, set()), together)
        except BaseException as error:
            lent.invalidate(error)
            lent.close()
            if last or not (isinstance(error, psycopg.OperationalError) and driver.closed):
                raise
            continue
        if last or not any(_forgotten(result) for result in results):
            return lent, results
        lent.invalidate()
        lent.close()
    raise AssertionError("unreachable")


def _forgotten(result: PGresult) -> bool:
    return result.status == ExecStatus.FATAL_ERROR and result.error_field(DiagnosticField.SQLSTATE) == _UNKNOWN_STATEMENT


def hear_out(engine: Engine) -> Engine:
    """Have whoever borrows a connection hear the end of what it was last used for."""
    @event.listens_for(engine, "checkout")
    def heard(driver: psycopg.Connection, record: Any, _lent: Any) -> None:
        if record.info.pop(_LEAVING, False):
            try:
                driver.wait(generators.fetch_many(driver.pgconn))
            except psycopg.Error as error:
                raise DisconnectionError from error
    return engine


def converse(driver: psycopg.Connection, known: set[bytes], together: Sequence[Asked]) -> list[PGresult]:
    """Send all at once and hear the answer to each, in order, errors among them. `known`: the names prepared on this connection."""
    line = driver.pgconn
    if len(together) == 1 and together[0].name in known:
        line.send_query_prepared(together[0].name, _dumped(driver, together[0].values))
        return driver.wait(generators.execute(line))
    steps = []
    line.enter_pipeline_mode()
    for asked in together:
        if asked.name not in known and all(asked.name != other.name for other, _ in steps):
            line.send_prepare(asked.name, asked.sql)
            steps.append((asked, True))
        line.send_query_prepared(asked.name, _dumped(driver, asked.values))
        steps.append((asked, False))
    line.pipeline_sync()
    heard = driver.wait(_heard(line, len(steps)))
    line.exit_pipeline_mode()
    answers = []
    for (asked, prepares), result in zip(steps, heard, strict=True):
        if not prepares:
            answers.append(result)
        elif result.status == ExecStatus.COMMAND_OK:
            known.add(asked.name)
        elif result.status == ExecStatus.FATAL_ERROR:
            raise error_from_result(result, driver.info.encoding)
    return answers


def _heard(line: PGconn, answers: int) -> PQGen[list[PGresult]]:
    """As many answers, for `Connection.wait`; after them comes the end of the pipeline."""
    yield from generators.send(line)
    heard = []
    for _ in range(answers):
        heard += yield from generators.fetch_many(line)
    yield from generators.fetch_many(line)
    return heard


def _dumped(driver: psycopg.Connection, values: Sequence[Any]) -> Sequence[Any] | None:
    return Transformer(driver).dump_sequence(values, [PyFormat.TEXT] * len(values)) if values else None


def _loaded(driver: psycopg.Connection, result: PGresult) -> list[tuple]:
    reader = Transformer(driver)
    reader.set_pgresult(result)
    return reader.load_rows(0, result.ntuples, tuple)

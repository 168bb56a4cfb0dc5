"""One transaction's use of a connection: what can be asked together is, since waiting for the server and waking up again takes longer
than a short statement does. The transaction begins together with its first question and ends with one message (docs/decisions/0010)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.errors import DivisionByZero, InFailedSqlTransaction
from psycopg.pq import ExecStatus, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from sqlalchemy import Connection, Engine, PoolProxiedConnection

from models.wire import Asked, Wire, asked, forgotten, wire_of

_BEGIN = asked(b"begin")
_STORE = b"select set_config('app.store_id', $1, true), (extract(epoch from opencals_now()) * 1000000)::bigint"
_STORE_TO_READ = _STORE + b", set_config('transaction_read_only', 'on', true)"
_COMMIT = asked(b"commit")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
        assert self.result is not None
        return self._line.read(self.result)


class Line:
    """A connection lent from the pool for one transaction, taken when the first question is asked. To read, no BEGIN is sent until the
    driver's own cursors are wanted: the server takes what belongs to one conversation for one transaction (`Wire.converse`)."""

    __slots__ = ("_engine", "_writes", "_block", "_store", "_lent", "_wire", "_now", "_db", "_before", "_along")

    def __init__(self, engine: Engine, store_id: int, *, writes: bool) -> None:
        self._engine, self._store, self._writes, self._block = engine, store_id, writes, writes
        self._lent: PoolProxiedConnection | None = None
        self._wire: Wire
        self._now: datetime | None = None
        self._db: Connection | None = None
        self._before: list[tuple[Asked, Exception | None]] = []
        self._along: list[tuple[Asked, Later]] = []

    @property
    def unused(self) -> bool:
        """Nothing was asked, and no write waits."""
        return self._lent is None and not self._before

    @property
    def now(self) -> datetime:
        """The transaction's instant, the database's own (I58)."""
        if self._now is None:
            self.send()
        assert self._now is not None
        return self._now

    @property
    def driver(self) -> psycopg.Connection:
        self._take()
        return self._wire.driver

    @property
    def db(self) -> Connection:
        """The same transaction for SQLAlchemy Core; made when first asked for."""
        self._take()
        if self._db is None:
            self._db = Connection(self._engine, self._lent)
        return self._db

    def rows(self, question: Asked) -> list[tuple]:
        (result,) = self.send(question)
        return self._wire.rows(result)

    def count(self, question: Asked) -> int:
        """Run it for its effect; the number of rows."""
        return self.send(question)[-1].command_tuples or 0

    def later(self, question: Asked, otherwise: Exception | None = None) -> None:
        """Run it for its effect without waiting: just before the next question, or the commit. `otherwise` is raised when the statement
        divides by zero: so it says that it found nothing to change (`Statement.later`)."""
        self._before.append((question, otherwise))

    def along(self, question: Asked) -> Later:
        """Ask together with the next question, right after it."""
        later = Later(self)
        self._along.append((question, later))
        return later

    def send(self, *questions: Asked) -> list[PGresult]:
        """Ask these and whatever waits; the answers to these. psycopg.Error for the first that failed: the rest did not run then."""
        before, along = self._before, self._along
        self._before, self._along = [], []
        self._unbroken()
        together = [*(one for one, _ in before), *questions, *(one for one, _ in along)]
        results = self._begin(together) if self._lent is None else self._wire.converse(together, ends=self._block)
        for place, result in enumerate(results):
            if result.status == ExecStatus.FATAL_ERROR:
                error = self._wire.error(result)
                if forgotten(result):
                    self._wire.driver.close()  # whoever tries again does so on another
                if isinstance(error, DivisionByZero) and place < len(before) and (otherwise := before[place][1]):
                    raise otherwise from error
                raise error
        end = len(before) + len(questions)
        for (_, later), result in zip(along, results[end:], strict=True):
            later.result = result
        return results[len(before):end]

    def read(self, result: PGresult) -> list[tuple]:
        return self._wire.rows(result)

    def commit(self, *questions: Asked) -> None:
        """Commit, after these."""
        self.send(*questions, _COMMIT)

    def command(self, sql: str) -> None:
        """Tables made and dropped on the way: past the driver's cursors, which have the server forget every statement then."""
        result = self.driver.pgconn.exec_(sql.encode())
        if result.status == ExecStatus.FATAL_ERROR:
            raise self._wire.error(result)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part of the transaction that may fail alone (a savepoint)."""
        try:
            with self.db.begin_nested():
                yield
                self.send()
        except BaseException:
            self._before, self._along = [], []
            self._wire.forget()
            raise

    def end(self) -> None:
        """Give the connection back; whatever was not committed is undone."""
        lent = self._lent
        if lent is None:
            return
        _give_back(self._db or lent, lent, self._wire, wait=self._db is not None)

    def _take(self) -> None:
        """Send what waits, and have a transaction block: the driver's cursors know no other."""
        if self._block and self._lent is not None and not self._before:
            return
        self._unbroken()
        begin = [] if self._block or self._lent is None else [_BEGIN]
        self._block = True
        self.send(*begin)

    def _unbroken(self) -> None:
        """As the server says it in a transaction block."""
        if self._lent is not None and self._wire.driver.pgconn.pipeline_status == PipelineStatus.ABORTED:
            raise InFailedSqlTransaction("a question before this one failed")

    def _begin(self, together: list[Asked]) -> list[PGresult]:
        """Begin, learn `now`, and ask."""
        begin = [_BEGIN] if self._block else []
        store = asked(_STORE if self._writes else _STORE_TO_READ, str(int(self._store)))
        self._lent, results = _first(self._engine, [*begin, store, *together], ends=self._block)
        self._wire = wire_of(self._lent)
        known = results[len(begin)]
        if known.status != ExecStatus.TUPLES_OK:
            return results
        self._now = _EPOCH + timedelta(microseconds=int(known.get_value(0, 1) or 0))
        return results[len(begin) + 1:]


def alone(engine: Engine, question: Asked) -> list[tuple]:
    """The rows of a statement that is a transaction of its own."""
    lent, results = _first(engine, [question])
    try:
        wire = wire_of(lent)
        if results[0].status == ExecStatus.FATAL_ERROR:
            raise wire.error(results[0])
        return wire.rows(results[0])
    finally:
        lent.close()


def _first(engine: Engine, together: Sequence[Asked], *, ends: bool = True) -> tuple[PoolProxiedConnection, list[PGresult]]:
    """Ask the first questions of a connection. Nothing has happened before them, so one the server has dropped is replaced once (I69),
    and so is one whose statements were forgotten."""
    for last in (False, True):
        lent = engine.raw_connection()
        wire = wire_of(lent)
        try:
            results = wire.converse(together, ends=ends)
        except BaseException as error:
            _give_back(lent, lent, wire)
            if last or not (isinstance(error, psycopg.OperationalError) and wire.driver.closed):
                raise
            continue
        if last or not any(forgotten(result) for result in results):
            return lent, results
        lent.invalidate()
        lent.close()
    raise AssertionError("unreachable")


def _give_back(borrowed: Connection | PoolProxiedConnection, lent: PoolProxiedConnection, wire: Wire, *, wait: bool = False) -> None:
    """Return a connection to the pool, with nothing under way on it; one that broke off between question and answers is thrown away."""
    driver = wire.driver
    if wire.open and not driver.closed:
        wire.leave()
    elif driver.closed or driver.pgconn.pipeline_status != PipelineStatus.OFF:
        if lent.is_valid:
            lent.invalidate()
    elif driver.pgconn.transaction_status != TransactionStatus.IDLE:
        # Past the driver's own rollback(), which forgets every prepared statement: planning them anew costs five times
        # what running them does. They outlive a rollback in the server; nothing here changes the schema.
        if wait or driver.pgconn.transaction_status == TransactionStatus.ACTIVE:
            driver.pgconn.exec_(b"ROLLBACK")
        else:
            wire.leave()
    borrowed.close()

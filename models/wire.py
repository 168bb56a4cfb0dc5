"""A pooled connection as we speak to it: statements prepared under their own names, several sent at once, past the driver's cursors,
which cost more than the server's part of a short statement."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import DiagnosticField, ExecStatus, PipelineStatus
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy import Engine, PoolProxiedConnection, event
from sqlalchemy.exc import DisconnectionError

_UNKNOWN_STATEMENT = InvalidSqlStatementName.sqlstate.encode()
MOST_PREPARED = 150
"""Statements prepared on one connection; the server keeps 0.1 to 0.6 MB for each. Those asked first are those asked most."""
_WIRE = "opencals_wire"  # where the pool keeps it, with the connection


class Asked(NamedTuple):
    """A statement in the server's own form ($1), the name it is prepared by, and its values. Their types are those the statement gives
    them by a cast or a column, whichever value comes first."""

    name: bytes
    sql: bytes
    values: Sequence[Any] = ()


@lru_cache(maxsize=2_000)
def name_of(sql: bytes) -> bytes:
    """The name a statement is prepared by. It is made of its text: wherever a name is known, it means the same."""
    return b"opencals_" + sha256(sql).hexdigest()[:24].encode()


def asked(sql: bytes, *values: Any) -> Asked:
    return Asked(name_of(sql), sql, values)


class Wire:
    """What is known of a connection: the names prepared on it, whether a conversation goes on, and whether its end is still to be heard."""

    __slots__ = ("driver", "open", "_names", "_values", "_leaving")

    def __init__(self, driver: psycopg.Connection) -> None:
        self.driver = driver
        self.open = False
        self._names: set[bytes] = set()
        self._values = Transformer(driver)
        self._leaving = False

    def converse(self, together: Sequence[Asked], *, ends: bool = True) -> list[PGresult]:
        """Send all at once and hear the answer to each, in order, errors among them. What is not told to end goes on: the server takes
        all it is asked until then for one transaction, without a BEGIN (the Sync of its extended query protocol). `open` says so;
        `leave` ends it."""
        line, names = self.driver.pgconn, self._names
        dumped = [self._dumped(one.values) for one in together]  # first of all: a value that cannot be written leaves nothing under way
        if ends and not self.open and len(together) == 1 and together[0].name in names:
            line.send_query_prepared(together[0].name, dumped[0])
            return self.driver.wait(generators.execute(line))
        steps: list[tuple[Asked, bool]] = []
        if not self.open:
            line.enter_pipeline_mode()
        self.open = False  # until all is heard: broken off in between, it cannot go on
        for one, values in zip(together, dumped, strict=True):
            if one.name not in names and all(one.name != other.name for other, _ in steps):
                if len(names) + len(steps) >= MOST_PREPARED:
                    line.send_query_params(one.sql, values)
                    steps.append((one, False))
                    continue
                line.send_prepare(one.name, one.sql)
                steps.append((one, True))
            line.send_query_prepared(one.name, values)
            steps.append((one, False))
        if ends:
            line.pipeline_sync()
        else:
            line.send_flush_request()
        heard = self.driver.wait(_heard(line, len(steps), ends))
        if ends:
            line.exit_pipeline_mode()
        self.open = not ends
        answers = []
        for (one, prepares), result in zip(steps, heard, strict=True):
            if not prepares:
                answers.append(result)
            elif result.status == ExecStatus.COMMAND_OK:
                names.add(one.name)
            elif result.status == ExecStatus.FATAL_ERROR:
                raise self.error(result)
        return answers

    def rows(self, result: PGresult) -> list[tuple]:
        self._values.set_pgresult(result)
        return self._values.load_rows(0, result.ntuples, tuple)

    def error(self, result: PGresult) -> psycopg.Error:
        return error_from_result(result, self.driver.info.encoding)

    def forget(self) -> None:
        """Have the server forget every statement, as the driver has it do when it goes back to a savepoint."""
        if not self.driver.closed and self.driver.pgconn.exec_(b"deallocate all").status == ExecStatus.COMMAND_OK:
            self._names.clear()

    def leave(self) -> None:
        """End the conversation, or undo what was not committed. Nobody waits for the answer; who borrows the connection next hears it."""
        line = self.driver.pgconn
        if self.open:
            self.open = False
            line.pipeline_sync()
        else:
            line.send_query(b"ROLLBACK")
        line.flush()
        self._leaving = True

    def hear_out(self) -> None:
        if self._leaving:
            self._leaving = False
            line = self.driver.pgconn
            self.driver.wait(generators.fetch_many(line))
            if line.pipeline_status != PipelineStatus.OFF:
                line.exit_pipeline_mode()

    def _dumped(self, values: Sequence[Any]) -> Sequence[Any] | None:
        return self._values.dump_sequence(values, [PyFormat.TEXT] * len(values)) if values else None


def wire_of(lent: PoolProxiedConnection) -> Wire:
    """A pooled connection's own."""
    found = lent.info.get(_WIRE)
    if found is None:
        found = lent.info[_WIRE] = Wire(lent.driver_connection)
    return found


def heard_out(engine: Engine) -> Engine:
    """Have whoever borrows a connection hear the end of what it was last used for."""
    @event.listens_for(engine, "checkout")
    def borrowed(_driver: psycopg.Connection, record: Any, _lent: Any) -> None:
        wire = record.info.get(_WIRE)
        if wire is not None:
            try:
                wire.hear_out()
            except psycopg.Error as error:
                raise DisconnectionError from error
    return engine


def forgotten(result: PGresult) -> bool:
    """Whether the server does not know the statement any more."""
    return result.status == ExecStatus.FATAL_ERROR and result.error_field(DiagnosticField.SQLSTATE) == _UNKNOWN_STATEMENT


def _heard(line: PGconn, answers: int, ends: bool) -> PQGen[list[PGresult]]:
    """As many answers, for `Connection.wait`, and after them the end of the pipeline, if it has one."""
    yield from generators.send(line)
    heard = []
    for _ in range(answers):
        heard += yield from generators.fetch_many(line)
    if ends:
        yield from generators.fetch_many(line)
    return heard

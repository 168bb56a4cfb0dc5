"""Statements rendered once. Building and describing them anew on every request costs more than running them."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from psycopg import RawCursor
from sqlalchemy import BigInteger, DateTime, Text, bindparam
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.sql import ClauseElement

from models.session import Tx

Row = TypeVar("Row")
INSTANT = DateTime(timezone=True)


def param(name: str, kind: Any = None) -> Any:
    """A value given when the statement runs; 64-bit integers unless said otherwise. `store` is always the transaction's."""
    return bindparam(name, type_=BigInteger() if kind is None else kind)


def text_param(name: str) -> Any:
    return param(name, Text())


class Statement(Generic[Row]):
    """A Core statement as SQL text in the server's own form ($1), which the driver need not read again each time. `row` is a
    NamedTuple for its rows, or None for plain tuples."""

    def __init__(self, statement: ClauseElement, row: type[Row] | None = None) -> None:
        compiled = statement.compile(dialect=dialect(paramstyle="numeric_dollar"), compile_kwargs={"render_postcompile": True})
        self.sql = str(compiled).encode()
        self.names = tuple(compiled.positiontup or ())
        self.fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self.make = getattr(row, "_make", None)

    def rows(self, tx: Tx, **values: Any) -> list[Row]:
        cursor = self._run(tx, values)
        return [self.make(row) for row in cursor.fetchall()] if self.make else cursor.fetchall()

    def first(self, tx: Tx, **values: Any) -> Row | None:
        row = self._run(tx, values).fetchone()
        return self.make(row) if row is not None and self.make else row

    def run(self, tx: Tx, **values: Any) -> int:
        """Run it for its effect; the number of rows."""
        return self._run(tx, values).rowcount

    def _run(self, tx: Tx, values: dict[str, Any]) -> Any:
        cursor = RawCursor(tx.driver)
        given = self.fixed | {"store": tx.store_id} | values
        cursor.execute(self.sql, [given[name] for name in self.names])
        return cursor

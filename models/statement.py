"""Statements rendered once. Building and describing them anew on every request costs more than running them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, DateTime, Text, Update, bindparam, func, insert, literal_column, select, text
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.sql import ClauseElement

from models.line import Later
from models.session import Tx
from models.wire import Asked, name_of

Row = TypeVar("Row")
INSTANT = DateTime(timezone=True)
NOW: Any = func.opencals_now(type_=INSTANT)
"""The transaction's instant, where it need not be known before asking."""


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
        self.names = tuple(compiled.positiontup or ())
        sql = str(compiled)
        for place, name in enumerate(self.names, 1):  # values are sent as text: every place says its type, where SQLAlchemy need not
            sql = re.sub(rf"\${place}(?!\d|::)", f"${place}::{compiled.binds[name].type.compile(compiled.dialect)}", sql)
        self.sql = sql.encode()
        self.fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self.make = getattr(row, "_make", None)
        self.name = name_of(self.sql)

    def rows(self, tx: Tx, **values: Any) -> list[Row]:
        found = tx.line.rows(self._asked(tx, values))
        return found if self.make is None else [self.make(row) for row in found]

    def first(self, tx: Tx, **values: Any) -> Row | None:
        found = self.rows(tx, **values)
        return found[0] if found else None

    def run(self, tx: Tx, **values: Any) -> int:
        """Run it for its effect; the number of rows."""
        return tx.line.count(self._asked(tx, values))

    def later(self, tx: Tx, otherwise: Exception | None = None, **values: Any) -> None:
        """Run it for its effect without waiting: just before the next question, or the commit. `otherwise` is raised when one made by
        `must_change` changed nothing; nothing is kept then."""
        tx.line.later(self._asked(tx, values), otherwise)

    def along(self, tx: Tx, **values: Any) -> Later:
        """Ask together with the next question, right after it. Its rows are plain tuples."""
        return tx.line.along(self._asked(tx, values))

    def _asked(self, tx: Tx, values: dict[str, Any]) -> Asked:
        given = self.fixed | {"store": tx.store_id} | values
        return Asked(self.name, self.sql, [given[name] for name in self.names])


class Written:
    """A statement written by hand in the server's own form, where that says it better. Its values go by their places; each place has a
    type by a cast or a column."""

    def __init__(self, sql: str) -> None:
        self.sql = sql.encode()
        self.name = name_of(self.sql)

    def rows(self, tx: Tx, *values: Any) -> list[tuple]:
        return tx.line.rows(Asked(self.name, self.sql, values))

    def run(self, tx: Tx, *values: Any) -> int:
        """Run it for its effect; the number of rows."""
        return tx.line.count(Asked(self.name, self.sql, values))

    def later(self, tx: Tx, *values: Any, otherwise: Exception | None = None) -> None:
        """Run it for its effect without waiting: just before the next question, or the commit. `otherwise` is raised when it divided by
        zero; nothing is kept then."""
        tx.line.later(Asked(self.name, self.sql, values), otherwise)


@lru_cache(maxsize=200)
def insertion(table: Any, columns: frozenset[str]) -> Statement:
    """An INSERT of these columns of a store's table; few different sets exist."""
    return Statement(insert(table).values({"store_id": param("store")} | {
        name: bindparam(name, type_=table.__table__.c[name].type) for name in sorted(columns)}))


def must_change(statement: Update) -> Statement:
    """An UPDATE that is an error in the database itself, a division by zero, where it changes no row: nobody need wait to hear of it."""
    changed = statement.returning(literal_column("1")).cte("changed")
    return Statement(select(literal_column("1") / func.count(text("*"))).select_from(changed))

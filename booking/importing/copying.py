"""Many rows into one table: COPY into a temporary table (COPY itself knows no row level security), then one INSERT with every guard."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from models.session import Tx

_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPED = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}


def copy_rows(tx: Tx, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows as they are."""
    names = ", ".join(columns)
    _stage(tx, table, names)
    with tx.driver.cursor() as cursor, cursor.copy(f"copy staged_{table} ({names}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)
    _take(tx, table, f"insert into {table} ({names}) select {names} from staged_{table}", ())


def copy_lines(tx: Tx, table: str, columns: Sequence[str], lines: Iterable[str], computed: dict[str, str], values: Sequence[Any] = ()) -> None:
    """Insert lines of COPY's own text (`cell`s parted by tabs). `computed` columns are SQL over the staged ones; `values` are its %s."""
    names = ", ".join(columns)
    _stage(tx, table, names)
    with tx.driver.cursor() as cursor, cursor.copy(f"copy staged_{table} ({names}) from stdin") as copy:
        copy.write("\n".join(lines) + "\n")
    kept = [name for name in columns if name not in computed]
    _take(tx, table, f"insert into {table} ({', '.join([*kept, *computed])}) select {', '.join([*kept, *computed.values()])} from staged_{table}", values)


def cell(value: str | None) -> str:
    """A text as a cell of COPY's text; None is null."""
    if value is None:
        return r"\N"
    return _SPECIAL.sub(lambda found: _ESCAPED[found[0]], value) if _SPECIAL.search(value) else value


def _stage(tx: Tx, table: str, names: str) -> None:
    tx.line.command(f"create temporary table staged_{table} on commit drop as select {names} from {table} where false")


def _take(tx: Tx, table: str, sql: str, values: Sequence[Any]) -> None:
    tx.driver.cursor().execute(sql, values)
    tx.line.command(f"drop table staged_{table}")

"""Lists by start, walked page by page as they stood when the walk began, whatever moves meanwhile (I66)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Identity, Index, func, literal_column, select, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, of_store
from models.session import Tx

Place = tuple[datetime, int]
"""(start, id) of the last one shown."""
LONGEST_WALK = timedelta(days=7)
_TRANSACTION = timedelta(hours=1)
"""No move takes longer: what was noted earlier than this before a walk, the walk has seen."""


class MovedStart(Base):
    """Where a row of the table `thing` stood before it moved; the database writes it. `xid`: the transaction, for `pg_visible_in_snapshot`;
    `n` grows from move to move of a thing. `moved_at` is the server's own clock, which nothing shifts."""

    __tablename__ = "moved_starts"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    thing: Mapped[str]
    thing_id: Mapped[Id]
    xid: Mapped[int] = mapped_column(server_default=text("(pg_current_xact_id()::text)::bigint"))
    starts_at: Mapped[Instant]
    moved_at: Mapped[Instant] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (
        of_store(),
        Index("moved_starts_by_transaction", "store_id", "xid"),
        Index("moved_starts_by_age", "store_id", "moved_at"),
    )


_SINCE = text(
    "select distinct on (thing_id) thing_id, starts_at from moved_starts where store_id = :store and thing = :thing"
    " and xid >= pg_snapshot_xmin(cast(:snapshot as pg_snapshot))::text::bigint"
    " and not pg_visible_in_snapshot(xid::text::xid8, cast(:snapshot as pg_snapshot)) and moved_at >= :since order by thing_id, n")


class Walk(NamedTuple):
    """`thing` is the list's table. `snapshot` and `began` say which moves the walk had seen when it began; `after` how far it has come."""

    thing: str
    snapshot: str
    began: str
    after: Place | None = None

    @property
    def cursor(self) -> list[Any]:
        assert self.after is not None
        return [self.after[0].isoformat(), self.after[1], self.snapshot, self.began]


def begin(tx: Tx, thing: str) -> Walk:
    snapshot, began = tx.db.execute(select(literal_column("pg_current_snapshot()::text"), func.clock_timestamp())).one()
    return Walk(thing, snapshot, began.isoformat())


def go_on(tx: Tx, thing: str, cursor: list[Any] | None) -> Walk | None:
    """Where the cursor left off; the beginning without one; None where it is so old that nobody knows any more how the list stood then."""
    if cursor is None:
        return begin(tx, thing)
    after = (datetime.fromisoformat(cursor[0]), cursor[1])
    if len(cursor) == 2:  # from the release before, which did not keep this
        return begin(tx, thing)._replace(after=after)
    if tx.db.execute(select(func.clock_timestamp())).scalar_one() - datetime.fromisoformat(cursor[3]) > LONGEST_WALK:
        return None
    return Walk(thing, cursor[2], cursor[3], after)


def page(tx: Tx, walk: Walk, fetch: Callable[[Place | None, int], Sequence[Any]], load: Callable[[list[int]], Iterable[Any]], limit: int,
         *, latest_first: bool = False) -> tuple[list[Any], Walk | None]:
    """The next `limit` rows, and the walk from there on, None at the end.

    `fetch(place, most)` gives the first rows by (starts_at, id) behind a place as they are now, `load(ids)` those of these that the list
    shows. What moved since the walk began is shown where it stood then.
    """
    found: list[tuple[Place, Any]] = []
    place = walk.after
    while True:
        rows = fetch(place, limit + 1)
        if place is None and len(rows) <= limit:
            return list(rows), None  # all in one page, as one statement saw it
        # Asked after the rows: a move between the two is known, whichever start its row was found at.
        moved = _moved(tx, walk)
        found += [((row.starts_at, row.id), row) for row in rows]
        still = [one for one in found if one[0][1] not in moved]
        if len(rows) <= limit or len(still) > limit:
            break
        place = found[-1][0]
    behind = [row_id for row_id, start in moved.items()
              if walk.after is None or ((start, row_id) < walk.after if latest_first else (start, row_id) > walk.after)]
    still += [((moved[row.id], row.id), row) for row in (load(behind) if behind else ())]
    still.sort(key=lambda one: one[0], reverse=latest_first)
    shown = still[:limit]
    return [row for _, row in shown], walk._replace(after=shown[-1][0]) if len(still) > limit else None


def _moved(tx: Tx, walk: Walk) -> dict[int, datetime]:
    """Id -> where it stood when the walk began, of all that moved since."""
    return {row.thing_id: row.starts_at for row in tx.db.execute(_SINCE, {
        "store": tx.store_id, "thing": walk.thing, "snapshot": walk.snapshot, "since": datetime.fromisoformat(walk.began) - _TRANSACTION})}

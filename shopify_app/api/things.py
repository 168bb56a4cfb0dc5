"""What the lists of the catalogue have in common: a page, one of them, a change of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Row, select, tuple_

from booking.actions.action import Done
from booking.rules.decision import Refused
from models.location import Location
from models.moved_start import Place, page
from models.session import Tx, reading
from shopify_app.api.call import Call


@dataclass(frozen=True)
class Thing:
    """A kind of row. `show` turns rows into shapes, all of a page at once. Lists go by `order` and id, or by id alone (I66)."""

    name: str
    table: type
    show: Callable[[Tx, Sequence[Row]], list[Any]]
    order: str | None = None

    def page(self, call: Call, *where: Any) -> dict[str, Any]:
        if self.order == "starts_at":
            return self._page_by_start(call, *where)
        table, limit, position = self.table, call.limit(), call.position(self.name)
        keys = [getattr(table, self.order), table.id] if self.order else [table.id]
        statement = select(table).where(table.store_id == call.store_id, *where).order_by(*keys).limit(limit + 1)
        if position is not None:
            after = [datetime.fromisoformat(position[0]), position[1]] if self.order else position
            statement = statement.where(tuple_(*keys) > tuple(after))
        with reading(call.store_id) as tx:
            rows = tx.db.execute(statement).all()
            items = self.show(tx, rows[:limit])
        if len(rows) <= limit:
            return {"items": items, "next": None}
        last = rows[limit - 1]
        return {"items": items, "next": call.next(self.name, [getattr(last, self.order).isoformat(), last.id] if self.order else [last.id])}

    def _page_by_start(self, call: Call, *where: Any) -> dict[str, Any]:
        """A start moves; the list goes on as it began all the same."""
        table, limit = self.table, call.limit()
        keys = [table.starts_at, table.id]
        with reading(call.store_id) as tx:
            def fetch(place: Place | None, most: int, *among: Any) -> Sequence[Row]:
                behind = () if place is None else (tuple_(*keys) > place,)
                return tx.db.execute(select(table).where(table.store_id == tx.store_id, *where, *among, *behind).order_by(*keys).limit(most)).all()

            rows, on = page(tx, call.walk(tx, self.name, table.__tablename__), fetch, lambda ids: fetch(None, len(ids), table.id.in_(ids)), limit)
            return {"items": self.show(tx, rows), "next": on and call.next(self.name, on.cursor)}

    def row(self, tx: Tx, row_id: int) -> Row:
        """Refused not_found where the store has no such row."""
        row = tx.db.execute(select(self.table).where(self.table.store_id == tx.store_id, self.table.id == row_id)).one_or_none()
        if row is None:
            raise Refused("not_found")
        return row

    def one(self, tx: Tx, row_id: int) -> BaseModel:
        return self.show(tx, [self.row(tx, row_id)])[0]

    def read(self, call: Call, row_id: int) -> BaseModel:
        with reading(call.store_id) as tx:
            return self.one(tx, row_id)

    def write(self, call: Call, verb: Callable[..., Done], *args: Any, **values: Any) -> dict[str, Any]:
        """Run an action that gives `facts["id"]`; the thing as it is then."""
        return call.act(verb, *args, show=lambda tx, done: self.one(tx, (done.facts or {})["id"]), **values)

    def remove(self, call: Call, verb: Callable[..., Done], row_id: int) -> None:
        call.act(verb, row_id, show=lambda tx, done: None)


def given(body: BaseModel, *nullable: str) -> dict[str, Any]:
    """The fields a request names, nested ones without nulls; null itself only where it means something."""
    named = {name: getattr(body, name) for name in type(body).model_fields if name in body.model_fields_set}
    plain = {name: value.model_dump(exclude_none=True) if isinstance(value, BaseModel) else value for name, value in named.items()}
    return {name: value for name, value in plain.items() if value is not None or name in nullable}


def zones(tx: Tx, location_ids: Sequence[int]) -> dict[int, str]:
    """The zones of locations, for telling times with their offset."""
    rows = tx.db.execute(select(Location.id, Location.zone).where(Location.store_id == tx.store_id, Location.id.in_(set(location_ids))))
    return {row.id: row.zone for row in rows}

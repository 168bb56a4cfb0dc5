"""Transactions: one store, one instant, one commit.

`reading` serves every GET and is READ ONLY in the database itself (R5, I46). `transaction` serves actions; audit entries and
outbox rows it collects are written last, in the same commit as the change they tell of (I3, I6).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine

from models.actor import SYSTEM, Actor
from models.base import new_id
from models.crossing import Crossings
from models.line import Line
from models.wire import asked, heard_out
from models.stored_json import loads


# Joins run in the order they are written, from the selective table outwards: planning the read model's eight tables in every
# order took 12 ms and more, as written 0.7 ms. Compilation never pays for queries this short. Pages of the database are taken to
# lie in memory, as a shop's days do: at the price of a disk's, fetching a row outweighed making a plan, and the server made one anew
# for each request (1 ms and more) where it now keeps the one it has. Workers of its own are priced alike, for figures over all rows.
PLANNER = ("-c join_collapse_limit=1 -c jit=off -c seq_page_cost=0.2 -c random_page_cost=0.25"
           " -c parallel_setup_cost=200 -c parallel_tuple_cost=0.02")


# The end of every change, in one statement: what it queued, then what it noted. An entry names the messages that left with it (R41):
# those just written, not the ones an earlier change had queued already; what is about no booking stands in the first entry.
_ENTRY = ("at", "actor_kind", "actor_id", "actor_role", "channel", "action", "allowed", "subject", "subject_id", "booking_id", "before", "after")
_FINISH = (
    "with queued as (insert into outbox (store_id, topic, channel, recipient, dedupe, payload, booking_id, booking_version, due_at, created_at,"
    " message_id) select $1::bigint, m.* from jsonb_to_recordset($2::jsonb) as m(topic text, channel text, recipient text, dedupe text,"
    " payload jsonb, booking_id bigint, booking_version bigint, due_at timestamptz, created_at timestamptz, message_id text)"
    " on conflict (store_id, dedupe) do nothing returning id, booking_id, channel)"
    f" insert into audit_entries (store_id, chain, {', '.join(_ENTRY)}, facts, previous, hash)"
    f" select $1::bigint, 0, {', '.join('e.' + name for name in _ENTRY)}, e.facts || coalesce((select jsonb_build_object('messages',"
    " jsonb_agg(q.id::text order by q.id)) from queued q where e.allowed and q.channel in ('email', 'sms')"
    " and (q.booking_id = e.booking_id or e.place = 0 and q.booking_id is null) having count(*) > 0), '{}'), '', ''"
    " from jsonb_to_recordset($3::jsonb) as e(place bigint, at timestamptz, actor_kind text, actor_id text, actor_role text, channel text,"
    " action text, allowed boolean, subject text, subject_id bigint, booking_id bigint, before jsonb, after jsonb, facts jsonb)"
    " order by e.place").encode()


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """What an action puts in the outbox. `dedupe` names the event and recipient; the channel is added to it."""

    topic: str
    channel: str
    recipient: str
    dedupe: str
    payload: dict[str, Any]
    booking_id: int | None = None
    booking_version: int | None = None
    due_at: datetime | None = None


@dataclass(slots=True)
class Tx:
    """An open transaction: it begins with the first question asked. `now` is the database's instant, the same for all of it (I58). `subject`: the booking it locked;
    `listened` is False where no program of the shop wants to hear of bookings. `origin` is the store's, once it was asked for,
    `own_host` its own verified host, once that is known."""

    store_id: int
    actor: Actor
    line: Line
    subject: Any = None
    listened: bool = True
    origin: str | None = None
    own_host: tuple[str | None] | None = None
    _audit: list[dict[str, Any]] = field(default_factory=list)
    _outbox: list[OutboxItem] = field(default_factory=list)
    _last: dict[Callable[[Tx, set[int]], None], set[int]] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.line.now

    @property
    def driver(self) -> psycopg.Connection:
        return self.line.driver

    @property
    def db(self) -> Connection:
        """The same transaction for SQLAlchemy Core; made when first asked for, since hot paths run `Statement`s on the driver."""
        return self.line.db

    def audit(self, action: str, *, subject: str = "booking", subject_id: int | None = None, booking_id: int | None = None,
              before: dict[str, Any] | None = None, after: dict[str, Any] | None = None, allowed: bool = True,
              **facts: Any) -> None:
        """Note one change of business state. `before`, `after` and facts hold ids, codes, amounts and instants, no personal data."""
        self._audit.append({
            "at": self.now, "actor_kind": self.actor.kind, "actor_id": None if self.actor.id is None else str(self.actor.id),
            "actor_role": self.actor.role, "channel": self.actor.channel, "action": action, "allowed": allowed, "subject": subject,
            "subject_id": subject_id or booking_id, "booking_id": booking_id, "before": before, "after": after, "facts": facts})

    @property
    def audited(self) -> list[tuple[str, int | None]]:
        """(action, booking id) of what was done in this transaction so far; refused attempts are no part of it."""
        return [(entry["action"], entry["booking_id"]) for entry in self._audit if entry["allowed"]]

    def outbox(self, item: OutboxItem) -> None:
        """Queue a message or command; it leaves after the commit and never without it."""
        self._outbox.append(item)

    def last(self, do: Callable[[Tx, set[int]], None], booking_id: int) -> None:
        """Have `do(tx, booking ids)` run once when all else is done: for rows every change of a store waits for, such as numbers."""
        self._last.setdefault(do, set()).add(booking_id)

    def _finish(self) -> bool:
        """Write what was collected and commit, in one round trip; the audit chain's lock is taken last. True when something waits in the
        outbox."""
        for do, booking_ids in self._last.items():
            do(self, booking_ids)
        if not self._audit and not self._outbox:
            if not self.line.unused:
                self.line.commit()
            return False
        messages = [{
            "topic": item.topic, "channel": item.channel, "recipient": item.recipient, "dedupe": f"{item.dedupe}:{item.channel}",
            "payload": item.payload, "booking_id": item.booking_id, "booking_version": item.booking_version, "due_at": item.due_at or self.now,
            "created_at": self.now, "message_id": secrets.token_hex(16)} for item in self._outbox]
        entries = [entry | {"place": place} for place, entry in enumerate(self._audit)]
        self.line.commit(asked(_FINISH, self.store_id, _dump(messages), _dump(entries)))
        return bool(self._outbox)


class Database(Crossings):
    """The app's connection pool and the doorbell rung after a commit that left something in the outbox."""

    def __init__(self, url: str, *, doorbell: Callable[[int], None] | None = None, pool_size: int = 10) -> None:
        # The driver's own autocommit: a `Line` begins its transactions, not a round trip the driver adds.
        self.engine: Engine = heard_out(create_engine(
            url, pool_size=pool_size, max_overflow=pool_size, pool_timeout=10, pool_recycle=1800, hide_parameters=True,
            connect_args={"connect_timeout": 5, "application_name": "opencals", "options": PLANNER, "autocommit": True},
            json_serializer=_dump, json_deserializer=loads,
            pool_reset_on_return=None, pool_use_lifo=True))  # the warmest connection first: its statements are prepared
        self.doorbell = doorbell

    @contextmanager
    def reading(self, store_id: int) -> Iterator[Tx]:
        """A READ ONLY transaction of one store; any write in it is an error of the database."""
        with self._opened(store_id, SYSTEM, writes=False) as tx:
            yield tx

    @contextmanager
    def transaction(self, store_id: int, actor: Actor) -> Iterator[Tx]:
        """The only way to write. Commits on leaving; any exception rolls everything back."""
        with self._opened(store_id, actor, writes=True) as tx:
            yield tx
            waiting = tx._finish()
        if waiting:
            self.ring(store_id)

    def ring(self, store_id: int) -> None:
        """Tell a worker that something waits for the store."""
        if self.doorbell:
            self.doorbell(store_id)

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Whether this process is the only one inside `name` now. No transaction is open meanwhile; the lock ends with its connection."""
        lent = self.engine.raw_connection()
        try:
            lock = lent.driver_connection
            mine = bool(lock.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", (name,)).fetchone()[0])
            try:
                yield mine
            finally:
                if mine:
                    lock.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", (name,))
        finally:
            lent.close()

    @contextmanager
    def _opened(self, store_id: int, actor: Actor, *, writes: bool) -> Iterator[Tx]:
        line = Line(self.engine, store_id, writes=writes)
        try:
            yield Tx(store_id, actor, line)
        finally:
            line.end()


_database: Database | None = None


def use(database: Database) -> Database:
    """Make `database` the one this process works on (called by create_app, the worker and tests)."""
    global _database
    _database = database
    return database


def database() -> Database:
    if _database is None:
        raise RuntimeError("No database is in use: create the app, or call models.session.use(Database(url)).")
    return _database


def reading(store_id: int):  # noqa: ANN201  (a context manager of Tx)
    """A READ ONLY transaction of one store on the process's database."""
    return database().reading(store_id)


def transaction(store_id: int, actor: Actor):  # noqa: ANN201
    """A writing transaction of one store; actions use it through `@action`."""
    return database().transaction(store_id, actor)


def _dump(value: Any) -> str:
    return json.dumps(value, default=_encode, ensure_ascii=False)


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


__all__ = ["Database", "OutboxItem", "Tx", "database", "new_id", "reading", "transaction", "use"]

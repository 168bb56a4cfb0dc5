"""The few questions asked across stores: each is one SECURITY DEFINER function, and sees nothing else of any store (docs/decisions/0002)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine

from models.line import alone
from models.wire import asked

_RECEIVE = b"select receive_stripe_event($1, $2, $3, $4, $5, $6)"


class Crossings:
    """Part of `Database`."""

    engine: Engine

    @contextmanager
    def crossing(self) -> Iterator[Connection]:
        """Outside any store: only the SECURITY DEFINER functions answer in it."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("begin read only")
            yield connection
            connection.commit()

    def store_for_host(self, host: str) -> int | None:
        with self.crossing() as db:
            return db.exec_driver_sql("select store_for_host(%s)", (host,)).scalar()

    def store_for_slug(self, slug: str) -> int | None:
        with self.crossing() as db:
            return db.exec_driver_sql("select store_for_slug(%s)", (slug,)).scalar()

    def store_for_shop(self, domain: str) -> int | None:
        """The store of `{name}.myshopify.com`, where the app is installed now."""
        with self.crossing() as db:
            return db.exec_driver_sql("select store_for_shop(%s)", (domain,)).scalar()

    def store_of_any_shop(self, shop_gid: str | None, domain: str) -> int | None:
        """The store of a shop that is or once was connected: by its permanent id, else by its domain."""
        with self.crossing() as db:
            return db.exec_driver_sql("select store_of_any_shop(%s, %s)", (shop_gid, domain)).scalar()

    def due_shopify_stores(self) -> list[int]:
        with self.crossing() as db:
            return list(db.exec_driver_sql("select due_shopify_stores()").scalars())

    def due_stores(self) -> list[tuple[int, str]]:
        """(store id, "outbox" | "holds" | "approvals" | "waitlist" | "reminders") for every store that has something to do now (I21)."""
        with self.crossing() as db:
            return [tuple(row) for row in db.exec_driver_sql(
                "select store_id, kind from due_stores() union all select waitlist_stores(), 'waitlist'"
                " union all select stores_with_reminders(), 'reminders'")]

    def stores_texting(self, phone: str) -> list[int]:
        with self.crossing() as db:
            return list(db.exec_driver_sql("select stores_texting(%s)", (phone,)).scalars())

    def receive_stripe_event(self, marks: list[str], event_id: str, topic: str, object_id: str, parent: str | None, made_at: datetime) -> int | None:
        """Keep a delivery about the account with one of these keyed hashes, in one statement: the store it was new for, or None (I24)."""
        ((store_id,),) = alone(self.engine, asked(_RECEIVE, marks, event_id, topic, object_id, parent, made_at))
        return store_id

    def due_payments(self) -> list[int]:
        """Stores with something to do at the payment provider now (I21)."""
        with self.crossing() as db:
            return list(db.exec_driver_sql("select due_payments()").scalars())

    def due_errands(self) -> list[tuple[int, str]]:
        """(store id, "webhooks" | "imports" | "domains") for every store with such work due now."""
        with self.crossing() as db:
            return [tuple(row) for row in db.exec_driver_sql("select store_id, kind from due_errands()")]

    def stores_with_calendars(self) -> list[int]:
        with self.crossing() as db:
            return list(db.exec_driver_sql("select stores_with_calendars()").scalars())

    def all_stores(self) -> list[int]:
        with self.crossing() as db:
            return list(db.exec_driver_sql("select all_stores()").scalars())

"""The questions that cross stores: which store a name means, and which stores have something to do now.

Each is one of the few SECURITY DEFINER functions of the database; nothing else answers without a store (I4, I21).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection


class AcrossStores(ABC):
    """`crossing` gives a READ ONLY transaction of no store."""

    @abstractmethod
    def crossing(self) -> AbstractContextManager[Connection]: ...

    def store_for_host(self, host: str) -> int | None:
        return self._id("select store_for_host(%s)", host)

    def store_for_slug(self, slug: str) -> int | None:
        return self._id("select store_for_slug(%s)", slug)

    def store_for_shop(self, domain: str) -> int | None:
        """The store of `{name}.myshopify.com`, where the app is installed now."""
        return self._id("select store_for_shop(%s)", domain)

    def store_of_any_shop(self, shop_gid: str | None, domain: str) -> int | None:
        """The store of a shop that is or once was connected: by its permanent id, else by its domain."""
        return self._id("select store_of_any_shop(%s, %s)", shop_gid, domain)

    def due_shopify_stores(self) -> list[int]:
        return self._ids("select due_shopify_stores()")

    def due_stores(self) -> list[tuple[int, str]]:
        """(store id, "outbox" | "holds" | "approvals" | "waitlist" | "reminders") for every store that has something to do now (I21)."""
        with self.crossing() as db:
            return [tuple(row) for row in db.exec_driver_sql(
                "select store_id, kind from due_stores() union all select waitlist_stores(), 'waitlist'"
                " union all select stores_with_reminders(), 'reminders'")]

    def stores_texting(self, phone: str) -> list[int]:
        return self._ids("select stores_texting(%s)", phone)

    def store_for_account(self, hashed: str) -> int | None:
        """The store that uses the payment account with this keyed hash."""
        return self._id("select store_for_account(%s)", hashed)

    def due_payments(self) -> list[int]:
        """Stores with something to do at the payment provider now (I21)."""
        return self._ids("select due_payments()")

    def due_errands(self) -> list[tuple[int, str]]:
        """(store id, "webhooks" | "imports" | "domains") for every store with such work due now."""
        with self.crossing() as db:
            return [tuple(row) for row in db.exec_driver_sql("select store_id, kind from due_errands()")]

    def stores_with_calendars(self) -> list[int]:
        return self._ids("select stores_with_calendars()")

    def all_stores(self) -> list[int]:
        return self._ids("select all_stores()")

    def _ids(self, question: str, *values: Any) -> list[int]:
        with self.crossing() as db:
            return list(db.exec_driver_sql(question, values).scalars())

    def _id(self, question: str, *values: Any) -> int | None:
        with self.crossing() as db:
            return db.exec_driver_sql(question, values).scalar()

"""One round for one shop: deliveries received, then everything due, each thing on its own (I24, I26, I70)."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from sqlalchemy import delete, select, update

from booking.rules.decision import Refused
from gateways.shopify.wire import Busy, Drift, ScopeMissing, ShopifyError, ShopUnavailable, Unauthorized, Unreachable, UserErrors
from models.session import reading, transaction
from models.shopify_due import ShopifyDue
from settings import Settings
from sync.shopify import calendars, credits, deliveries, definitions, importing, orders, people, reconcile, refunds
from sync.shopify.shop import SYNC, Shop, give_back, keep, lost, take

SLICE_SECONDS = 20.0
"""A shop with much to do lets others have their turn after this."""
MOST_ATTEMPTS = 12
ROUGH = 3
"""So many calls without an answer in a row, and the shop is left alone for a minute."""
log = logging.getLogger("opencals.shopify")

WORK: dict[str, Callable[[Shop, str, dict[str, Any]], datetime | None]] = {
    "customer": people.ours, "remote_customer": people.theirs, "calendar": calendars.write, "order": orders.read, "refund": refunds.execute,
    "cancelled_line": refunds.cancelled_line, "credit": credits.give, "credit_left": credits.look_what_is_left, "import": importing.go_on, "reconcile": reconcile.look}
"""Kind -> the function that does it; it returns when to look again, or None when there is nothing to wait for."""
ORDER = ("refund", "cancelled_line", "credit", "reconcile", "order", "customer", "remote_customer", "calendar", "credit_left", "import")
"""Money first, bulk last."""
SIDE_BY_SIDE = frozenset({"customer", "remote_customer", "calendar"})
AT_ONCE = 4
"""So many calls of one shop are under way together; they share its points."""


@dataclass(frozen=True)
class Item:
    kind: str
    subject: str
    facts: dict[str, Any]
    marks: int
    attempts: int


def sync_shop(store_id: int, settings: Settings, *, keep_going: Callable[[], bool] = lambda: True) -> int:
    """Do what is due for a shop; the number of things done. Safe to run twice at once: one of them finds nothing to hold."""
    if not settings.shopify_secrets:
        return 0
    done = deliveries.apply_waiting(store_id, keep_going)
    shop = take(store_id, settings)
    if shop is None:
        return done
    ending: dict[str, Any] = {"done": True}
    try:
        done += _work(shop, keep_going)
    except Unauthorized as error:
        lost(shop, str(error))
        ending = {"error": "Shopify no longer accepts our access; open the app in the Shopify admin"}
    except ShopUnavailable as error:
        ending = {"pause": timedelta(hours=1), "error": f"the shop answers {error}"}
    except ShopifyError as error:
        ending = {"pause": timedelta(seconds=max(error.wait, 60)), "error": f"{type(error).__name__}: {error}"}
    finally:
        give_back(shop, **ending)
    return done


def shop_waits(store_id: int) -> bool:
    """Whether the store has something for `sync_shop` now."""
    with reading(store_id) as tx:
        return bool(tx.db.exec_driver_sql(
            "select exists (select 1 from shopify_deliveries where store_id = %(s)s and state = 'due' and due_at <= opencals_now())"
            " or exists (select 1 from shopify_due d join shopify_installs i on i.store_id = d.store_id where d.store_id = %(s)s and d.state = 'due'"
            " and d.due_at <= opencals_now() and i.state = 'installed')", {"s": store_id}).scalar())


def _work(shop: Shop, keep_going: Callable[[], bool]) -> int:
    until, done, rough = monotonic() + SLICE_SECONDS, 0, 0
    definitions.ensure(shop)
    reconcile.mark_when_due(shop)
    for kind in ORDER:
        while monotonic() < until and keep_going():
            items = _next(shop, kind)
            if not items or not keep(shop):
                break
            for error in _each(shop, kind, items, lambda: monotonic() < until and keep_going()):
                done += error is None
                rough = rough + 1 if isinstance(error, Unreachable) else 0
                if rough >= ROUGH:
                    raise error
    return done


def _each(shop: Shop, kind: str, items: list[Item], more: Callable[[], bool]) -> Iterator[ShopifyError | None]:
    """What came of each item, in their order. Those that do not concern each other are done some at a time: an answer takes longer
    than the points it costs take to come back."""
    if kind not in SIDE_BY_SIDE or len(items) < 2:
        for item in items:
            if not more():
                return
            yield _one(shop, item)
        return
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="shopify") as pool:
        for start in range(0, len(items), AT_ONCE):
            if not more():
                return
            yield from pool.map(lambda item: _one(shop, item), items[start:start + AT_ONCE])


def _next(shop: Shop, kind: str, batch: int = 50) -> list[Item]:
    with transaction(shop.store_id, SYNC) as tx:
        return [Item(*row) for row in tx.db.execute(select(
            ShopifyDue.kind, ShopifyDue.subject, ShopifyDue.facts, ShopifyDue.marks, ShopifyDue.attempts).where(
                ShopifyDue.store_id == shop.store_id, ShopifyDue.state == "due", ShopifyDue.due_at <= tx.now, ShopifyDue.kind == kind,
            ).order_by(ShopifyDue.due_at, ShopifyDue.subject).limit(batch))]


def _one(shop: Shop, item: Item) -> ShopifyError | None:
    """Do one thing and note what came of it. Only what concerns the whole shop is raised."""
    try:
        again = WORK[item.kind](shop, item.subject, item.facts)
    except (Unauthorized, ShopUnavailable, Busy):
        raise
    except (UserErrors, ScopeMissing, Refused) as error:
        log.warning("Shopify or a rule refuses", extra={"store": shop.store_id, "kind": item.kind, "error": str(error)[:200]})
        _failed(shop, item, error)
        return None
    except (Unreachable, Drift) as error:
        log.warning("not done, tried again later", extra={"store": shop.store_id, "kind": item.kind, "error": f"{type(error).__name__} {error}"[:200]})
        _later(shop, item, error)
        return error
    except Exception as error:
        # One thing that cannot be done must not stop the others; it stays visible.
        log.exception("work with Shopify failed", extra={"store": shop.store_id, "kind": item.kind})
        _later(shop, item, error)
        return None
    _settled(shop, item, again)
    return None


def _settled(shop: Shop, item: Item, again: datetime | None) -> None:
    """Gone from the list, unless it was marked again while we worked; then it is due as before."""
    with transaction(shop.store_id, SYNC) as tx:
        if again is None:
            tx.db.execute(delete(ShopifyDue).where(*_as_seen(shop, item)))
        else:
            tx.db.execute(update(ShopifyDue).where(*_as_seen(shop, item)).values(due_at=again, attempts=0, last_error=None))


def _later(shop: Shop, item: Item, error: Exception) -> None:
    wait = timedelta(seconds=min(3600.0, 2.0 ** item.attempts * 2) * random.uniform(0.7, 1.3))
    with transaction(shop.store_id, SYNC) as tx:
        tx.db.execute(update(ShopifyDue).where(*_as_seen(shop, item)).values(
            attempts=item.attempts + 1, due_at=tx.now + wait, last_error=f"{type(error).__name__}: {error}"[:300],
            state="failed" if item.attempts + 1 >= MOST_ATTEMPTS else "due"))


def _failed(shop: Shop, item: Item, error: Exception) -> None:
    with transaction(shop.store_id, SYNC) as tx:
        tx.db.execute(update(ShopifyDue).where(*_as_seen(shop, item)).values(
            state="failed", attempts=item.attempts + 1, last_error=f"{type(error).__name__}: {error}"[:300]))


def _as_seen(shop: Shop, item: Item) -> tuple[Any, ...]:
    """The row, if nobody has marked it since we took it."""
    return (ShopifyDue.store_id == shop.store_id, ShopifyDue.kind == item.kind, ShopifyDue.subject == item.subject, ShopifyDue.marks == item.marks)

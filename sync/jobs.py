"""What workers run. Every job may run twice, at once, late or never: the rows decide (I22).

Each loads what it needs when it first runs, so that a worker has in memory what its stores use and no more.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from functools import lru_cache
from typing import TYPE_CHECKING

from redis import Redis, RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from booking import keys
from models.session import database
from sync import errands
from sync.queue import NAME, doorbell

if TYPE_CHECKING:
    from sync.outbox import Carrier

log = logging.getLogger("opencals.worker")
stopping = threading.Event()


@lru_cache(maxsize=1)
def carrier() -> Carrier:
    from sync.outbox import Carrier

    return Carrier(keys.settings())


def deliver_outbox(store_id: int) -> int:
    """Carry out what is due for a store; the number of rows handled. Work at the payment provider and at Shopify are jobs of their own."""
    from sync.outbox import deliver
    from sync.payments import waits
    from sync.shopify.engine import shop_waits

    handled = deliver(store_id, carrier(), keep_going=lambda: not stopping.is_set()).claimed
    if waits(store_id):
        doorbell(keys.settings().redis_url, "sync.jobs.settle_payments")(store_id)
    if shop_waits(store_id):
        doorbell(keys.settings().redis_url, "sync.jobs.sync_shopify")(store_id)
    return handled


def settle_payments(store_id: int) -> int:
    """Bring money matters of a store forward at the payment provider; the number of commands handled."""
    from sync.payments import settle

    return settle(store_id, keep_going=lambda: not stopping.is_set()).claimed


def fetch_calendars(store_id: int) -> int:
    """Read the calendars of a store's staff that are due; how many."""
    from sync.calendars import fetch_due

    return fetch_due(store_id, keep_going=lambda: not stopping.is_set())


def sync_shopify(store_id: int) -> int:
    """Bring a store in step with its shop; the number of things done."""
    from sync.shopify.engine import sync_shop

    return sync_shop(store_id, keys.settings(), keep_going=lambda: not stopping.is_set())


class Worker(SimpleWorker):
    """No fork per job: jobs are short, and the connections to database and mail server stay open."""

    def request_stop(self, signum, frame) -> None:  # noqa: ANN001
        stopping.set()
        super().request_stop(signum, frame)


def run_worker(redis_url: str) -> None:
    """Work until SIGTERM. While Redis is away the scheduler delivers; the worker waits for it to come back (I21)."""
    database()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    threading.Thread(target=errands.run, args=(stopping, keys.settings()), name="errands", daemon=True).start()
    while not stopping.is_set():
        try:
            # Longer than RQ's own blocking read, shorter than a person's patience.
            connection = Redis.from_url(redis_url, socket_connect_timeout=2, health_check_interval=15)
            Worker([NAME], connection=connection, serializer=JSONSerializer, default_worker_ttl=60).work(logging_level="WARNING")
        except (RedisError, ConnectionError, TimeoutError) as error:
            log.warning("Redis does not answer; waiting", extra={"error": type(error).__name__})
        if not stopping.is_set():
            time.sleep(1)

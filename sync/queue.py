"""The doorbell: after a commit, tell a worker which store has something waiting."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache

from redis import ConnectionError, Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

NAME = "opencals"
PATIENCE, DEAF_FOR = 0.2, 2.0
"""Seconds: how long one answer of Redis is waited for, and how long it is left alone after it gave none."""
REMEMBERED = 10_000
"""Stores whose last ring a process remembers."""
log = logging.getLogger("opencals.queue")


@lru_cache(maxsize=4)
def queue(redis_url: str) -> Queue:
    """The RQ queue; connections are short-tempered, since the database remembers what the bell rang for and requests wait for it.

    One that broke is replaced once; one that does not answer in time is not asked again.
    """
    connection = Redis.from_url(redis_url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE, retry=Retry(NoBackoff(), 1, (ConnectionError,)))
    return Queue(NAME, connection=connection, serializer=JSONSerializer)


def doorbell(redis_url: str, job: str = "sync.jobs.deliver_outbox") -> Callable[[int], None]:
    """A function that rings for a store, so that a worker runs `job` for it. It never raises: without Redis the scheduler's sweep finds the work."""
    deaf_until, failing, rung = [0.0], [False], {}

    def ring(store_id: int) -> None:
        slot = int(time.time() * 10)
        if time.monotonic() < deaf_until[0] or rung.get(store_id) == slot:
            return
        if failing[0]:
            deaf_until[0] = time.monotonic() + DEAF_FOR  # one of many threads tries again; the others do not wait with it
        try:
            # One job per store and 100 ms: a burst of changes rings once, and a change after the pick-up rings again.
            with suppress(DuplicateJobError):  # another process has rung
                queue(redis_url).enqueue(job, store_id, job_id=f"{job.rpartition('.')[2]}-{store_id}-{slot}",
                                         unique=True, result_ttl=5, failure_ttl=600, ttl=600)
        except RedisError as error:
            failing[0], deaf_until[0] = True, time.monotonic() + DEAF_FOR
            log.warning("Redis does not answer; the sweep will deliver", extra={"error": type(error).__name__})
            return
        if len(rung) >= REMEMBERED:
            rung.clear()
        rung[store_id] = slot
        failing[0], deaf_until[0] = False, 0.0

    return ring

"""Redis is only a doorbell: emptied or gone, every mail still arrives, once (I6, I21)."""

from __future__ import annotations

import dataclasses
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import redis
from sqlalchemy.exc import OperationalError

from booking.actions.cancel_booking import cancel_booking
from booking.actions.sign_in import Asker, new_challenge, request_login_code
from models.actor import Actor
from models.session import Database, use
from sync import beat, queue
from tests.support.world import MERCHANT, NOW, World, at
from tests.sync import processes

NOWHERE = "redis://127.0.0.1:9/0"


@pytest.fixture
def ringing(mailing, db) -> Iterator[Database]:
    """The database in use rings Redis after each commit, as in production."""
    ringing = use(Database(mailing.database_url, doorbell=queue.doorbell(mailing.redis_url)))
    yield ringing
    ringing.engine.dispose()
    use(db)


@pytest.fixture
def worker(mailing) -> Iterator[None]:
    process = processes.worker(mailing)
    yield
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0, "SIGTERM drains and ends it"


def wait_for(true: Callable[[], bool], seconds: float = 45) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


def test_80_changes_with_redis_emptied_in_the_middle(world, ringing, worker, mailing, carrier, post):
    """A real worker, a beat, and FLUSHALL while changes go on and after the last: every mail once. 500 changes: `dev.py bench campaign flush`."""
    memory = redis.Redis.from_url(mailing.redis_url)
    stop = threading.Event()
    heart = threading.Thread(target=lambda: [beat.sweep(mailing, carrier, stop) or stop.wait(0.5) for _ in iter(stop.is_set, True)])
    heart.start()
    try:
        made = []
        for n in range(40):
            made.append(world.book(at(2 + n // 8, 14 + n % 8), email=f"p{n}@example.com"))
            if n in (12, 28):
                memory.flushall()
        for n, b in enumerate(made):
            cancel_booking(world.store_id, MERCHANT, b.ref)
            if n in (20, len(made) - 1):  # the last bell too: only the beat still knows
                memory.flushall()
        assert wait_for(lambda: world.sql("select count(*) from outbox where state = 'due'") == [(0,)])
    finally:
        stop.set()
        heart.join()
    rows = world.outbox()
    assert len(rows) == 160 and {row.state for row in rows} == {"sent"}
    assert sorted(post.ids) == sorted(row.message_id for row in rows)


def test_the_bell_is_answered_without_any_beat(world, ringing, worker, post):
    world.book(at(10, 15))
    assert wait_for(lambda: len(post.ids) == 2, 20)


def test_without_redis_the_beat_delivers_itself(world, mailing, carrier, post):
    deaf = dataclasses.replace(mailing, redis_url=NOWHERE)
    world.book(at(10, 15))
    for _ in range(2):
        beat.sweep(deaf, carrier)
        assert [post.ids.count(row.message_id) for row in world.outbox()] == [1, 1]
    assert world.sql("select distinct state from outbox") == [("sent",)]


def test_with_redis_the_beat_only_rings(world, mailing, carrier, post):
    memory = redis.Redis.from_url(mailing.redis_url)
    memory.flushall()
    world.book(at(10, 15))
    beat.sweep(mailing, carrier)
    assert post.ids == []
    jobs = queue.queue(mailing.redis_url).jobs
    assert [(job.func_name, list(job.args)) for job in jobs if job.args[0] == world.store_id] == [("sync.jobs.deliver_outbox", [world.store_id])]
    memory.flushall()


def test_the_queue_carries_ids_and_nothing_personal(world, ringing, mailing):
    memory = redis.Redis.from_url(mailing.redis_url)
    memory.flushall()
    b = world.book(at(10, 15))
    stored = b"".join(memory.dump(key) or b"" for key in memory.keys())
    assert stored and b"ada" not in stored and b.ref.encode() not in stored
    memory.flushall()


def test_a_change_does_not_wait_for_a_dead_redis(world, db, mailing, caplog):
    """The bell never raises, warns once, and stays silent for a while instead of slowing each request."""
    broken = use(Database(mailing.database_url, doorbell=queue.doorbell(NOWHERE)))
    try:
        began = time.monotonic()
        with caplog.at_level(logging.WARNING, "opencals.queue"):
            for hour in range(14, 20):
                world.book(at(10, hour))
        assert time.monotonic() - began < 20, "six changes that each wait for the dead one take longer"
        assert len(caplog.records) <= 2
    finally:
        broken.engine.dispose()
        use(db)
    assert len(world.outbox()) == 12


def test_a_burst_rings_once(mailing):
    memory = redis.Redis.from_url(mailing.redis_url)
    memory.flushall()
    ring = queue.doorbell(mailing.redis_url)
    for _ in range(50):
        ring(77)
    assert 1 <= len(queue.queue(mailing.redis_url).jobs) <= 10
    memory.flushall()


def test_of_several_processes_one_rings_and_the_others_ask_once(mailing, monkeypatch):
    """All of them hear of a burst at the same time; those that come second must not ask Redis for every change."""
    memory = redis.Redis.from_url(mailing.redis_url)
    memory.flushall()
    monkeypatch.setattr(queue.time, "time", lambda: 1_800_000_000.0)
    for ring in (queue.doorbell(mailing.redis_url), queue.doorbell(mailing.redis_url)):
        before = memory.info("commandstats").get("cmdstat_evalsha", {}).get("calls", 0)
        for _ in range(20):
            ring(77)
        assert memory.info("commandstats")["cmdstat_evalsha"]["calls"] - before == 1
    assert len(queue.queue(mailing.redis_url).jobs) == 1
    memory.flushall()


def test_trouble_in_one_store_does_not_keep_the_others_waiting(world, owner_url, mailing, carrier, post, monkeypatch):
    """I70: the sweep goes on after a store whose work fails."""
    other = World(owner_url)
    world.book(at(10, 15))
    other.book(at(10, 15), email="bea@example.com")
    deaf, real = dataclasses.replace(mailing, redis_url=NOWHERE), beat.deliver

    def deliver(store_id: int, *args, **kwargs):
        if store_id == world.store_id:
            raise OperationalError("select 1", {}, Exception("gone"))
        return real(store_id, *args, **kwargs)

    monkeypatch.setattr(beat, "deliver", deliver)
    beat.sweep(deaf, carrier)
    assert "bea@example.com" in [item["to"] for item in post.mailbox.items] and world.sql("select distinct state from outbox") == [("due",)]


def test_old_codes_and_counts_are_forgotten_after_two_days(world, mailing, carrier):
    request_login_code(world.store_id, Actor("customer", "account"), "ada@example.com", challenge=new_challenge(), asker=Asker("192.0.2.1"))
    beat.tidy()
    assert world.sql("select count(*) from login_codes") == [(1,)]
    world.set_clock(NOW + timedelta(days=2, seconds=1))
    beat.tidy()
    assert world.sql("select (select count(*) from login_codes), (select count(*) from attempts)") == [(0, 0)]


def test_a_redis_that_says_nothing_holds_up_one_request_shortly(monkeypatch):
    """Webhooks are answered before their sender loses patience (I5): one of many threads tries again, none waits for seconds."""
    monkeypatch.setattr(queue, "DEAF_FOR", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ring = queue.doorbell(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        took = [_timed(lambda: ring(1)), _timed(lambda: ring(2))]
        assert 0.1 < took[0] < 2 and took[1] < 0.1
        time.sleep(0.6)
        with ThreadPoolExecutor(8) as threads:
            again = list(threads.map(lambda n: _timed(lambda: ring(n)), range(8)))
    assert sum(seconds > 0.15 for seconds in again) == 1, again


def _timed(do) -> float:  # noqa: ANN001
    began = time.monotonic()
    do()
    return time.monotonic() - began

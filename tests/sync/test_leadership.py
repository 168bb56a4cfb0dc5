"""Several schedulers, one lead; it passes on when its holder is gone (I21)."""

from __future__ import annotations

import dataclasses
import threading
import time

import psycopg
import pytest

from sync import beat
from tests.support.world import World, at


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(beat, "EVERY", 0.1)


class Scheduler:
    """The real loop in a thread; `swept` counts the rounds it led."""

    def __init__(self, settings, sweeps: list[str], name: str) -> None:
        self.stop = threading.Event()
        self.thread = threading.Thread(target=beat.run, args=(self.stop, settings), name=name)
        self.thread.start()

    def end(self) -> None:
        self.stop.set()
        self.thread.join()


def wait_for(condition, seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_one_of_three_leads_and_another_takes_over(db, settings, monkeypatch, quick):
    swept: list[str] = []
    monkeypatch.setattr(beat, "sweep", lambda *_: swept.append(threading.current_thread().name))
    monkeypatch.setattr(beat, "tidy", lambda: None)
    schedulers = {name: Scheduler(settings, swept, name) for name in ("a", "b", "c")}
    try:
        assert wait_for(lambda: len(swept) >= 8) and len(set(swept)) == 1
        leader = swept[0]
        schedulers.pop(leader).end()
        count = len(swept)
        assert wait_for(lambda: len(swept) >= count + 8)
        assert leader not in swept[count:] and len(set(swept[count:])) == 1
    finally:
        for scheduler in schedulers.values():
            scheduler.end()


def test_a_lead_whose_connection_breaks_is_taken_again(db, settings, monkeypatch, quick, owner_url):
    swept: list[str] = []
    monkeypatch.setattr(beat, "sweep", lambda *_: swept.append(threading.current_thread().name))
    monkeypatch.setattr(beat, "tidy", lambda: None)
    scheduler = Scheduler(settings, swept, "only")
    try:
        assert wait_for(lambda: len(swept) >= 3)
        with psycopg.connect(settings.database_url.replace("+psycopg", "")) as connection:
            pid = connection.execute("select pid from pg_locks where locktype = 'advisory' and objid = %s and granted", (beat.LEADER,)).fetchone()[0]
            connection.execute("select pg_terminate_backend(%s)", (pid,))
        count = len(swept)
        assert wait_for(lambda: len(swept) >= count + 3)
    finally:
        scheduler.end()


def test_two_loops_at_once_deliver_each_message_once(world, mailing, post, quick):
    deaf = dataclasses.replace(mailing, redis_url="redis://127.0.0.1:9")
    for hour in range(14, 20):
        world.book(at(10, hour))
    schedulers = [Scheduler(deaf, [], name) for name in ("a", "b")]
    try:
        assert wait_for(lambda: len(post.ids) == 12)
    finally:
        for scheduler in schedulers:
            scheduler.end()
    assert sorted(post.ids) == sorted(row.message_id for row in World.outbox(world))

"""Work beside the mails: found across stores, done in threads of the worker, each kind on its own (I21, I70)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from booking.actions.domains import add_domain
from booking.actions.imports import check_import, upload_import
from models.actor import SYSTEM
from sync import errands
from tests.support.world import MERCHANT, World, at
from tests.sync.test_webhooks import Receiver, hook

FILE = b"starts_at,duration_minutes,service,staff\n2027-03-10 09:00,60,Massage,Elena Marsh\n"
MAPPING = {name: name for name in ("starts_at", "duration_minutes", "service", "staff")}


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def running(settings, db):
    """The errands of a worker, while the test runs."""
    stop = threading.Event()
    thread = threading.Thread(target=errands.run, args=(stop, settings))

    def start() -> None:
        thread.start()

    yield start
    stop.set()
    if thread.ident:
        thread.join(20)
        assert not thread.is_alive()


def until(true: Callable[[], bool], seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.1)
    return False


def test_every_kind_that_can_be_due_is_known(db, settings, world):
    receiver = Receiver()
    hook(world, receiver)
    receiver.stop()
    world.book(at(10, 15))
    add_domain(world.store_id, SYSTEM, f"book.{world.slug}.example")
    run = upload_import(world.store_id, SYSTEM, "a.csv", FILE).facts["id"]
    check_import(world.store_id, SYSTEM, run, columns=MAPPING, flag_overlaps=False, region=None)
    due = {kind for store_id, kind in db.due_errands() if store_id == world.store_id}
    assert due == {"webhooks", "domains", "imports"} == set(errands.errands(settings, threading.Event()))


def test_a_worker_does_them_and_one_that_fails_stops_no_other(world, running, monkeypatch):
    def broken(store_id: int, lookup: object) -> int:
        raise RuntimeError("the resolver is gone")

    monkeypatch.setattr("sync.domains.check_due", broken)
    receiver = Receiver()
    hook(world, receiver, "booking.created")
    add_domain(world.store_id, MERCHANT, f"book.{world.slug}.example")
    world.book(at(11, 15))
    run = upload_import(world.store_id, SYSTEM, "a.csv", FILE).facts["id"]
    check_import(world.store_id, SYSTEM, run, columns=MAPPING, flag_overlaps=False, region=None)
    running()
    assert until(lambda: len(receiver.got) == 1) and until(lambda: world.sql("select state from imports where id = %s", run)[0].state == "checked")
    receiver.stop()

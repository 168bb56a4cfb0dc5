"""A worker that dies: its rows come back when the lease ends, under the same Message-ID (I6, I22, I68)."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest

from sync import outbox
from sync.outbox import Outcome, deliver
from tests.support.world import NOW, World, at
from tests.sync import processes


@pytest.fixture
def booked(world) -> World:
    world.book(at(10, 15))
    return world


def test_killed_after_sending_the_mail_goes_out_again_under_the_same_id(booked, mailing, carrier, post):
    """kill -9 between the server's 250 and our record of it: the outcome is unknown, so the repeat must be recognizable."""
    assert processes.die_after_sending(mailing, booked.store_id) == -signal.SIGKILL
    mailed = list(post.ids)
    assert len(mailed) == 2 and booked.sql("select distinct state from outbox") == [("due",)]
    booked.set_clock(NOW + outbox.LEASE - timedelta(microseconds=1))
    assert deliver(booked.store_id, carrier).claimed == 0
    booked.set_clock(NOW + outbox.LEASE)
    assert deliver(booked.store_id, carrier).sent == 2
    assert sorted(post.ids) == sorted(mailed * 2)
    assert booked.sql("select distinct state, attempts, lease from outbox") == [("sent", 2, None)]


def test_killed_before_sending_nothing_is_lost(booked, carrier, post):
    outbox._claim(booked.store_id, carrier.channels, 100)
    assert deliver(booked.store_id, carrier).claimed == 0
    booked.set_clock(NOW + outbox.LEASE)
    assert deliver(booked.store_id, carrier).sent == 2 and len(post.ids) == 2


def test_the_store_is_due_again_when_the_lease_ends(booked, carrier, db):
    outbox._claim(booked.store_id, carrier.channels, 100)
    assert (booked.store_id, "outbox") not in db.due_stores()
    booked.set_clock(NOW + outbox.LEASE)
    assert (booked.store_id, "outbox") in db.due_stores()


def test_a_worker_that_lost_its_lease_records_nothing(booked, carrier, post):
    """It wakes up after a long pause: what the second worker wrote stays (I22)."""
    rows, slept = outbox._claim(booked.store_id, carrier.channels, 100)
    booked.set_clock(NOW + outbox.LEASE)
    deliver(booked.store_id, carrier)
    before = booked.sql("select id, state, attempts, sent_at, last_error from outbox order by id")
    outbox._record(booked.store_id, slept, {row.id: Outcome("failed", "too late") for row in rows})
    assert booked.sql("select id, state, attempts, sent_at, last_error from outbox order by id") == before


def test_a_lease_taken_over_is_not_given_back_by_the_one_who_lost_it(booked, carrier):
    _, slept = outbox._claim(booked.store_id, carrier.channels, 100)
    booked.set_clock(NOW + outbox.LEASE)
    _, mine = outbox._claim(booked.store_id, carrier.channels, 100)
    outbox._record(booked.store_id, slept, {})
    assert booked.sql("select distinct lease from outbox") == [(mine,)]

"""A queue to test with: people who wait, the beat that serves them, and what they heard."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

import psycopg

from booking.actions.join_waitlist import join_waitlist
from models.booking_summary import BookingSummary
from sync.beat import serve_waitlist
from tests.support.world import World, at

FAR = at(29, 15)


def wait(world: World, starts_at: datetime = FAR, *, email: str = "ada@example.com", staff: int | None = None, service: int | None = None,
         **wishes) -> BookingSummary:
    """A booking at `starts_at` that waits for an earlier time, a second after whoever waits already."""
    later(world, timedelta(seconds=1))
    b = world.book(starts_at, email=email, staff=staff or world.elena, service=service)
    join_waitlist(world.store_id, world.customer(b), b.ref, **wishes)
    return b


def serve(world: World) -> int:
    """What the beat does for the store; how many openings it looked at."""
    return serve_waitlist(world.store_id)


def offers(world: World, *states: str) -> list:
    """(id, entry_id, booking ref, starts_at, state), the oldest first."""
    rows = world.sql("select o.id, o.entry_id, b.ref, o.starts_at, o.state, o.staff_id, o.expires_at from waitlist_offers o"
                     " left join bookings b on b.id = o.booking_id order by o.created_at, o.id")
    return [row for row in rows if not states or row.state in states]


def later(world: World, span: timedelta) -> None:
    world.set_clock(world.now + span)


def entry_states(world: World) -> dict[str, str]:
    return dict(tuple(row) for row in world.sql(
        "select b.ref, e.state from waitlist_entries e join bookings b on b.id = e.booking_id"))


def until_it_waits(watcher: psycopg.Connection, thread: threading.Thread) -> None:
    """Until somebody waits for a lock, which `thread` is started to do; it is done at once where nothing stops it."""
    end = time.monotonic() + 10
    while thread.is_alive() and not watcher.execute("select 1 from pg_locks where not granted").fetchone() and time.monotonic() < end:
        time.sleep(0.01)

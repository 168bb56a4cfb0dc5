"""The beat serves those who wait; what is offered is never mailed too late (R34, D28, I21)."""

from __future__ import annotations

import json
from datetime import timedelta

import psycopg

from booking.actions.cancel_booking import cancel_booking
from sync import beat
from sync.outbox import deliver
from tests.support.world import MERCHANT, OPEN, at, hours
from tests.waitlist.line import later, offers, wait


def free(world, start=at(10, 15)) -> None:
    other = world.book(start, email="x@example.com")
    cancel_booking(world.store_id, MERCHANT, other.ref, override=True)


def test_one_look_of_the_beat_offers_and_mails(world, mailing, carrier, post):
    wait(world)
    free(world)
    for _ in range(2):
        beat.sweep(mailing, carrier)
    deliver(world.store_id, carrier)
    mail, = [item for item in post.mailbox.items if item["subject"].startswith("An earlier time")]
    assert mail["to"] == "ada@example.com" and sum("/waitlist/" in link for link in mail["links"]) == 3
    later(world, hours(1))
    beat.sweep(mailing, carrier)
    assert [row.state for row in offers(world)] == ["expired"] and world.sql("select 1 from holds") == []


def test_a_mail_that_was_held_up_past_the_window_is_not_sent(world, mailing, carrier, post):
    wait(world)
    free(world)
    beat.serve_waitlist(world.store_id)
    later(world, hours(1))
    deliver(world.store_id, carrier)
    assert not [item for item in post.mailbox.items if item["subject"].startswith("An earlier time")]
    assert [row.state for row in world.outbox("earlier_slot")] == ["superseded"]


def test_what_was_looked_at_is_due_no_longer(world, mailing, carrier, db):
    """Otherwise the sweep would find the store again and again."""
    wait(world)
    free(world)
    assert (world.store_id, "waitlist") in db.due_stores()
    beat.serve_waitlist(world.store_id)
    assert (world.store_id, "waitlist") not in db.due_stores()
    later(world, hours(1))
    assert (world.store_id, "waitlist") in db.due_stores()
    beat.serve_waitlist(world.store_id)
    assert (world.store_id, "waitlist") not in db.due_stores()


def test_an_opening_that_fails_keeps_nobody_waiting_and_comes_back(world, mailing, carrier, owner_url):
    """Somebody's hours are broken by hand: the beat goes on with the others."""
    deep = world.add_service("Deep", staff=[world.tom])
    wait(world), wait(world, at(29, 17), email="bea@example.com", service=deep, staff=world.tom)
    free(world)
    other = world.book(at(11, 15), email="x@example.com", service=deep, staff=world.tom)
    cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
    set_hours(owner_url, world, '{"mon": "always"}')
    beat.sweep(mailing, carrier)
    assert [row.starts_at for row in offers(world)] == [at(11, 15)]
    set_hours(owner_url, world, json.dumps(OPEN))
    later(world, timedelta(minutes=1))
    beat.sweep(mailing, carrier)
    assert {row.starts_at for row in offers(world)} == {at(10, 15), at(11, 15)}


def set_hours(owner_url: str, world, hours: str) -> None:
    with psycopg.connect(owner_url.replace("+psycopg", "")) as connection:
        connection.execute("select set_config('app.store_id', %s, true)", (str(world.store_id),))
        connection.execute("update staff set hours = %s::jsonb where id = %s", (hours, world.elena))

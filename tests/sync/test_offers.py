"""The beat serves those who wait; what is offered is never mailed too late (R34, D28, I21)."""

from __future__ import annotations

from booking.actions.cancel_booking import cancel_booking
from sync import beat
from sync.outbox import deliver
from tests.support.world import MERCHANT, at, hours
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

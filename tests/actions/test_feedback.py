"""Feedback after a visit: by its customer, in time, once; published and answered by the shop (R37, A10, A11, A42)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from booking.actions.cancel_booking import cancel_booking
from booking.actions.leave_feedback import leave_feedback
from booking.actions.mark_booking import complete_booking, no_show_booking
from booking.actions.publish_feedback import publish_feedback
from booking.actions.reply_to_feedback import reply_to_feedback
from booking.feedback import given_for
from booking.reviews import averages, published, shown_average
from booking.rules.decision import Refused
from models.actor import SYSTEM
from models.booking_summary import BookingSummary
from models.session import reading, transaction
from tests.support.world import MERCHANT, World, at


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def visit(world) -> BookingSummary:
    """Completed; its end is now."""
    b = world.book(at(10, 15))
    world.set_clock(b.ends_at)
    return complete_booking(world.store_id, MERCHANT, b.ref).booking


def say(world: World, b: BookingSummary, rating: int = 5, comment: str = "Lovely.", publish: bool = False) -> int:
    return leave_feedback(world.store_id, world.customer(b), b.ref, rating=rating, comment=comment, publish=publish).facts["id"]


def stored(world: World, b: BookingSummary):
    with reading(world.store_id) as tx:
        return given_for(tx, b.id)


def test_a_rating_with_a_text_is_kept_once(world, visit):
    first = say(world, visit, 5, "  Lovely.\r\nThank you  ")
    assert say(world, visit, 4, "Good.") == first
    kept = stored(world, visit)
    assert (kept.rating, kept.comment, kept.may_publish) == (4, "Good.", False)
    assert world.sql("select count(*) from feedback where store_id = opencals_store()") == [(1,)]
    assert world.sql("select action, after->>'rating' from audit_entries where action = 'leave_feedback' order by id") == [
        ("leave_feedback", "5"), ("leave_feedback", "4")]


@pytest.mark.parametrize(("rating", "comment", "field"), [(0, "", "rating"), (6, "", "rating"), (3, "x" * 2001, "comment")])
def test_wrong_values_are_refused(world, visit, rating, comment, field):
    with pytest.raises(Refused) as caught:
        say(world, visit, rating, comment)
    assert caught.value.code == "invalid" and [e["field"] for e in caught.value.facts["errors"]] == [field]


def test_the_doors_close_in_time(world, visit):
    say(world, visit)
    world.set_clock(visit.ends_at + timedelta(days=14, microseconds=1))
    with pytest.raises(Refused) as caught:
        say(world, visit, 1)
    assert caught.value.code == "too_late" and stored(world, visit).rating == 5


@pytest.mark.parametrize("verb", [cancel_booking, no_show_booking])
def test_what_did_not_take_place_gets_none(world, verb):
    b = world.book(at(10, 15))
    verb(world.store_id, MERCHANT, b.ref, override=True)
    world.set_clock(b.ends_at + timedelta(days=1))
    with pytest.raises(Refused) as caught:
        say(world, b)
    assert caught.value.code == "not_allowed"


def test_publishing_needs_both(world, visit):
    feedback_id = say(world, visit)
    with pytest.raises(Refused):
        publish_feedback(world.store_id, MERCHANT, feedback_id)
    say(world, visit, publish=True)
    assert public(world) == ([], (0, None))
    publish_feedback(world.store_id, MERCHANT, feedback_id)
    items, numbers = public(world)
    assert numbers == (1, 5.0) and items == [{
        "rating": 5, "comment": "Lovely.", "reply": None, "first_name": "Ada", "service": "Massage", "staff": "Elena Marsh",
        "date": "2027-03-10"}]
    publish_feedback(world.store_id, MERCHANT, feedback_id, published=False)
    assert public(world)[0] == []


def test_a_changed_text_waits_for_the_shop_again(world, visit):
    feedback_id = say(world, visit, publish=True)
    publish_feedback(world.store_id, MERCHANT, feedback_id)
    say(world, visit, 1, "Changed", publish=True)
    assert public(world)[0] == []


def test_bad_ratings_go_the_same_way_as_good_ones(world, visit):
    feedback_id = say(world, visit, 1, "Cold room.", publish=True)
    publish_feedback(world.store_id, MERCHANT, feedback_id)
    assert [item["rating"] for item in public(world)[0]] == [1]


def test_the_shop_answers_once_and_the_customer_hears_it(world, visit):
    feedback_id = say(world, visit)
    reply_to_feedback(world.store_id, MERCHANT, feedback_id, "Thank you, Ada.")
    with pytest.raises(Refused):
        reply_to_feedback(world.store_id, MERCHANT, feedback_id, "And once more.")
    assert stored(world, visit).reply == "Thank you, Ada."
    assert [row.payload["reply"] for row in world.outbox("feedback_reply")] == ["Thank you, Ada."]


def test_the_database_keeps_the_reply_and_the_tick(world, visit):
    say(world, visit)
    reply_to_feedback(world.store_id, MERCHANT, stored(world, visit).id, "Thank you.")
    for change in ("reply = 'other'", "published_at = now()", "rating = 6", "comment = repeat('x', 2001)"):
        with pytest.raises(DBAPIError), transaction(world.store_id, SYSTEM) as tx:
            tx.db.execute(text(f"update feedback set {change}"))


def test_averages_by_service_and_staff(world, visit):
    say(world, visit, 5)
    for hour, rating in ((15, 2), (17, 3)):
        b = world.book(at(11, hour), staff=world.tom)
        world.set_clock(b.ends_at)
        say(world, complete_booking(world.store_id, MERCHANT, b.ref).booking, rating)
    with reading(world.store_id) as tx:
        found = averages(tx)
    assert (found["count"], found["average"]) == (3, 3.33)
    assert [(s["name"], s["count"], s["average"]) for s in found["staff"]] == [("Elena Marsh", 1, 5.0), ("Tom Okonkwo", 2, 2.5)]
    assert [(s["name"], s["count"]) for s in found["services"]] == [("Massage", 3)]


def public(world: World):
    with reading(world.store_id) as tx:
        return published(tx), shown_average(tx)

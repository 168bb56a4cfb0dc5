"""The feedback page: signed in or by its own link; what is public, and what is not (R37, I42, R5)."""

from __future__ import annotations

import pytest

from booking.actions.leave_feedback import leave_feedback
from booking.actions.mark_booking import complete_booking
from booking.actions.publish_feedback import publish_feedback
from booking.links import feedback_path
from tests.storefront.visitor import Visitor, account, link, words
from tests.support.world import MERCHANT, at


@pytest.fixture
def visit(world):
    b = world.book(at(10, 15))
    world.set_clock(b.ends_at)
    return complete_booking(world.store_id, MERCHANT, b.ref).booking


def test_signed_in_from_the_booking_to_thank_you(ada, visit):
    ada.get(account(visit))
    assert "Leave feedback" in words(ada.page)
    ada.get(account(visit, "feedback"))
    assert "You can leave feedback until Sun, May 9, 2027" in words(ada.page)
    response = ada.send(account(visit, "feedback"), rating="4", comment="Good <b>hands</b>")
    ada.get(response.headers["Location"])
    assert "Thank you for your feedback" in words(ada.page) and "&lt;b&gt;hands" in ada.page
    assert ada.world.sql("select rating::int, comment, may_publish from feedback where store_id = opencals_store()") == [
        (4, "Good <b>hands</b>", False)]


def test_whoever_holds_the_link_never_hears_of_it(ada, visit):
    """R6: the history tells it to the owner only."""
    leave_feedback(ada.world.store_id, ada.world.customer(visit), visit.ref, rating=2, comment="Too cold")
    ada.get(account(visit))
    assert "Feedback given" in words(ada.page)
    ada.get(link(visit))
    assert "What happened so far" in words(ada.page) and "Completed" in words(ada.page) and "Feedback given" not in words(ada.page)


def test_in_the_hours_after_a_visit_nobody_has_marked_the_time_is_told(world, ada):
    """Two hours in which "after your visit" would be now (R37)."""
    b = world.book(at(10, 15))
    world.set_clock(b.ends_at)
    ada.get(account(b, "feedback"))
    assert "You can leave feedback from Wed, Mar 10, 2027, 1:00 PM EST." in words(ada.page)


def test_without_stars_the_text_is_kept_on_the_page(ada, visit):
    ada.get(account(visit, "feedback"))
    ada.send(account(visit, "feedback"), 422, comment="Half a thought", publish="on")
    assert "Please choose from one to five stars." in words(ada.page) and "Half a thought" in ada.page
    assert 'id="rating" tabindex="-1" aria-describedby="rating-problem"' in ada.page and '<p class="field-problem" id="rating-problem">' in ada.page
    assert ada.world.sql("select count(*) from feedback where store_id = opencals_store()") == [(0,)]


def test_the_link_of_the_mail_opens_it_and_nothing_else(visitor, visit, contents):
    path = feedback_path(visit)
    before = contents()
    visitor.get(path)
    assert contents() == before and "Massage" in words(visitor.page) and "Ada" not in words(visitor.page)
    response = visitor.send(path, rating="5", publish="on")
    assert response.headers["Location"] == path + "&saved=1"
    token = path.partition("token=")[2]
    visitor.get(f"/manage/{visit.ref}?token={token}", 404)


@pytest.mark.parametrize("make", [
    lambda b: link(b).replace("/manage/", "/feedback/"), lambda b: feedback_path(b)[:-2], lambda b: f"/feedback/{b.ref}",
    lambda b: feedback_path(b._replace(ref="0" * 12)), lambda b: feedback_path(b._replace(link_epoch=2))])
def test_no_other_token_opens_it(visitor, visit, make):
    visitor.get(make(visit), 404)


def test_somebody_elses_booking_does_not_exist(app, world, visit):
    bea = Visitor(app, world)
    bea.sign_in("bea@example.com")
    bea.get(account(visit, "feedback"), 404)


def test_before_the_end_it_says_when(ada, world):
    b = world.book(at(20, 15))
    ada.get(account(b, "feedback"))
    assert "You can leave feedback after your visit." in words(ada.page) and "<textarea" not in ada.page
    ada.get("/account")
    ada.post(account(b, "feedback"), 409, rating="5")


def test_the_widget_shows_what_is_published_and_a_first_name_only(visitor, world, visit):
    done = leave_feedback(world.store_id, world.customer(visit), visit.ref, rating=5, comment="Lovely.", publish=True)
    assert visitor.get("/feedback.json").json == {"count": 0, "average": None, "items": []}
    publish_feedback(world.store_id, MERCHANT, done.facts["id"])
    answer = visitor.get(f"/feedback.json?service={visit.service_id}")
    assert answer.headers["Access-Control-Allow-Origin"] == "*" and (answer.json["count"], answer.json["average"]) == (1, 5.0)
    assert "Archer" not in answer.text and "example.com" not in answer.text and visit.ref not in answer.text
    assert visitor.get("/feedback.json?service=1").json["items"] == []

"""Feedback in the dashboard: read, answered once, published where the customer agreed, counted, exported (A42, R37)."""

from __future__ import annotations

import re

import pytest

from booking.actions.leave_feedback import leave_feedback
from tests.dashboard import exports
from tests.storefront.visitor import words
from tests.support.world import hours


@pytest.fixture
def said(world):
    """Two visits with feedback: a good one that may be published, a bad one that may not."""
    good = world.book(world.now - hours(30), override=True)
    bad = world.book(world.now - hours(50), override=True, email="b@example.com", staff=world.tom)
    leave_feedback(world.store_id, world.customer(good), good.ref, rating=5, comment="=Wonderful", publish=True)
    leave_feedback(world.store_id, world.customer(bad), bad.ref, rating=2, comment="Too cold")
    return good, bad


def test_the_list_the_averages_and_the_file(manager, staff, world, said):
    manager.get("/admin/feedback")
    text = words(manager.page)
    assert "3.5 of 5 stars on average" in text and "Elena Marsh 5.0 1 Tom Okonkwo 2.0 1" in text and "Too cold" in text
    manager.get("/admin/feedback", query_string={"rating": "2", "staff": str(world.tom)})
    assert "Too cold" in manager.page and "=Wonderful" not in manager.page
    rows = exports.rows(manager.get("/admin/feedback.csv"))
    assert {(row["Rating"], row["Comment"]) for row in rows} == {("5", "'=Wonderful"), ("2", "Too cold")}
    staff.get("/admin/feedback", 403)


def test_an_answer_is_given_once(manager, world, said):
    manager.get("/admin/feedback")
    path = re.search(r"/admin/feedback/\d+/reply", manager.page)[0]
    manager.send(path, 422, text=" ")
    manager.send(path, text="Thank you")
    assert len(world.outbox("feedback_reply")) == 1
    manager.get("/admin/feedback")
    assert "Your answer: Thank you" in words(manager.page)
    manager.send(path, 409, text="Again")


def test_only_what_the_customer_agreed_to_is_published(manager, world, said):
    manager.get("/admin/feedback")
    assert manager.page.count("/publish") == 1
    path = re.search(r"/admin/feedback/\d+/publish", manager.page)[0]
    manager.post(path, published="1")
    assert world.sql("select rating from feedback where published_at is not null") == [(5,)]
    bad = world.sql("select id from feedback where rating = 2")[0][0]
    manager.get("/admin/feedback")
    manager.post(f"/admin/feedback/{bad}/publish", 409, published="1")
    manager.get("/admin/feedback")
    manager.post(path, published="0")
    assert world.sql("select count(*) from feedback where published_at is not null") == [(0,)]
    manager.get("/admin/feedback")
    manager.post("/admin/feedback/77/reply", 404, text="x")

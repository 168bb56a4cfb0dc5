"""Switches and windows in mails: what is off vanishes, what is on stays as long as the mail is kept (A46, A112, A126, A134, R2)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.actions.manage_link import send_manage_link
from booking.actions.services import update_service
from booking.actions.stores import update_store
from messages import render_mail
from tests.support.world import MERCHANT, World, at, hours

MANAGE, MOVE = "Manage your booking", "Reschedule or change booking details"


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def mailed(world: World, topic: str = "booking_confirmed") -> tuple[str, str]:
    """(plain body, HTML body) of the newest mail of a topic."""
    mail = render_mail(topic, world.outbox(topic)[-1].payload, "opencals.com")
    return mail.text, mail.html


def shown(world: World, topic: str = "booking_confirmed") -> set[str]:
    """Which of the two elements the mail has; both bodies must agree."""
    found = [{element for element in (MANAGE, MOVE) if element in body} for body in mailed(world, topic)]
    assert found[0] == found[1]
    return found[0]


@pytest.mark.parametrize(("reschedule", "cancel", "elements"), [
    ("on", "on", {MANAGE, MOVE}), ("off", "on", {MANAGE}), ("on", "off", {MANAGE, MOVE}), ("off", "off", set())])
def test_elements_follow_the_services_switches(world, reschedule, cancel, elements):
    service = world.add_service("S", reschedule=reschedule, cancel=cancel)
    world.book(at(10, 15), service=service, staff=world.elena)
    assert shown(world) == elements
    text = mailed(world)[0]
    assert "/manage/" in text, "every confirmation carries the link (A46)"
    assert all(("View your booking" in body) != bool(elements) for body in mailed(world))
    assert ("Move until" in text) == (reschedule == "on") and ("Cancel until" in text) == (cancel == "on")


def test_the_stores_switch_counts_where_the_service_inherits(world):
    update_store(world.store_id, MERCHANT, reschedule=False, cancel=False)
    world.book(at(10, 15))
    assert shown(world) == set()


def test_a_switch_acts_on_the_next_mail(world):
    world.book(at(10, 15))
    assert shown(world) == {MANAGE, MOVE}
    update_service(world.store_id, MERCHANT, world.service, self_service="off")
    world.book(at(10, 17))
    assert shown(world) == set()


def test_a_booking_made_inside_the_window_still_gets_its_link(world):
    """A46: every confirmation. The page says what can no longer be done."""
    world.book(world.now + hours(5))
    assert shown(world) == {MANAGE, MOVE}


@pytest.mark.parametrize("self_service", ["on", "off"])
def test_the_link_sent_on_request_is_always_in_the_mail(world, self_service):
    """A105: a mail that says "here is the link" has one, whatever the switches and however late."""
    service = world.add_service("S", self_service=self_service)
    b = world.book(at(10, 15), service=service, staff=world.elena)
    world.set_clock(b.starts_at - timedelta(minutes=5))
    send_manage_link(world.store_id, MERCHANT, b.ref)
    text, html = mailed(world, "manage_link")
    link = world.outbox("manage_link")[-1].payload["manage_url"]
    assert link in text and link in html


def test_the_shops_mails_have_neither(world):
    world.book(at(10, 15))
    assert shown(world, "merchant_booking_created") == set()

"""Ending mails of one kind by their own link: a click on the page, or the mail program's one click (RFC 8058)."""

from __future__ import annotations

import pytest

from booking.actions.send_reminders import send_reminders
from messages.mail import compose
from messages.render import render_mail
from models.actor import SYSTEM
from tests.storefront.visitor import words
from tests.support.world import World, at, hours


@pytest.fixture
def reminder(world):
    b = world.book(at(10, 15))
    world.set_clock(b.starts_at - hours(24))
    send_reminders(world.store_id, SYSTEM)
    return world.outbox("reminder")[-1]


def path(reminder) -> str:
    return "/unsubscribe/" + reminder.payload["unsubscribe_url"].rpartition("/")[2]


def wanted(world: World) -> dict:
    return world.sql("select preferences from customers where store_id = opencals_store()")[0][0]


def test_headers_are_on_what_is_not_part_of_the_booking(world, reminder):
    mail = render_mail("reminder", reminder.payload, "x.example")
    message = compose(mail, sender="b@example.com", sender_name="Shop", reply_to=None, recipient="a@example.com", message_id="<1@x>",
                      unsubscribe=reminder.payload["unsubscribe_url"])
    assert message["List-Unsubscribe"] == f"<{reminder.payload['unsubscribe_url']}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert reminder.payload["unsubscribe_url"] in mail.html and reminder.payload["unsubscribe_url"] in mail.text
    assert "unsubscribe_url" not in world.outbox("booking_confirmed")[0].payload


def test_reading_the_page_changes_nothing_and_the_button_ends_it(visitor, reminder, contents):
    before = contents()
    visitor.get(path(reminder))
    assert contents() == before and "Stop mails of this kind?" in words(visitor.page)
    visitor.post(path(reminder), 200, token=False)
    assert wanted(visitor.world)["email"]["reminders"] is False and wanted(visitor.world)["email"]["transactional"] is True


def test_one_click_from_a_mail_program(visitor, reminder):
    answer = visitor.client.post(path(reminder), base_url=visitor.origin, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and wanted(visitor.world)["email"]["reminders"] is False
    assert visitor.client.post(path(reminder), base_url=visitor.origin, data={"List-Unsubscribe": "One-Click"}).status_code == 200


@pytest.mark.parametrize("change", [lambda p: p[:-1], lambda p: p + "A", lambda p: "/unsubscribe/x", lambda p: p.replace("/unsubscribe/", "/unsubscribe/x")])
def test_other_addresses_do_not_exist(visitor, reminder, change):
    visitor.get(change(path(reminder)), 404)
    visitor.post(change(path(reminder)), 404, token=False)


def test_another_shops_link_is_none_here(visitor, reminder, owner_url, app):
    other = World(owner_url)
    assert visitor.client.post(path(reminder), base_url=f"http://{other.slug}.localhost").status_code == 404

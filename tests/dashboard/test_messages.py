"""Settings > Messages: look, change, try, go back; what cannot be sent is said at its field (A126, I50)."""

from __future__ import annotations

import re

import pytest

from booking.actions.services import update_service
from booking.actions.templates import reset_template
from booking.templates import EDITABLE, VALUES
from messages import render_mail
from models.actor import SYSTEM
from shopify_app.dashboard.settings_messages import KINDS
from sync.outbox import Carrier, deliver
from tests.dashboard.colleague import Colleague
from tests.dashboard.forms import form_at
from tests.storefront.visitor import words
from tests.support.world import at

PATH = "/settings/messages/booking_confirmed/en"


class Post(Carrier):
    """Renders what would leave."""

    def __init__(self, settings) -> None:
        super().__init__(settings)
        self.mails = []

    def send(self, row):
        if row.channel == "email":
            self.mails.append((row.recipient, render_mail(row.topic, row.payload, "x.example")))


@pytest.fixture
def post(settings) -> Post:
    return Post(settings)


def subjects(post: Post, to: str) -> list[str]:
    return [mail.subject for recipient, mail in post.mails if recipient == to]


def test_every_message_a_shop_may_word_is_listed_in_every_language(manager):
    assert set(KINDS) == set(EDITABLE)
    manager.get("/admin/settings/messages")
    links = re.findall(r'href="/admin/settings/messages/(\w+)/(\w\w)" aria-label="([^"]*)"', manager.page)
    assert {(topic, code) for topic, code, _ in links} == {(topic, code) for topic in EDITABLE for code in ("en", "de", "fr", "es", "ar")}
    assert all(label.endswith("Standard") for _, _, label in links) and "How was your visit?" in words(manager.page)
    manager.fill("/settings/messages/reminder/de", subject="Bis bald")
    manager.get("/admin/settings/messages")
    assert 'aria-label="Booking reminder, Deutsch: Changed"' in manager.page and manager.page.count(": Changed") == 1


def test_staff_and_guests_stay_out_and_unknown_ones_do_not_exist(staff, nobody, manager):
    staff.get(f"/admin{PATH}", 403)
    nobody.get(f"/admin{PATH}", 303)
    for path in ("/settings/messages/sign_in_code/en", "/settings/messages/reminder/xx", f"{PATH}?version=7", f"{PATH}?version=99999999999999999"):
        manager.get(f"/admin{path}", 404)


def test_saved_words_go_out_and_reset_ends_them(manager, world, post):
    manager.fill(PATH, subject="Hello {customer_first_name}", body="You come on {date}.\n\n{manage_link}")
    assert "Saved." in manager.get(f"/admin{PATH}?done=saved").get_data(as_text=True)
    b = world.book(at(10, 15))
    deliver(world.store_id, post)
    mail = next(mail for to, mail in post.mails if to == "ada@example.com")
    assert mail.subject == "Hello Ada" and "You come on Wednesday, March 10, 2027." in mail.text and f"/manage/{b.ref}?token=" in mail.html
    manager.send(f"/admin{PATH}/reset")
    world.book(at(11, 15))
    deliver(world.store_id, post)
    assert subjects(post, "ada@example.com")[1] == "Confirmed: Massage, Thu, Mar 11, 2027, 10:00 AM EST"
    assert [(row.version, row.body is None) for row in world.sql("select version, body from message_templates order by version")] == [(1, False), (2, True)]


def test_what_cannot_be_sent_is_said_at_its_field_and_nothing_typed_is_lost(manager, world):
    manager.fill(PATH, 422, subject="{password}", heading=" ", body="Hello\n\nyou {service.__class__}", sms="x" * 301)
    for said in ("Line 1, column 1: {password} is not a placeholder of this message", "Please fill this in", "Line 3, column 5: after { comes the name",
                 "has more than 300 characters"):
        assert said in words(manager.page), said
    assert 'data-line="3" data-column="5"' in manager.page
    assert form_at(manager.page, f"/admin{PATH}")["body"] == ["Hello\n\nyou {service.__class__}"]
    assert world.sql("select * from message_templates") == []


def test_two_who_edit_at_once_see_both_versions(app, world, manager):
    owner = Colleague(app, world).sign_in("owner")
    manager.get(f"/admin{PATH}")
    owner.fill(PATH, subject="Theirs")
    owner.get(f"/admin{PATH}")
    manager.fill(PATH, 409, open=False, subject="Mine")
    text = words(manager.page)
    assert "Someone else saved this while you were typing" in text and "Subject Theirs Mine" in text
    manager.fill(PATH, open=False)
    assert world.sql("select subject from message_templates order by version desc")[0].subject == "Mine"
    owner.send(f"/admin{PATH}/reset", 409)
    assert "Subject Mine Confirmed: {service}, {when}" in words(owner.page)


def test_the_preview_is_a_real_booking_and_changes_nothing(manager, world):
    world.book(at(10, 15), email="first@example.com")
    chosen = world.book(at(12, 15), service=world.add_service("Yoga €"), staff=world.elena)
    before = len(world.outbox())
    manager.fill(PATH, 200, do="preview", booking=chosen.ref, subject="{service} for {customer_name}", sms="{service} {{now}} {manage_link}")
    text = words(manager.page)
    assert "Subject: Yoga € for Ada Archer" in text and "Harbor Massage: Yoga € {now} http" in text
    length = re.search(r"Sent as (\d) text message", text)
    assert length and length[1] == "1" and "Unicode" not in text
    manager.fill(PATH, 200, do="preview", sms="ş" * 80)
    assert "Sent as 2 text messages: 96 places of 134." in words(manager.page) and "Unicode, 70 to a message instead of 160: ş" in words(manager.page)
    manager.fill(PATH, 200, do="preview", body="{nothing}")
    assert "Body: Line 1, column 1: {nothing} is not a placeholder of this message" in words(manager.page)
    assert len(world.outbox()) == before and world.sql("select * from message_templates") == []
    assert manager.get(f"/admin{PATH}?booking=000000000000").status_code == 200


def test_the_frame_shows_the_mail_alone_and_its_links_lead_nowhere(manager, world):
    b = world.book(at(10, 15))
    update_service(world.store_id, SYSTEM, world.service, name="<script>alert(1)</script>")
    manager.get(f"/admin{PATH}")
    answer = manager.fill(PATH, 200, to=f"{PATH}/mail", subject="{service}")
    assert b.ref and "href=" not in manager.page and "<script" not in manager.page and "Manage your booking" in manager.page
    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox" in policy and "script-src" not in policy and "default-src 'none'" in policy and "frame-ancestors 'self'" in policy
    manager.get(f"/admin{PATH}")
    manager.fill(PATH, 404, to=f"{PATH}/mail", booking="000000000000")


def test_a_test_goes_to_oneself_and_saves_nothing(manager, world, post):
    manager.fill(PATH, 422, do="test")
    assert "There is no booking yet to show it with." in words(manager.page)
    world.book(at(10, 15))
    manager.fill(PATH, 200, do="test", subject="Try {service}")
    assert "A test is on its way to manager@example.com. Nothing is saved yet." in words(manager.page)
    deliver(world.store_id, post)
    assert subjects(post, "manager@example.com")[-1] == "Try Massage" and subjects(post, "ada@example.com") == ["Confirmed: Massage, Wed, Mar 10, 2027, 10:00 AM EST"]
    assert world.sql("select * from message_templates") == []


def test_versions_say_who_and_can_be_looked_at_and_restored(manager, world, app):
    for n in range(1, 13):
        manager.fill(PATH, subject=f"Number {n}")
    manager.get(f"/admin{PATH}")
    text = words(manager.page)
    assert "Sam Manager" in text and "In force" in text and "Older versions" in text
    manager.get(f"/admin{PATH}?before=3")
    assert "Look at version 2" in manager.page and "Look at version 3" not in manager.page
    manager.get(f"/admin{PATH}?version=2")
    assert "This is version 2. Nothing changes until you save it." in words(manager.page)
    assert form_at(manager.page, f"/admin{PATH}")["subject"] == ["Number 2"]
    manager.send(f"/admin{PATH}/restore/2")
    assert world.sql("select version, subject from message_templates order by version desc")[0] == (13, "Number 2")
    manager.get(f"/admin{PATH}")
    reset_template(world.store_id, SYSTEM, "booking_confirmed", "en")
    manager.send(f"/admin{PATH}/restore/3", 409)
    assert "Number 3" in manager.page and "In force" in words(manager.page)
    manager.send(f"/admin{PATH}/restore/99", 404)


def test_an_old_version_with_a_placeholder_that_is_gone_is_shown_where_it_can_be_mended(manager, world, monkeypatch):
    manager.fill(PATH, body="At {address}")
    manager.get(f"/admin{PATH}")
    manager.send(f"/admin{PATH}/reset")
    monkeypatch.delitem(VALUES, "address")
    manager.get(f"/admin{PATH}")
    manager.send(f"/admin{PATH}/restore/1", 422)
    assert "{address} is not a placeholder of this message" in words(manager.page) and form_at(manager.page, f"/admin{PATH}")["body"] == ["At {address}"]


def test_a_message_by_mail_only_has_no_sms(manager):
    manager.get("/admin/settings/messages/feedback_request/ar")
    assert 'name="sms"' not in manager.page.split('id="preview"')[0] and 'dir="rtl"' in manager.page

"""The editor of messages in a browser: from a changed word to the next mail and back, with scripts and without (A126)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from messages import render_mail
from sync.outbox import Carrier, deliver
from tests.browser.axe import serious
from tests.browser.test_dashboard_axe_diary import enter
from tests.support.world import at

PATH = "/admin/settings/messages/booking_confirmed/en"


class Post(Carrier):
    """Keeps the subjects that would leave to the customer."""

    def __init__(self, settings) -> None:
        super().__init__(settings)
        self.subjects = []

    def send(self, row):
        if row.channel == "email" and row.recipient == "ada@example.com":
            self.subjects.append(render_mail(row.topic, row.payload, "x.example").subject)


def frame(page: Page):  # noqa: ANN201
    return page.frame_locator("iframe[name=mail]")


@pytest.mark.parametrize("js", [True, False], ids=["script", "no-script"])
def test_save_the_next_mail_says_it_and_reset(world, visit, site, js):
    world.book(at(9, 15))
    post = Post(site)
    page = visit(world, js=js)
    enter(page, world)
    page.get_by_role("link", name="Settings").first.click()
    page.get_by_role("link", name="Messages").click()
    page.get_by_role("link", name="Booking confirmation, English: Standard").click()
    page.get_by_label("Subject").fill("See you {when}")
    if js:
        expect(page.get_by_label("Preview", exact=True)).to_contain_text("See you Tue, Mar 9, 2027, 10:00 AM EST")
    else:
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_label("Preview", exact=True)).to_contain_text("See you Tue, Mar 9, 2027, 10:00 AM EST")
        page.get_by_role("button", name="Show it as it looks").click()
    expect(frame(page).get_by_text("Manage your booking")).to_be_visible()
    assert frame(page).locator("a[href]").count() == 0
    assert world.sql("select * from message_templates") == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    world.book(at(10, 15))
    deliver(world.store_id, post)
    page.get_by_role("button", name="Back to the standard wording").click()
    expect(page.get_by_role("status")).to_contain_text("Back to the standard wording.")
    world.book(at(11, 15))
    deliver(world.store_id, post)
    assert post.subjects[1:] == ["See you Wed, Mar 10, 2027, 10:00 AM EST", "Confirmed: Massage, Thu, Mar 11, 2027, 10:00 AM EST"]
    page.get_by_role("button", name="Restore version 1").click()
    expect(page.get_by_label("Subject")).to_have_value("See you {when}")


def test_placeholders_by_a_click_where_the_cursor_was(world, visit):
    world.book(at(9, 15))
    page = visit(world)
    enter(page, world)
    page.goto(PATH)
    subject, body = page.get_by_label("Subject"), page.locator("#f-body")
    subject.fill("For  today")
    subject.evaluate("field => field.setSelectionRange(4, 4)")
    page.get_by_role("button", name="{service}").click()
    expect(subject).to_have_value("For {service} today")
    expect(subject).to_be_focused()
    body.fill("Dear you,\nsee you soon.")
    body.evaluate("field => field.setSelectionRange(9, 9)")
    page.get_by_role("button", name="{booking_details}").click()
    expect(body).to_have_value("Dear you,\n\n{booking_details}\n\nsee you soon.")
    subject.click()
    page.get_by_role("button", name="{policy}").click()
    expect(subject).to_have_value("For {service} today")
    expect(body).to_have_value("Dear you,\n\n{booking_details}\n\n{policy}\n\nsee you soon.")
    sms = page.locator("#f-sms")
    sms.fill("Soon ")
    page.get_by_role("button", name="{manage_link}").click()
    expect(sms).to_have_value("Soon {manage_link}")
    expect(page.get_by_label("Preview", exact=True)).to_contain_text("For Massage today")
    expect(page.get_by_label("Preview", exact=True)).to_contain_text("Sent as 1 text message")


def test_a_mistake_is_found_with_the_cursor_and_readable(world, visit):
    world.book(at(9, 15))
    page = visit(world, width=375, scheme="dark")
    enter(page, world)
    page.goto(PATH)
    page.locator("#f-body").fill("Dear you,\n\nsee {nothing} soon")
    expect(page.get_by_label("Preview", exact=True)).to_contain_text("ine 3, column 5: {nothing} is not a placeholder of this message")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert serious(page) == []
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.locator("#f-body")).to_be_focused()
    assert page.locator("#f-body").evaluate("field => field.value.slice(field.selectionStart, field.selectionStart + 9)") == "{nothing}"


def test_what_someone_else_saved_is_shown_beside_ones_own(world, visit):
    page = visit(world)
    enter(page, world)
    page.goto(PATH)
    other = page.context.new_page()
    other.goto(PATH)
    other.get_by_label("Subject").fill("Theirs")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_role("status")).to_contain_text("Saved.")
    page.get_by_label("Subject").fill("Mine")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Someone else saved this while you were typing")
    expect(page.get_by_role("row", name="Subject Theirs Mine")).to_be_visible()
    assert serious(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    assert [row.subject for row in world.sql("select subject from message_templates order by version")] == ["Theirs", "Mine"]

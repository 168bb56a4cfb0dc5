"""From sign-in to a cancelled booking, with and without JavaScript, on a phone and on a desk (A4, A58, A82, A118, R46)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from booking.links import manage_path
from tests.browser.steps import pick_time, sign_in
from tests.support.world import at

WIDTHS = pytest.mark.parametrize("width", [375, 1280])
SCRIPTS = pytest.mark.parametrize("js", [True, False], ids=["script", "no-script"])


@WIDTHS
@SCRIPTS
def test_sign_in_look_move_and_cancel(world, visit, width, js):
    b = world.book(at(10, 15), paid=2500)
    world.take_cards()
    page = visit(world, width=width, js=js)
    sign_in(page, world)
    page.get_by_role("link", name="Calendar", exact=True).click()
    expect(page.get_by_role("heading", name="March 2027")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Massage").locator("visible=true").first.click()
    expect(page.get_by_role("heading", name="Massage", level=1)).to_be_visible()
    expect(page.get_by_text("You can change this until Tue, Mar 9, 2027, 10:00 AM EST.")).to_be_visible()

    page.get_by_role("link", name="Reschedule").click()
    expect(page.locator("dialog[open]")).to_have_count(1 if js else 0)
    pick_time(page, "Thursday, March 11, 2027", "Thu, Mar 11, 2027, 11:00 AM EST")
    assert world.read(b.ref).starts_at == at(10, 15)
    page.get_by_role("button", name="Confirm Booking").click()
    expect(page.get_by_role("status")).to_contain_text("Your booking is now on Thu, Mar 11, 2027, 11:00 AM EST.")
    assert world.read(b.ref).starts_at == at(11, 16)

    page.get_by_role("link", name="Cancel booking").click()
    expect(page.get_by_role("heading", name="What happens to your money")).to_be_visible()
    expect(page.get_by_text("You'll be refunded $25 to the card you paid with")).to_be_visible()
    page.get_by_label("Reason (optional)").fill("Ill")
    page.get_by_role("button", name="Cancel booking").click()
    expect(page.get_by_role("status")).to_contain_text("You'll be refunded $25 to the card you paid with")
    assert world.read(b.ref).status == "cancelled"
    page.get_by_role("link", name="All your bookings").click()
    expect(page.get_by_text("You have no upcoming bookings.")).to_be_visible()


@pytest.mark.parametrize(("width", "js"), [(375, True), (1280, False)])
def test_the_link_moves_and_cancels_without_login(world, visit, width, js):
    b = world.book(at(10, 15))
    page = visit(world, width=width, js=js)
    page.goto(manage_path(b))
    expect(page.get_by_text("a•••@example.com")).to_be_visible()
    page.get_by_role("link", name="Reschedule").click()
    pick_time(page, "Friday, March 12, 2027", "Fri, Mar 12, 2027, 9:00 AM EST")
    page.get_by_role("button", name="Confirm Booking").click()
    expect(page.get_by_role("status")).to_contain_text("Fri, Mar 12, 2027, 9:00 AM EST")
    page.get_by_role("link", name="Cancel booking").click()
    page.get_by_role("button", name="Cancel booking").click()
    expect(page.get_by_role("status")).to_contain_text("Your booking is cancelled")
    page.get_by_role("link", name="See all your bookings").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_guest_books(world, visit):
    page = visit(world, width=375, js=False)
    page.goto("/book")
    page.get_by_role("link", name="Massage", exact=True).click()
    page.get_by_label("With").select_option(label="Tom Okonkwo, Harbor Street")
    page.get_by_role("button", name="Show times").click()
    page.get_by_role("link", name="Next month").click()
    expect(page.get_by_role("heading", name="April 2027")).to_be_visible()
    page.get_by_role("link", name="Friday, April 2, 2027").click()
    page.get_by_role("radio", name="Fri, Apr 2, 2027, 2:00 PM EDT").check(force=True)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name").fill("Bea")
    page.get_by_label("E-mail address").fill("bea@example")
    page.get_by_role("button", name="Confirm Booking").click()
    expect(page.get_by_role("alert")).to_contain_text("Please enter an e-mail address")
    page.get_by_label("E-mail address").fill("bea@example.com")
    page.get_by_role("button", name="Confirm Booking").click()
    expect(page.get_by_role("status")).to_contain_text("You are booked")
    expect(page.get_by_text("Tom Okonkwo")).to_be_visible()


def test_a_time_taken_meanwhile_is_said_first_and_the_picker_is_there_again(world, visit):
    b = world.book(at(10, 15))
    page = visit(world)
    page.goto(manage_path(b))
    page.get_by_role("link", name="Reschedule").click()
    pick_time(page, "Friday, March 12, 2027", "Fri, Mar 12, 2027, 9:00 AM EST")
    world.book(at(12, 14), email="bea@example.com")
    page.get_by_role("button", name="Confirm Booking").click()
    expect(page.get_by_role("alert")).to_contain_text("Your booking has not changed.")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("radio").first).to_be_attached()


def test_someone_far_away_sees_a_second_line_in_their_own_time(world, visit):
    b = world.book(at(10, 15))
    for zone, line in (("Europe/Berlin", "Where you are: Wed, Mar 10, 2027, 4:00 PM GMT+1"), ("America/Toronto", None)):
        page = visit(world, zone=zone)
        page.goto(manage_path(b))
        shown = page.locator("[data-your-time]")
        expect(shown).to_have_text(line) if line else expect(shown).to_be_hidden()


def test_the_visitors_own_time_stands_in_the_dialog_too(world, visit):
    """R13: where the new time is confirmed."""
    b = world.book(at(10, 15))
    page = visit(world, zone="Europe/Berlin")
    page.goto(manage_path(b))
    page.get_by_role("link", name="Reschedule").click()
    pick_time(page, "Thursday, March 11", "Thu, Mar 11, 2027, 9:30 AM EST")
    expect(page.get_by_role("dialog").get_by_text("Where you are: Thu, Mar 11, 2027, 3:30 PM GMT+1")).to_be_visible()

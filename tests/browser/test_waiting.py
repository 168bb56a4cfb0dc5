"""Counter-offers and the waitlist in a browser: one tap from the mail, wishes by keyboard, every page named and readable (A63, A67, A93-A95, R46)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from booking.actions.cancel_booking import cancel_booking
from booking.actions.decline_booking import decline_booking
from booking.actions.make_offers import Proposal, make_offers
from booking.actions.services import update_service
from booking.actions.wait_again import wait_again
from booking.again import again_path
from booking.links import manage_path
from models.actor import Actor
from tests.browser.test_reach import look, press_until
from tests.support.world import MERCHANT, at
from tests.waitlist.line import serve, wait

GUEST = Actor("customer", "account")


def requested(world):
    update_service(world.store_id, MERCHANT, world.service, policy={"approval": "manual"})
    b = world.book(at(9, 15), by=GUEST)
    make_offers(world.store_id, MERCHANT, b.ref, [Proposal(at(11, 15)), Proposal(at(12, 15)), Proposal(at(11, 17), world.tom)])
    return b


def offered(world):
    b = wait(world, weekdays=[1, 2], bands=["morning"])
    other = world.book(at(10, 15), email="x@example.com")
    cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
    serve(world)
    return b


def mailed(world, topic: str, part: str) -> str:
    """The path of a link of the newest mail."""
    payload = world.outbox(topic)[-1].payload
    url = payload["offer"][part] if topic == "earlier_slot" else payload["offers"][1][part]
    return "/" + url.split("/", 3)[3]


@pytest.mark.parametrize(("width", "js"), [(375, True), (1280, False)])
def test_from_the_mail_to_a_confirmed_booking_in_one_tap(world, visit, width, js):
    b = requested(world)
    page = visit(world, width=width, js=js)
    page.goto(mailed(world, "counter_offer", "url"))
    expect(page.get_by_role("radio", name="Fri, Mar 12, 2027, 10:00 AM EST, with Elena Marsh")).to_be_checked()
    page.get_by_role("button", name="Accept this time").click()
    expect(page.get_by_role("status")).to_contain_text("Your booking is now on Fri, Mar 12, 2027, 10:00 AM EST.")
    assert world.read(b.ref).starts_at == at(12, 15)


def test_a_script_that_opens_every_link_of_the_mails_changes_nothing(world, visit):
    """D1-D5: mail scanners run scripts too."""
    b = offered(world)
    page = visit(world)
    for part in ("url", "refuse_url", "stop_url", "entry_url"):
        page.goto(mailed(world, "earlier_slot", part))
        page.wait_for_load_state("networkidle")
    assert world.read(b.ref).version == 1 and world.sql("select state from waitlist_offers") == [("open",)]
    assert world.sql("select state from waitlist_entries") == [("waiting",)]


@pytest.mark.parametrize(("width", "js"), [(375, False), (1280, True)])
def test_an_earlier_time_from_the_mail(world, visit, width, js):
    b = offered(world)
    page = visit(world, width=width, js=js)
    page.goto(mailed(world, "earlier_slot", "url"))
    expect(page.get_by_role("heading", name="An earlier time has become free")).to_be_visible()
    page.get_by_role("button", name="Take this time").click()
    expect(page.get_by_role("status")).to_contain_text("Your booking is now on Wed, Mar 10, 2027, 10:00 AM EST.")
    assert world.read(b.ref).starts_at == at(10, 15)


def turned_down(world, email: str = "ada@example.com", day: int = 10):
    """A request for 10 AM that the shop declines, and whose customer is told where to wait for that time."""
    update_service(world.store_id, MERCHANT, world.service, policy={"approval": "manual"})
    return decline_booking(world.store_id, MERCHANT, world.book(at(day, 15), by=GUEST, email=email).ref).booking


def freed(world, day: int = 10) -> None:
    taken = world.book(at(day, 15), email="winner@example.com")
    cancel_booking(world.store_id, MERCHANT, taken.ref, override=True)
    serve(world)


@pytest.mark.parametrize(("width", "js"), [(375, True), (1280, False)])
def test_the_time_of_a_declined_request_from_the_mail_to_the_request_anew(world, visit, width, js):
    turned_down(world)
    page = visit(world, width=width, js=js)
    page.goto("/" + world.outbox("approval_refused")[-1].payload["again_url"].split("/", 3)[3])
    page.get_by_role("button", name="Tell me when it becomes free").click()
    expect(page.get_by_role("status")).to_contain_text("You are on the waitlist")
    freed(world)
    page.goto(mailed(world, "earlier_slot", "url"))
    expect(page.get_by_role("heading", name="Your time has become free")).to_be_visible()
    page.get_by_role("button", name="Take this time").click()
    expect(page.get_by_role("status")).to_contain_text("Your request for Wed, Mar 10, 2027, 10:00 AM EST is with Harbor Massage.")
    assert world.sql("select status from bookings where closed_at is null") == [("pending",)]


def test_the_wishes_by_keyboard_alone(world, visit):
    b = world.book(at(29, 15))
    page = visit(world, js=False)
    page.goto(manage_path(b))
    press_until(page, "Tab", "a[href*='/waitlist']")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Earlier times", level=1)).to_be_visible()
    press_until(page, "Tab", "input[name=day][value='0']")
    page.keyboard.press("Space")
    press_until(page, "Tab", "input[name=band][value=evening]")
    page.keyboard.press("Space")
    press_until(page, "Tab", "button.full")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Your wishes are saved.")
    assert world.sql("select weekdays, bands from waitlist_entries") == [(0b1111110, ["morning", "afternoon"])]


def test_every_page_has_names_contrast_and_room(world, visit):
    b, far = requested(world), world.book(at(30, 17), email="bea@example.com")
    update_service(world.store_id, MERCHANT, world.service, policy={"approval": "automatic"})
    waits = offered(world)
    yoga = world.add_service("Yoga", capacity=2, staff=[world.elena])
    date = world.session(yoga, at(12, 20), 2)
    world.book(at(12, 20), email="yogi@example.com", service=yoga, seats=2)
    page = visit(world)
    paths = [manage_path(b), manage_path(b, action="accept", offer=2), manage_path(b, action="accept", offer=9), manage_path(far),
             manage_path(far).replace("?", "/waitlist?"), manage_path(waits), manage_path(waits).replace("?", "/waitlist?"),
             *(mailed(world, "earlier_slot", part) for part in ("url", "refuse_url", "stop_url", "entry_url")), f"/book/{yoga}", f"/book/{yoga}/waitlist/{date}"]
    asked, other = (turned_down(world, email, 18) for email in ("cy@example.com", "di@example.com"))
    wait_again(world.store_id, world.holder(asked), asked.ref)
    freed(world, 18)
    paths += [again_path(other), manage_path(asked), manage_path(other), *(mailed(world, "earlier_slot", part) for part in ("url", "refuse_url", "stop_url"))]
    assert look(page, paths, ("light", "dark")) == []

"""The diary's screens in a browser: axe, the keyboard alone, dragging, and staying up to date (A131, R46)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from booking.actions.blocks import create_block
from booking.actions.cancel_booking import cancel_booking
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.stores import create_user
from models.actor import SYSTEM, Actor
from tests.browser.axe import serious
from tests.support.world import MERCHANT, World, at
from tests.waitlist.line import wait

STYLE = Path(__file__).parents[2] / "shopify_app" / "dashboard" / "static" / "dashboard.css"


def enter(page: Page, world: World, role: str = "owner") -> None:
    """Sign in to the dashboard with the mailed code."""
    email = f"{role}@example.com"
    create_user(world.store_id, SYSTEM, email=email, name=f"Sam {role.title()}", role=role)
    page.goto("/admin/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send the code").click()
    expect(page.get_by_role("heading", name="Enter the code")).to_be_visible()
    code = [row for row in world.outbox("sign_in_code") if row.recipient == email][-1].payload["code"]
    page.get_by_label("Six-digit code").fill(code)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()


@pytest.fixture
def full(world):
    """A shop with something on every screen."""
    made = [world.book(at(1, 15), paid=2500), world.book(at(1, 15, 30), email="b@example.com", override=True), world.book(at(3, 15), email="c@example.com")]
    world.book(at(9, 15), service=world.add_service("Consultation", policy={"approval": "manual"}), by=Actor("customer", "account"), email="w@example.com")
    service = world.add_service("Yoga", capacity=6, staff=[world.elena])
    world.session(service, at(1, 20), capacity=6)
    world.book(at(1, 20), service=service, staff=world.elena, email="d@example.com", seats=2)
    owed = world.book(at(9, 18), paid=2500, method="cash", email="o@example.com")
    cancel_booking(world.store_id, MERCHANT, owed.ref, refund="full")
    create_block(world.store_id, MERCHANT, staff_id=world.tom, starts_at=at(1, 19), ends_at=at(1, 21), reason="School")
    wait(world, at(29, 15), email="early@example.com", weekdays=[0])
    return made


def paths(world: World, b) -> list[str]:  # noqa: ANN001
    other = world.sql("select id from customers where email = 'c@example.com'")[0][0]
    return ["", "/calendar?date=2027-03-01", "/calendar?view=week&date=2027-03-01", "/calendar?view=month&date=2027-03-01", "/bookings?staff=1",
            "/bookings", f"/bookings/{b.ref}", f"/bookings/{b.ref}/move", f"/bookings/{b.ref}/move?date=2027-03-02&time=22:00", f"/bookings/{b.ref}/cancel",
            f"/bookings/{b.ref}/charge", "/bookings/new", f"/bookings/new?service={world.service}", f"/bookings/new?service={world.service}&date=2027-03-05&time=22:00&who=ada",
            "/customers", f"/customers/{b.customer_id}", f"/customers/{b.customer_id}/edit", f"/customers/{b.customer_id}/merge?q=ada",
            f"/customers/{b.customer_id}/merge/{other}", "/approvals", "/refunds", "/disputes", "/withdrawals", "/waitlist", "/waitlist?show=over", "/conflicts", "/feedback", "/insights",
            "/audit?check=1", f"/customers/{b.customer_id}/erase"]


def looked_at(page: Page, path: str, *, dark: bool) -> list[str]:
    """What is wrong with a screen, loaded once: axe at 1280 px, its width at 320 and 768 px in the dark, there with axe too where asked."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")  # so that no colour is caught half way
    page.goto(f"/admin{path}")
    problems = serious(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    for width in (320, 768):
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems.append(f"wider than {width}")
        problems += [f"dark at {width}: {line}" for line in (serious(page) if dark else [])]
    return [f"{path}: {problem}" for problem in problems]


def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(world, visit, full):
    page = visit(world)
    enter(page, world)
    colourful = ("", f"/bookings/{full[0].ref}")
    assert [problem for path in paths(world, full[0]) for problem in looked_at(page, path, dark=path in colourful)] == []


def test_the_walk_sees_what_is_wrong(world, visit):
    """A guard on the guard: faint in the light, faint in the dark, wider than a telephone."""
    page = visit(world)
    enter(page, world)
    wrong = "p, label { color: #ccc } h1 { width: 700px } @media (prefers-color-scheme: dark) { p, label { color: #444 } }"
    page.route("**/dashboard.css*", lambda route: route.fulfill(body=STYLE.read_text() + wrong, content_type="text/css"))
    found = looked_at(page, "/services/new", dark=True)
    for line, expected in zip(found, ("serious color-contrast", "wider than 320", "dark at 320: serious color-contrast", "dark at 768: serious color-contrast"), strict=True):
        assert line.startswith(f"/services/new: {expected}"), found


def focused(page: Page) -> str:
    return page.evaluate("(document.activeElement.getAttribute('aria-label') || document.activeElement.textContent || '').trim()")


def tab_to(page: Page, text: str, most: int = 80) -> None:
    """Press Tab until what is focused says `text`."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if re.search(text, focused(page)):
            return
    raise AssertionError(f"{text!r} cannot be reached with the keyboard")


def test_a_booking_is_moved_and_cancelled_by_keyboard_alone(world, visit):
    b = world.book(at(10, 15))
    page = visit(world)
    enter(page, world)
    tab_to(page, "^Bookings$")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Bookings", level=1)).to_be_visible()
    tab_to(page, "Wed, Mar 10, 10:00 AM")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ada Archer")).to_be_visible()
    tab_to(page, "^Move$")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Move to another time")).to_be_visible()
    tab_to(page, "Wed, Mar 10, 2027, 11:00 AM EST")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Confirm the move")).to_be_visible()
    tab_to(page, "^Move$")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Moved.")
    assert world.read(b.ref).starts_at == at(10, 16)
    tab_to(page, "^Cancel$")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cancel the booking")).to_be_visible()
    tab_to(page, "^Cancel the booking$")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Cancelled.")
    assert world.read(b.ref).status == "cancelled"


def test_dragging_leads_to_the_same_confirmation(world, visit):
    b = world.book(at(10, 15))
    page = visit(world)
    enter(page, world)
    page.goto("/admin/calendar?date=2027-03-10")
    target = page.locator(f'ol[data-staff="{world.tom}"]')
    height = target.bounding_box()["height"]
    # From 10 AM at Elena's to 2 PM at Tom's: six hours below the top of a grid that begins at eight; gripped in the middle.
    page.locator(f'a[href$="{b.ref}"]').drag_to(target, target_position={"x": 40, "y": height * 6.5 / 10}, source_position={"x": 20, "y": 30})
    expect(page.get_by_role("heading", name="Confirm the move")).to_be_visible()
    expect(page.get_by_text("Wed, Mar 10, 2027, 2:00 PM EST, Tom Okonkwo")).to_be_visible()
    assert world.read(b.ref).starts_at == at(10, 15)
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Moved.")
    assert (world.read(b.ref).starts_at, world.read(b.ref).staff_id) == (at(10, 19), world.tom)


def test_a_click_on_empty_time_begins_a_booking_there(world, visit):
    page = visit(world)
    enter(page, world, "staff")
    page.goto("/admin/calendar?date=2027-03-10")
    column = page.locator(f'ol[data-staff="{world.elena}"]')
    column.click(position={"x": 40, "y": column.bounding_box()["height"] * 3 / 10 + 2})
    page.get_by_role("link", name="Massage", exact=True).click()
    expect(page.get_by_text("Wed, Mar 10, 2027, 11:00 AM EST · Elena Marsh")).to_be_visible()


def test_the_calendar_follows_what_customers_do(world, visit):
    b = world.book(at(10, 15))
    page = visit(world)
    enter(page, world)
    page.clock.install()
    page.goto("/admin/calendar?date=2027-03-10")
    expect(page.get_by_text("10:00 AM Ada Archer")).to_be_visible()
    page.clock.fast_forward(4_000)
    page.wait_for_timeout(400)
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(10, 18))
    page.clock.fast_forward(16_000)
    expect(page.get_by_text("1:00 PM Ada Archer")).to_be_visible()

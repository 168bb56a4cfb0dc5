"""Inside the Shopify account: the built extension in a frame without origin, against the real application (A24-A29)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import FrameLocator, Page, expect

from booking.links import manage_path
from sandbox.shopify.shop import Shop
from sandbox.shopify.site import Shopify
from sandbox.shopify_account.pages import blueprint
from tests.browser.conftest import loopback, serving
from tests.support.shopify import ADA, KEY, SECRET, ShopWorld
from tests.support.world import at

RUN = Path(__file__).parents[2] / "extensions" / "run.py"
NO_NODE = 3


@pytest.fixture(scope="module")
def settings(settings):  # noqa: ANN001, ANN201
    return replace(settings, shopify_api_key=KEY, shopify_api_secret=SECRET)


@pytest.fixture(scope="session")
def bundles() -> None:
    code = subprocess.call([sys.executable, str(RUN), "build"])
    if code == NO_NODE and not os.environ.get("CI"):
        pytest.skip("Node.js is needed to build the extensions")
    assert code == 0


@pytest.fixture(scope="module")
def account(site, bundles) -> Iterator[tuple[Shopify, str]]:
    """The sandbox's customer account, and where it answers."""
    shopify = Shopify(KEY, SECRET, {}, base="")
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(blueprint(shopify, f"http://127.0.0.1:{site.port}"))
    with loopback() as at, serving(app, at):
        yield shopify, "http://127.0.0.1:{1}/shopify/account".format(*at.getsockname())


@pytest.fixture
def world(site, owner_url) -> ShopWorld:
    return ShopWorld(owner_url)


@pytest.fixture
def enter(account, world, visit) -> Callable[..., tuple[Page, FrameLocator]]:
    """`enter(page="bookings", ...)`: Ada in her account; the window and the first extension on it."""
    shopify, url = account
    shop = shopify.adopt(Shop(world.shop, 1, "Harbor Massage", "USD", "America/New_York", "shop@example.com", installed=True))
    shop.customers[ADA] = {"id": ADA, "firstName": "Ada", "lastName": "Archer", "email": "ada@example.com"}

    def opened(width: int = 1280, **query: str) -> tuple[Page, FrameLocator]:
        page = visit(world, width=width)
        page.clock.set_fixed_time(world.now)
        page.goto(f"{url}?store={world.shop}" + "".join(f"&{name}={value}" for name, value in query.items()))
        return page, page.frame_locator("iframe").first

    return opened


@pytest.mark.parametrize("width", [375, 1280])
def test_move_in_the_account_and_see_it_on_the_portal(world, enter, visit, width):
    b = world.sold(at(10, 15), paid=2500)
    page, account = enter(width)
    expect(account.get_by_role("heading", name="Your bookings")).to_be_visible()
    account.get_by_role("link", name="Details of Massage, Wed, Mar 10").click()
    expect(account.get_by_text("You can change this until Tue, Mar 9, 2027, 10:00 AM EST.")).to_be_visible()
    account.get_by_role("link", name="Reschedule").click()
    account.get_by_role("button", name="Thursday, March 11, 2027").click()
    # The day's own times, not those of the day shown before it.
    expect(account.get_by_role("heading", name="Thursday, March 11")).to_be_visible()
    account.get_by_role("radio", name="11:00 AM").check()
    expect(account.get_by_text("New: Thursday, March 11, 2027, 11:00 AM")).to_be_visible()
    assert world.read(b.ref).starts_at == at(10, 15)
    account.get_by_role("button", name="Confirm Booking").click()
    expect(page.get_by_role("status")).to_have_text("Your booking is now on Thu, Mar 11, 2027, 11:00 AM EST")
    assert world.read(b.ref).starts_at == at(11, 16)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    portal = visit(world, width=width)
    portal.goto(manage_path(world.read(b.ref)))
    expect(portal.get_by_text("Thu, Mar 11, 2027, 11:00 AM EST").first).to_be_visible()


def test_cancel_on_the_portal_and_see_it_in_the_account(world, enter, visit):
    b = world.sold(at(10, 15), paid=2500)
    world.take_cards()
    page, account = enter()
    expect(account.get_by_role("link", name="Cancel Massage")).to_be_visible()
    portal = visit(world)
    portal.goto(manage_path(b))
    portal.get_by_role("link", name="Cancel booking").click()
    portal.get_by_role("button", name="Cancel booking").click()
    expect(portal.get_by_role("status").first).to_contain_text("Your booking is cancelled")

    page.reload()
    expect(account.get_by_text("You have no upcoming bookings.")).to_be_visible()
    expect(account.get_by_role("heading", name="Past")).to_be_visible()
    account.get_by_role("link", name="Details of Massage").click()
    expect(account.get_by_text("You'll be refunded $25 to the card you paid with").first).to_be_visible()
    expect(account.get_by_role("link", name="Reschedule")).to_have_count(0)


def test_cancel_in_the_account_as_quoted(world, enter):
    b = world.sold(at(10, 15), paid=2500)
    world.take_cards()
    page, account = enter(375, page="orders")
    expect(account.get_by_role("heading", name="Your next bookings")).to_be_visible()
    account.get_by_role("link", name="Open Massage").click()
    account.get_by_role("link", name="Cancel booking").click()
    expect(account.get_by_text("You'll be refunded $25 to the card you paid with")).to_be_visible()
    account.get_by_label("Reason (optional)").fill("Ill")
    account.get_by_role("button", name="Cancel booking").click()
    expect(page.get_by_role("status")).to_have_text("Your booking is cancelled")
    assert (world.read(b.ref).status, world.read(b.ref).cancel_reason) == ("cancelled", "Ill")


def test_a_visitor_by_mail_sees_a_hint_and_no_data(world, enter):
    world.sold(at(10, 15))
    page, account = enter(page="order", signed_in="0")
    expect(account.get_by_text("Sign in to see your bookings.")).to_be_visible()
    account.get_by_role("button", name="Sign in").click()
    expect(account.get_by_text("Massage")).to_be_visible()


def test_the_menu_of_an_order_leads_to_its_booking(world, enter):
    b = world.sold(at(10, 15))
    world.bought(b, "gid://shopify/Order/5001")
    page, account = enter(375, page="order", order="gid://shopify/Order/5001")
    expect(account.get_by_role("link", name="Open Massage")).to_be_visible()
    page.frame_locator("iframe").nth(1).get_by_role("button", name="Change a booking").click()
    page.frame_locator("dialog iframe").get_by_role("link", name="Reschedule Massage").click()
    expect(account.get_by_role("heading", name="Choose a new time")).to_be_visible()


def test_every_page_in_another_language_without_a_missing_text(world, enter):
    """All languages have the same texts (tests/account/test_extension_files.py); here none is asked for that is not there."""
    b = world.sold(at(29, 15), paid=2500)
    page, account = enter(language="de")
    expect(account.get_by_role("heading", name="Ihre Buchungen")).to_be_visible()
    for path, heading in (("/calendar", "Ihre Buchungen"), (f"/bookings/{b.ref}", "Massage"), (f"/bookings/{b.ref}/reschedule", "Neue Zeit wählen"),
                          (f"/bookings/{b.ref}/cancel", "Diese Buchung absagen?"), (f"/bookings/{b.ref}/waitlist", "Früherer Termin"),
                          ("/profile", "Profil und Nachrichten")):
        account.locator("body").evaluate("(_, path) => navigation.navigate(path)", path)
        expect(account.get_by_role("heading", name=heading, level=1)).to_be_visible()
        expect(account.locator("s-section").first).to_be_visible()
    assert page.frames[1].evaluate("window.missingTexts ?? []") == []

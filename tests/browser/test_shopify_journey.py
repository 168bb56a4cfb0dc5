"""The whole way in one browser: installed from the admin, a policy set in its frame, an order placed, the booking in the account, moved
there, seen moved on the portal (signed in with Shopify) and in the admin, cancelled on the portal, seen in the account (A24-A29)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import FrameLocator, Page, expect

from app import create_app
from booking.actions.locations import create_location
from booking.actions.services import create_service
from booking.actions.staff import create_staff
from models.actor import SYSTEM
from models.session import database, reading
from sandbox.shopify import admin
from sandbox.shopify.deliveries import Deliveries
from sandbox.shopify.orders import add_product
from sandbox.shopify.schema import admin_schema
from sandbox.shopify.shop import Shop
from sandbox.shopify.site import Shopify
from sandbox.shopify_account.pages import blueprint as account
from settings import Settings
from sync.shopify.engine import sync_shop
from tests.browser.conftest import PATIENCE_MS, loopback, serving
from tests.browser.steps import Held
from tests.browser.test_shopify_account import bundles
from tests.support.shopify import KEY, SECRET
from tests.support.world import NOW, OPEN, set_clock

__all__ = ("bundles",)
SHOTS = os.environ.get("SHOTS")
"""A folder for a picture of every step, for people who want to look."""
SHOP = "harbor-journey.myshopify.com"


@dataclass
class Around:
    """The application with its Shopify beside it; `work` does what the workers would do by now."""

    settings: Settings
    shopify: Shopify
    shop: Shop
    over_there: str
    deliveries: Deliveries

    def store_id(self) -> int:
        found = database().store_for_shop(SHOP)
        assert found is not None
        return found

    def work(self) -> None:
        """Every webhook is delivered, and everything due between the two is settled."""
        for _ in range(100):
            if not self.deliveries.waiting and all(told["statuses"] for told in self.deliveries.told):
                break
            time.sleep(0.1)
        for _ in range(5):
            sync_shop(self.store_id(), self.settings)

    def read(self, statement: str) -> list[Any]:
        with reading(self.store_id()) as tx:
            return tx.db.exec_driver_sql(statement).all()


@pytest.fixture(scope="module")
def around(settings, db, bundles) -> Iterator[Around]:
    set_clock(settings.owner_database_url, NOW)
    admin_schema()  # read before the first call needs it
    here, beside = loopback(), loopback()
    portal, over_there = ("http://127.0.0.1:{1}".format(*at.getsockname()) for at in (here, beside))
    settings = replace(
        settings, port=here.getsockname()[1], shopify_api_key=KEY, shopify_api_secret=SECRET, shopify_api_base=over_there + "/shopify/api/{shop}",
        shopify_accounts_base=over_there + "/shopify/accounts/{host}", shopify_bridge_url=over_there + "/shopify/app-bridge.js",
        sandbox_url=over_there, sms_url=None)
    deliveries = Deliveries(portal, SECRET)
    shop = Shop(SHOP, 61_000_777, "Harbor Massage", "USD", "America/New_York", "shop@example.com", owner=("mara@example.com", "Mara Quinn"))
    shopify = Shopify(KEY, SECRET, {SHOP: shop}, base=over_there, deliveries=deliveries, now=lambda: NOW)
    sandbox = Flask("sandbox.server", static_folder=None)
    site = shopify.blueprint()
    admin.install(site, shopify, portal)
    sandbox.register_blueprint(site)
    sandbox.register_blueprint(account(shopify, portal))
    with here, beside, serving(create_app(settings), here), serving(sandbox, beside):
        yield Around(settings, shopify, shop, over_there, deliveries)
        deliveries.stop()
    set_clock(settings.owner_database_url, None)
    database().engine.dispose()


@pytest.fixture
def window(chromium) -> Iterator[Callable[..., Page]]:
    """A page of the one browser. Failing scripts and what a CSP blocks fail the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1000}, locale="en-US", timezone_id="America/New_York")
    context.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []

    def opened(width: int = 1280) -> Page:
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 1000})
        page.clock.set_fixed_time(NOW)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        return page

    yield opened
    context.close()
    assert not faults, faults


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.bring_to_front()  # a tab behind others is painted late
        page.wait_for_timeout(500)  # what fades in is there
        page.screenshot(path=Path(SHOTS) / f"journey-{name}-{page.viewport_size['width']}.png")


def catalogue(store_id: int) -> None:
    """Somewhere to go and somebody who gives a massage."""
    place = create_location(store_id, SYSTEM, name="Harbor Street", address="48 Harbor Street", zone="America/New_York").facts["id"]
    person = create_staff(store_id, SYSTEM, name="Elena Marsh", location_id=place, hours=OPEN, email="elena@example.com").facts["id"]
    create_service(store_id, SYSTEM, name="Massage", staff=[person], duration_s=3600, price=8000)


def open_admin(page: Page, around: Around) -> FrameLocator:
    page.goto(f"{around.over_there}/shopify/admin?shop={SHOP}")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#home")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".appnav button", has_text="Settings")).to_be_visible()
    return frame


def test_from_the_first_opening_to_a_cancellation(around, window):
    shop = around.shop
    ada = shop.add_customer(firstName="Ada", lastName="Archer", email="ada@example.com", verifiedEmail=True)["id"]
    add_product(shop, "Massage", 8000)

    # Installed by opening it in the admin; the checks say what is left to do.
    desk = window()
    frame = open_admin(desk, around)
    expect(frame.locator("#connection")).to_have_text("Connected")
    expect(frame.locator("#check-accounts .mark")).to_have_text("Done")
    expect(frame.locator("#check-page .mark")).to_have_text("To do")
    assert shop.installed and around.read("select email, role from users where shopify_user_id is not null") == [("mara@example.com", "owner")]
    shoot(desk, "1-installed")
    catalogue(around.store_id())
    around.work()

    # The merchant places the extensions; the admin tells.
    for place in ("page.render", "profile.block.render"):
        desk.get_by_label(place).check()
    with desk.expect_navigation():
        desk.get_by_role("button", name="Save these").click()
    script, services = Held(desk, "**/frame.js"), Held(desk, "**/api/merchant/v1/services*")
    desk.reload(wait_until="commit")
    script.wait()
    desk.wait_for_timeout(300)
    expect(frame.locator("h1")).to_have_count(0)  # what a click would lead to without a token
    script.go_on()
    services.wait()
    expect(frame.locator("#home")).to_be_hidden()  # nothing to click before there is something to choose
    expect(frame.locator("#state")).to_be_visible()
    services.go_on()
    desk.unroute_all()
    expect(frame.locator("#all-ready")).to_be_visible()

    # What becomes of an order: a choice not saved yet outlives what the page reads anew.
    frame.get_by_label("stays as it is").check()
    with desk.expect_response("**/api/merchant/v1/shopify/sync"):
        frame.get_by_role("button", name="Sync now").click()
    expect(frame.get_by_role("button", name="Sync now")).to_be_enabled()
    expect(frame.get_by_label("stays as it is")).to_be_checked()
    frame.locator("#save").click()
    expect(frame.locator("#saved")).to_have_text("Saved.")
    assert around.read("select on_cancel from shopify_installs") == [("nothing",)]

    # The product sells the service, chosen in the admin's own picker.
    frame.get_by_role("button", name="Choose its product").click()
    desk.get_by_role("dialog").get_by_role("button", name="Massage").click()
    expect(frame.locator("#products li")).to_have_text("Massage → MassageRemove")

    # A policy, set in the frame and saved by the admin's own bar; no cookie is set on the way.
    desk.locator(".appnav button", has_text="Settings").click()
    frame.get_by_role("link", name="Policy").click()
    frame.locator("#f-reschedule_n").fill("36")
    frame.locator("#f-cancel_n").fill("12")
    expect(desk.get_by_role("region", name="Unsaved changes")).to_be_visible()
    shoot(desk, "2-policy")
    desk.get_by_role("region", name="Unsaved changes").get_by_role("button", name="Save").click()
    expect(frame.get_by_text("Saved.")).to_be_visible()
    expect(desk.get_by_role("region", name="Unsaved changes")).to_be_hidden()
    assert desk.context.cookies() == []
    assert around.read("select policy->'reschedule'->>'notice', policy->'cancel'->>'notice' from stores") == [("PT36H", "PT12H")]

    # An order with a time, placed in the shop's admin, becomes a booking.
    desk.locator("select[name=customer]").select_option(ada)
    desk.get_by_label("Appointment (RFC 3339)").fill("2027-03-10T15:00:00Z")
    with desk.expect_navigation():
        desk.get_by_role("button", name="Place the order").click()
    around.work()
    [(ref, status)] = around.read("select ref, status from bookings")
    assert status == "confirmed"

    # In the customer's Shopify account, with the policy of a moment ago; moved there.
    home = window(375)
    home.goto(f"{around.over_there}/shopify/account?store={SHOP}&customer={ada}")
    mine = home.frame_locator("iframe").first
    mine.get_by_role("link", name="Details of Massage, Wed, Mar 10").click()
    expect(mine.get_by_text("You can change this until Mon, Mar 8, 2027, 10:00 PM EST.")).to_be_visible()
    shoot(home, "3-account")
    mine.get_by_role("link", name="Reschedule").click()
    mine.get_by_role("button", name="Thursday, March 11, 2027").click()
    expect(mine.get_by_role("heading", name="Thursday, March 11")).to_be_visible()
    mine.get_by_role("radio", name="11:00 AM").check()
    mine.get_by_role("button", name="Confirm Booking").click()
    expect(home.get_by_role("status")).to_have_text("Your booking is now on Thu, Mar 11, 2027, 11:00 AM EST")
    shoot(home, "4-moved")
    around.work()

    # The portal, signed in with the same account: the new time is there.
    slug = SHOP.partition(".")[0]
    portal = window()
    portal.goto(f"http://{slug}.localhost:{around.settings.port}/account")
    shoot(portal, "5-sign-in")
    portal.get_by_role("link", name="Sign in with Shopify").click()
    portal.locator("select[name=customer]").select_option(ada)
    portal.get_by_role("button", name="Sign in").click()
    shoot(portal, "6-one-more-step")
    portal.get_by_role("button", name="Continue to your bookings").click()
    expect(portal.get_by_text("Thu, Mar 11").first).to_be_visible()
    shoot(portal, "7-portal")

    # In the admin: the booking in the frame, and the customer's calendar fields beside it.
    frame = open_admin(desk, around)
    expect(desk.get_by_text("next_appointment: 2027-03-11T16:00:00").first).to_be_visible()
    desk.locator(".appnav button", has_text="Bookings").click()
    expect(frame.get_by_text("Ada Archer").first).to_be_visible()
    frame.locator(f"main a[href*='/bookings/{ref}']").first.click()
    expect(frame.get_by_text("Thu, Mar 11, 2027, 11:00 AM EST").first).to_be_visible()
    shoot(desk, "8-admin")

    # Cancelled on the portal; the account says so.
    portal.get_by_role("link", name="Cancel").first.click()
    portal.get_by_role("button", name="Cancel booking").click()
    expect(portal.get_by_role("status").first).to_contain_text("Your booking is cancelled")
    shoot(portal, "9-cancelled")
    home.goto(f"{around.over_there}/shopify/account?store={SHOP}&customer={ada}")
    expect(mine.get_by_text("You have no upcoming bookings.")).to_be_visible()
    expect(mine.get_by_role("heading", name="Past")).to_be_visible()
    shoot(home, "10-account")
    around.work()
    assert around.read("select status from bookings") == [("cancelled",)]

    # And out again, here and at Shopify.
    portal.get_by_role("button", name="Sign out").click()
    expect(portal.get_by_role("heading", name="You are signed out")).to_be_visible()
    shoot(portal, "11-signed-out")
    portal.get_by_role("link", name="Sign out of Shopify").click()
    expect(portal.get_by_role("heading", name="Sign in")).to_be_visible()

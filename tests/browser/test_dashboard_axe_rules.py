"""The screens that set a shop up, in a browser: axe, every width, first steps by keyboard alone, the preview that follows the typing (A45, R46)."""

from __future__ import annotations

from time import monotonic

import pytest
from playwright.sync_api import Page, expect

from booking.actions.blocks import create_block
from booking.actions.domains import add_domain
from booking.actions.imports import upload_import
from booking.actions.staff_dates import set_staff_date
from booking.actions.stores import create_store
from booking.actions.templates import save_template
from booking.actions.webhooks import create_webhook, ping_webhook
from models.actor import SYSTEM
from tests.browser.test_dashboard_axe_diary import enter, looked_at
from tests.support.world import MERCHANT, World, at


@pytest.fixture
def full(world) -> list[str]:
    """A shop with something on every screen; the screens."""
    yoga = world.add_service("Yoga", capacity=6, staff=[world.elena], policy={"cancel": {"tiers": [
        {"at_least": "P7D", "outcome": "full"}, {"at_least": "PT48H", "outcome": "partial", "percent": 50}, {"outcome": "forfeit"}]}})
    session = world.session(yoga, at(12, 15), capacity=6)
    world.book(at(12, 15), service=yoga, seats=2)
    create_block(world.store_id, MERCHANT, staff_id=world.tom, starts_at=at(9, 19), ends_at=at(9, 21), reason="School")
    set_staff_date(world.store_id, MERCHANT, world.elena, at(10, 15).date(), [["10:00", "12:00"]])
    for version in ("One", "Two"):
        save_template(world.store_id, MERCHANT, "reminder", "ar", {"subject": version, "heading": version, "body": "{when}\n\n{manage_link}", "sms": None})
    add_domain(world.store_id, SYSTEM, f"book.{world.slug}.example")
    hook = create_webhook(world.store_id, SYSTEM, url="https://example.com/hook", topics=["booking.created"]).facts["id"]
    ping_webhook(world.store_id, SYSTEM, hook)
    run = upload_import(world.store_id, SYSTEM, "old.csv", b"starts_at,duration_minutes,service,staff\n").facts["id"]
    return ["/services", "/services/new", f"/services/{yoga}", f"/services/{yoga}/policy", f"/services/{world.service}/policy", "/settings/policy", "/settings/portal",
            "/settings/store", "/settings/waiting", "/settings/locations", f"/settings/locations/{world.location}", "/settings/payments", "/settings/domain", "/staff", f"/staff/{world.elena}",
            f"/staff/{world.elena}/dates", "/time-off", "/classes", "/classes/new", f"/classes/{session}", "/team", "/api-tokens", "/webhooks", f"/webhooks/{hook}",
            "/import", f"/import/{run}", "/setup", "/settings/messages", "/settings/messages/booking_confirmed/en", "/settings/messages/reminder/ar"]


def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(world, visit, full):
    page = visit(world)
    enter(page, world)
    assert [problem for path in full for problem in looked_at(page, path, dark=path == full[3])] == []


def test_the_preview_follows_the_typing(world, visit):
    page = visit(world)
    enter(page, world)
    page.goto(f"/admin/services/{world.service}/policy")
    page.get_by_label("Its own, set below").check()
    preview = page.get_by_label("What the customer reads")
    expect(preview).to_contain_text("within 24h")
    page.locator("#f-reschedule_n").fill("36")
    expect(preview).to_contain_text("within 36h")
    page.locator("#f-fee").fill("99")
    expect(preview).to_contain_text("The fee of $99 is more than the price of $80")
    assert world.sql("select policy from services where id = %s", world.service)[0].policy is None


def test_what_is_typed_before_the_script_is_there_counts(world, visit):
    world.book(at(9, 15))
    page, late = visit(world), []
    enter(page, world)
    page.route("**/static/dashboard.js", lambda route: late.append(route))
    page.goto("/admin/settings/messages/booking_confirmed/en", wait_until="commit")
    page.get_by_label("Subject").fill("See you {when}")
    for _ in range(500):
        if late:
            break
        page.wait_for_timeout(20)
    late[0].continue_()
    page.unroute("**/static/dashboard.js")
    page.wait_for_load_state()
    expect(page.get_by_label("Preview", exact=True)).to_contain_text("Subject: See you")
    leaving = "dispatchEvent(new Event('beforeunload', {cancelable: true}))"
    assert page.evaluate(leaving) is False  # prevented: the browser asks first


class Empty(World):
    """A store with nothing in it."""

    def __init__(self, slug: str, owner_url: str) -> None:
        self.owner_url, self.slug = owner_url, slug
        self.store_id = create_store(SYSTEM, slug=slug, name="New Place", zone="America/New_York", currency="USD", email="new@example.com")


class Keys:
    """A keyboard that counts what is pressed: to get about, to type, and how many screens were come through."""

    def __init__(self, page: Page) -> None:
        self.page, self.moves, self.typed, self.screens = page, 0, 0, 0
        self.begun = monotonic()

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.moves += 1

    def to(self, there: str) -> None:
        """Tab until the focus is where `there` (a condition on `document.activeElement`, as `e`) holds."""
        for _ in range(150):
            self.press("Tab")
            if self.page.evaluate(f"(e => {there})(document.activeElement)"):
                return
        raise AssertionError(f"{there} cannot be reached with the keyboard")

    def go(self, text: str) -> None:
        """To the link or button that says so, and press it."""
        self.to(f"(e.getAttribute('aria-label') || e.innerText || '').trim() === {text!r}")
        self.send()

    def menu(self, text: str) -> None:
        """To an entry of the menu, which narrow screens fold away."""
        if self.page.locator(".menu-small summary").is_visible():
            self.to("e.tagName === 'SUMMARY'")
            self.press("Enter")
        self.go(text)

    def send(self) -> None:
        with self.page.expect_navigation():
            self.press("Enter")
        self.screens += 1

    def fill(self, name: str, text: str) -> None:
        """On to the field, what stands in it replaced."""
        self.to(f"e.name === {name!r}")
        self.press("ControlOrMeta+a")
        self.page.keyboard.type(text)
        self.typed += len(text)

    def minutes(self) -> float:
        """For someone who presses 2 keys a second to get about, types 3 a second (36 words a minute) and reads each screen for 15
        seconds; with the time the machine took."""
        return (self.moves / 2 + self.typed / 3 + self.screens * 15 + monotonic() - self.begun) / 60


@pytest.mark.parametrize("width", [375, 768, 1280])
def test_from_an_empty_store_to_a_first_policy_by_keyboard_alone(world, visit, width, record_property):
    """Under ten minutes on every width, the figures kept with the test's report (A45)."""
    empty = Empty(f"empty-{world.slug}", world.owner_url)
    page = visit(empty, width=width)
    enter(page, empty)
    keys = Keys(page)
    keys.go("First steps")
    for button, heading, fields in (("Add a location", "New location", {"name": "Studio"}), ("Add someone", "New person", {"name": "Mara"}),
                                    ("Add a service", "New service", {"name": "Haircut", "price": "40"})):
        keys.go(button)
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        for name, text in fields.items():
            keys.fill(name, text)
        keys.send()
        expect(page.get_by_role("status")).to_contain_text("Added.")
        if heading != "New service":
            keys.menu("First steps")
    keys.to("e.name === 'own'")
    keys.press("ArrowDown")
    keys.fill("reschedule_n", "2")
    keys.send()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    assert empty.sql("select policy from services")[0].policy["reschedule"]["notice"] == "PT2H"
    keys.menu("First steps")
    expect(page.get_by_text("1 step left.")).to_be_visible()
    keys.go("Book a test appointment")
    expect(page.get_by_text("All done.")).to_be_visible()
    keys.go("Open the customer's page")
    expect(page.get_by_role("heading", name="Haircut")).to_be_visible()
    for name in ("moves", "typed", "screens"):
        record_property(name, getattr(keys, name))
    record_property("minutes", round(keys.minutes(), 1))
    assert keys.typed < 60 and keys.screens <= 14 and keys.minutes() < 10

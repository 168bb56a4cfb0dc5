"""What people do in these journeys."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PATIENCE_MS
from tests.support.world import World


class Held:
    """Calls to `pattern` are not answered until they are told to."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.page, self.waiting = page, list[Route]()
        page.route(pattern, lambda route: self.waiting.append(route))

    def wait(self) -> None:
        """Until one is held."""
        for _ in range(PATIENCE_MS // 20):
            if self.waiting:
                return
            self.page.wait_for_timeout(20)
        raise AssertionError("never called")

    def go_on(self) -> None:
        """The one that waits longest is answered."""
        self.wait()
        first = self.waiting.pop(0)
        with self.page.expect_event("requestfinished", lambda request: request.url == first.request.url):
            first.continue_()


def sign_in(page: Page, world: World, email: str = "ada@example.com") -> None:
    """Through the pages, with the code from the mail."""
    page.goto("/account")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Send the code").click()
    expect(page.get_by_role("heading", name="Enter the code")).to_be_visible()
    code = [row for row in world.outbox("sign_in_code") if row.recipient == email][-1].payload["code"]
    page.get_by_label("Code").fill(f" {code[:3]} {code[3:]} ")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your bookings")).to_be_visible()


def pick_time(page: Page, day: str, time: str) -> None:
    """On the picker's page or in its dialog: a day by its full name, a time by its full name, and on."""
    page.get_by_role("link", name=day).click()
    expect(page.get_by_role("heading", name=day.split(", ", 1)[0])).to_be_visible()
    page.get_by_role("radio", name=time).check(force=True)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Confirm the new time")).to_be_visible()

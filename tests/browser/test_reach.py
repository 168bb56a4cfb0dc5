"""Everyone can use it: keyboard alone, screen readers' names, contrast, small screens, right to left (R46, WCAG 2.2 AA)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from booking.actions.stores import update_store
from booking.links import manage_path
from tests.browser.steps import Held, sign_in
from tests.support.world import MERCHANT, at

LONG = "maximiliana.featherstonehaugh.archer@mail.example.com"
CHECK = Path(__file__).with_name("check.js").read_text()


def press_until(page: Page, key: str, selector: str, most: int = 60) -> None:
    """Press `key` until the focus is on `selector`."""
    for _ in range(most):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by {key}")


@pytest.mark.parametrize("js", [True, False], ids=["script", "no-script"])
def test_the_picker_by_keyboard_alone(world, visit, js):
    b = world.book(at(10, 15))
    page = visit(world, js=js)
    page.goto(manage_path(b))
    press_until(page, "Tab", "a[href*='/reschedule']")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Choose a new time")).to_be_visible()
    if js:
        expect(page.get_by_role("dialog", name="Choose a new time")).to_be_visible()
        expect(page.get_by_role("heading", name="Choose a new time")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_role("link", name="Reschedule")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Choose a new time")).to_be_focused()
    press_until(page, "Tab", "a[aria-label^='Thursday, March 11']")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thursday, March 11, 2027")).to_be_visible()
    if js:
        expect(page.get_by_role("heading", name="Thursday, March 11, 2027")).to_be_focused()
    press_until(page, "Tab", "input[type=radio]")
    press_until(page, "ArrowDown", "input[aria-label='Thu, Mar 11, 2027, 9:30 AM EST']")
    press_until(page, "Tab", "button.full", most=2)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Confirm the new time")).to_be_visible()
    press_until(page, "Tab", "form[method=post] button.button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("9:30 AM EST")
    expect(page.get_by_role("status")).to_be_focused() if js else None
    assert world.read(b.ref).starts_at == at(11, 14, 30)


def test_the_dialogs_focus_comes_with_what_it_shows(world, visit):
    """No frame between the two in which a pressed key would go elsewhere."""
    page = visit(world)
    page.goto(manage_path(world.book(at(10, 15))))
    page.evaluate("""() => {
      window.held = [];
      new MutationObserver((told) => {
        const dialog = document.querySelector("dialog");
        if (dialog && told.some((one) => one.target === dialog)) window.held.push(document.activeElement.textContent.trim());
      }).observe(document.body, {childList: true, subtree: true});
    }""")
    page.get_by_role("link", name="Reschedule").click()
    page.get_by_role("link", name="Thursday, March 11").click()
    expect(page.get_by_role("heading", name="Thursday, March 11, 2027")).to_be_focused()
    assert page.evaluate("held") == ["Choose a new time", "Thursday, March 11, 2027"]


def test_of_two_days_clicked_the_later_one_shows_and_a_closed_dialog_stays_closed(world, visit):
    page = visit(world)
    page.goto(manage_path(world.book(at(10, 15))))
    page.get_by_role("link", name="Reschedule").click()
    late = Held(page, "**day=2027-03-11*")
    page.get_by_role("link", name="Thursday, March 11").click()
    late.wait()
    page.get_by_role("link", name="Friday, March 12").click()
    expect(page.get_by_role("heading", name="Friday, March 12, 2027")).to_be_focused()
    late.go_on()
    page.wait_for_timeout(200)
    expect(page.get_by_role("heading", name="Friday, March 12, 2027")).to_be_visible()
    page.get_by_role("link", name="Thursday, March 11").click()
    late.wait()
    page.keyboard.press("Escape")
    late.go_on()
    page.wait_for_timeout(200)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "/reschedule" not in page.url


def test_a_double_click_opens_one_dialog(world, visit):
    page = visit(world)
    page.goto(manage_path(world.book(at(10, 15))))
    late = Held(page, "**/reschedule?*")
    page.get_by_role("link", name="Reschedule").dblclick()
    late.go_on()
    expect(page.get_by_role("dialog", name="Choose a new time")).to_be_visible()
    assert page.locator("dialog").count() == 1 and not late.waiting


def test_who_types_before_the_script_is_there_is_not_moved(world, visit):
    page = visit(world)
    late = Held(page, "**/store.js")
    page.goto("/manage", wait_until="commit")
    page.get_by_label("E-mail address").fill("nobody")
    page.evaluate("""() => {
      document.querySelector("h1").dataset.focus = "";
      document.querySelector("h1").tabIndex = -1;
    }""")
    late.go_on()
    page.wait_for_load_state()
    expect(page.get_by_label("E-mail address")).to_be_focused()


def test_the_first_tab_skips_to_the_content(world, visit):
    page = visit(world)
    page.goto("/book")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize(("accent", "scheme"), [("#ffe14d", "light"), ("#0a0a0a", "dark")])
def test_every_page_has_names_contrast_and_room(world, visit, scheme, accent):
    """One browser over all pages at 320 and 1280 px; see check.js for what is looked at."""
    update_store(world.store_id, MERCHANT, accent=accent)
    b, late = world.book(at(10, 15), email=LONG, paid=2500), world.book(at(1, 20), email=LONG)
    page = visit(world, scheme=scheme)
    public = ["/account/login", "/manage", "/book", f"/book/{world.service}", manage_path(b), manage_path(b) + "x",
              f"/book/{world.service}/details?at=2027-03-11T15:00:00%2B00:00&staff={world.tom}"]
    own = ["/account", "/account?view=calendar", "/account/profile", "/account/feed", f"/account/bookings/{b.ref}",
           f"/account/bookings/{late.ref}", f"/account/bookings/{b.ref}/cancel", f"/account/bookings/{b.ref}/reschedule",
           f"/account/bookings/{b.ref}/reschedule?at=2027-03-11T15:00:00%2B00:00"]
    problems = look(page, public)
    sign_in(page, world, LONG)
    assert problems + look(page, own) == []


def look(page: Page, paths: list[str], schemes: tuple[Literal["light", "dark"], ...] = ()) -> list[str]:
    """What is wrong with each page, loaded once, at two widths; in `schemes`, or as the window is."""
    problems = []
    for path in paths:
        page.goto(path)
        for scheme in schemes or (None,):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # so that no colour is caught half way
            for width in (320, 1280):
                page.set_viewport_size({"width": width, "height": 900})
                problems += [f"{path.split('?')[0]} at {width}, {scheme or ''}: {problem}" for problem in page.evaluate(CHECK)]
    return problems


def test_the_checks_find_what_they_look_for(world, visit):
    page = visit(world)
    page.goto("/book")
    page.evaluate("""() => {
      const add = (html) => document.querySelector("main").insertAdjacentHTML("beforeend", html);
      add("<h1>Second</h1><input id='main'><a href='/x'></a><img src='/static/icon.svg'><button class='thin'>x</button><p class='wide-one'>w</p><p class='pale'>pale</p>");
      document.querySelector(".thin").style.setProperty("min-height", "0");
      document.querySelector(".thin").style.setProperty("height", "12px");
      document.querySelector(".wide-one").style.setProperty("width", "3000px");
      document.querySelector(".pale").style.setProperty("color", "#ccc");
    }""")
    found = " ".join(page.evaluate(CHECK))
    for problem in ("2 h1", "twice: main", "no name: a", "no name: input", "no alt", "too small", "wider than", "contrast"):
        assert problem in found, (problem, found)


def test_right_to_left_mirrors_the_page(world, visit):
    page = visit(world, width=375)
    page.goto("/book")
    page.evaluate("document.documentElement.dir = 'rtl'")
    brand, menu = page.locator(".brand").bounding_box(), page.locator(".menu").bounding_box()
    assert brand["x"] > menu["x"]
    assert page.evaluate(CHECK) == []

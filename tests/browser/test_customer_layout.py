"""How customers' pages lie: labels and services unbroken in every language, the calendar as columns or day by day."""

from __future__ import annotations

import pytest

from models.actor import Actor
from tests.browser.steps import sign_in
from tests.browser.test_dashboard_layout import BROKEN
from tests.support.world import at

GUEST = Actor("customer", "account")
LABELS = """() => { const found = []; document.querySelectorAll('details').forEach((part) => { part.open = true; });
for (const label of document.querySelectorAll('main dt')) for (const node of label.childNodes) for (const word of (node.data || '').matchAll(/\\p{L}+/gu)) {
  const range = document.createRange(); range.setStart(node, word.index); range.setEnd(node, word.index + word[0].length);
  if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) found.push(word[0]); }
return found; }"""
WIDE = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture
def booked(world):
    """Bookings of one customer in a week and a month, a request among them, under names of several long words."""
    long = world.add_service("Psychological consultation for couples and families", staff=[world.tom])
    asked = world.add_service("Physiotherapy", policy={"approval": "manual"}, staff=[world.tom])
    world.book(at(3, 15), paid=2500)
    world.book(at(5, 15), service=asked, staff=world.tom, by=GUEST)
    return world.book(at(4, 15), service=long, staff=world.tom, paid=2500)


def test_labels_are_unbroken_in_every_language(world, visit, booked):
    page = visit(world)
    sign_in(page, world)
    for code in ("de", "fr", "es", "ar"):
        page.goto("/account/profile")
        page.locator("select[name=locale]").select_option(code)
        page.locator("form:has(select[name=locale]) button").first.click()
        for path in (f"/account/bookings/{booked.ref}", "/account/data"):
            page.goto(path)
            for width in (320, 375, 1280):
                page.set_viewport_size({"width": width, "height": 900})
                assert (page.evaluate(LABELS), page.evaluate(WIDE)) == ([], False), (code, path, width)


def test_the_calendar_breaks_no_word_and_shows_each_booking_once(world, visit, booked):
    page = visit(world)
    sign_in(page, world)
    for path in ("/account?view=calendar", "/account?view=week&day=2027-03-03"):
        page.goto(path)
        for width in (320, 375, 768, 959, 960, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            assert (page.evaluate(BROKEN), page.evaluate(WIDE)) == ([], False), (path, width)
            assert page.locator("main a:visible").get_by_text("Physiotherapy").count() == 1, (path, width)
            assert page.locator(".agenda").is_visible() is (width < 960), (path, width)


def test_a_request_looks_unlike_a_booking_in_the_calendar(world, visit, booked):
    page = visit(world)
    sign_in(page, world)
    page.goto("/account?view=calendar")
    colours = [page.locator(f".entry.{status}").first.evaluate("(entry) => getComputedStyle(entry).backgroundColor") for status in ("confirmed", "pending")]
    assert len(set(colours)) == 2


def test_in_arabic_the_arrows_point_outwards_and_rows_are_level(world, visit, booked):
    """Browsers mirror these characters from right to left by themselves: turned once more they would point inwards."""
    page = visit(world)
    sign_in(page, world)
    page.goto("/account/profile")
    page.locator("select[name=locale]").select_option("ar")
    page.locator("form:has(select[name=locale]) button").first.click()
    page.set_viewport_size({"width": 375, "height": 900})
    page.goto("/account")
    assert len({round(tile.bounding_box()["width"]) for tile in page.locator(".tile").all()}) == 1
    for path in (f"/account/bookings/{booked.ref}/reschedule", "/account?view=calendar"):
        page.goto(path)
        arrow = page.locator("a.step span").last
        assert (arrow.inner_text(), arrow.evaluate("(node) => [getComputedStyle(node).transform, getComputedStyle(node).direction].join()")) == ("›", "none,rtl")


CUT = """() => [...document.querySelectorAll("th, select")].filter((one) => {
  if (one.localName === "th") return one.scrollWidth > one.clientWidth;
  const text = document.createElement("span"), style = getComputedStyle(one); text.textContent = one.selectedOptions[0].text;
  text.style.cssText = `position: absolute; white-space: nowrap; font: ${style.font}`; document.body.append(text);
  return text.offsetWidth > one.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 16; }).map((one) => one.innerText)"""


@pytest.mark.parametrize("code", ["de", "ar"])
def test_on_the_narrowest_phones_days_and_choices_are_whole(world, visit, booked, code):
    page = visit(world, width=320)
    sign_in(page, world)
    page.goto("/account/profile")
    page.locator("select[name=locale]").select_option(code)
    page.locator("form:has(select[name=locale]) button").first.click()
    for path in ("/account?view=calendar", "/account?view=week", f"/account/bookings/{booked.ref}/reschedule", "/account/profile"):
        page.goto(path)
        assert page.locator("th, select").count() and page.evaluate(CUT) == [], path


FIRST = """() => [...document.querySelectorAll("main .soft")].flatMap(p => [...p.childNodes]).filter(node => node.nodeType === 3).flatMap(node =>
  [...node.data].map((char, at) => {
    if (char !== "\u00b7" || at < 2) return []
    const [before, dot] = [at - 2, at].map(n => { const one = document.createRange(); one.setStart(node, n); one.setEnd(node, n + 1); return one.getBoundingClientRect() })
    return Math.abs(before.top - dot.top) > 4 ? [node.data] : []
  }).flat())"""


def test_no_line_begins_with_the_dot_between_facts(world, visit, booked):
    page = visit(world)
    sign_in(page, world)
    page.goto("/account")
    assert "\u00b7" in page.locator("main .soft").all_inner_texts()[1]
    for width in range(320, 440, 2):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(FIRST) == [], width

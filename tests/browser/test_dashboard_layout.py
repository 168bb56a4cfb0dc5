"""How screens of the dashboard lie: tabs in one line, words unbroken, the calendar's rows beside each other whatever names are like."""

from __future__ import annotations

from tests.browser.test_dashboard_axe_diary import enter
from tests.support.world import MERCHANT, at

LONG = "Maximilianaalexandrinawilhelminafriederikecharlotteantoinette"
BROKEN = """() => { const found = [], walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
while (walk.nextNode()) { const node = walk.currentNode; if (!node.parentElement.checkVisibility() || node.parentElement.closest('.hide')) continue;
  for (const word of node.data.matchAll(/(?<!\\p{L})\\p{L}{2,13}(?!\\p{L})/gu)) { const range = document.createRange(); range.setStart(node, word.index); range.setEnd(node, word.index + word[0].length);
    if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) found.push(word[0]); } }
return found; }"""


def test_tabs_are_one_line_with_the_open_one_in_view(world, visit):
    page = visit(world)
    enter(page, world)
    for width, path in ((320, "/settings/messages"), (375, "/settings/portal"), (375, f"/staff/{world.elena}/dates"), (768, "/settings/domain")):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"/admin{path}")
        tabs = page.locator(".tabs")
        assert len({round(box["y"]) for tab in tabs.locator("a").all() if (box := tab.bounding_box())}) == 1, path
        row, current = tabs.bounding_box(), tabs.locator("[aria-current]").bounding_box()
        assert row["x"] - 1 <= current["x"] and current["x"] + current["width"] <= row["x"] + row["width"] + 1, path


def test_no_word_of_everyday_length_is_broken(world, visit):
    service = world.add_service("Psychotherapeutic consultation", staff=[world.tom])
    b = world.book(at(3, 15), service=service, staff=world.tom, email="christopher.castellanos@example.com", seats=1)
    world.book(at(4, 15), service=world.add_service("Physiotherapy", policy={"approval": "manual"}), email="w@example.com")
    page = visit(world)
    enter(page, world)
    for path in (f"/customers/{b.customer_id}", "/bookings", "/services", "/calendar?view=week&date=2027-03-03", "/api-tokens", f"/bookings/{b.ref}"):
        page.goto(f"/admin{path}")
        for width in (375, 768, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert [word for word in page.evaluate(BROKEN) if word not in "christopher.castellanos@example.com"] == [], (path, width)


def test_a_long_name_keeps_the_rows_of_the_calendar_level(world, visit):
    world.staff(LONG)
    page = visit(world)
    enter(page, world)
    page.goto("/admin/calendar?view=day&date=2027-03-02")
    assert len({round(column.bounding_box()["y"]) for column in page.locator(".plan .col").all()}) == 1


def test_what_is_booked_now_is_not_struck_through(world, visit):
    world.set_clock(at(1, 15))
    world.book(at(1, 15), by=MERCHANT, override=True)
    world.set_clock(at(1, 15, 10))
    page = visit(world)
    enter(page, world)
    page.goto("/admin/calendar")
    line, box = page.locator(".person .now").first, page.locator(".person .box").first
    at_line, of_box = line.bounding_box(), box.bounding_box()
    assert of_box["y"] < at_line["y"] < of_box["y"] + of_box["height"]
    assert page.evaluate("([line, box]) => +getComputedStyle(line).zIndex < +getComputedStyle(box).zIndex", [line.element_handle(), box.element_handle()])
    assert page.locator(".hours .now").is_visible()


CUT = """() => [...document.querySelectorAll('.person .box .line')].filter((line) => { const text = line.getBoundingClientRect(), box = line.closest('.box').getBoundingClientRect();
  return text.height < 8 || text.top < box.top - 1 || text.bottom > box.bottom + 1; }).map((line) => line.closest('.box').className)"""
OUTSIDE = "(() => { const plan = document.querySelector('.plan'); return [plan.scrollWidth - plan.clientWidth, document.documentElement.scrollWidth - innerWidth]; })()"


def test_eight_people_fit_a_days_calendar_and_short_visits_can_be_read(world, visit):
    people = [world.elena, world.tom, *(world.staff(f"{name} Papadopoulos-Whitfield") for name in ("Ana", "Bea", "Cid", "Dov", "Eva", "Fay"))]
    short = [world.add_service(f"{minutes} minutes", staff=people, duration_s=minutes * 60) for minutes in (10, 15, 20, 30, 45)]
    usual = world.add_service("Consultation", staff=people)
    for n, person in enumerate(people):
        world.book(at(3, 15 + n % 3), service=usual, staff=person, by=MERCHANT, override=True)
        world.book(at(3, 19), service=short[n % 5], staff=person, by=MERCHANT, override=True)
    page = visit(world)
    enter(page, world)
    page.goto("/admin/calendar?date=2027-03-03")
    for width in (1280, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert (page.evaluate(OUTSIDE), page.evaluate(CUT)) == ([0, 0], []), width
    for width in (320, 375, 768, 1024):
        page.set_viewport_size({"width": width, "height": 900})
        assert (page.evaluate(OUTSIDE)[1] <= 0, page.evaluate(CUT)) == (True, []), width
    assert page.locator(".named").evaluate_all("(names) => names.every((name) => name.title === name.textContent)")


def test_the_calendars_box_is_scrolled_by_keyboard_and_stays_where_it_was(world, visit):
    for n in range(12):
        world.staff(f"Person {n}")
    world.book(at(3, 15))
    page = visit(world, width=1024)
    enter(page, world)
    page.set_viewport_size({"width": 1024, "height": 500})
    page.clock.install()
    page.goto("/admin/calendar?date=2027-03-03")
    page.clock.fast_forward(4_000)
    plan = page.get_by_role("region", name="Wednesday, March 3, 2027")
    plan.focus()
    page.keyboard.press("End")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.plan').scrollLeft > 50 && document.querySelector('.plan').scrollTop > 50")
    page.wait_for_timeout(400)  # the last of a smooth scroll
    page.keyboard.press("Tab")
    link, hours = page.locator(".plan a").first.bounding_box(), page.locator(".hours").bounding_box()
    assert link["x"] >= hours["x"] + hours["width"] - 1, "what has the focus stands behind the hours"
    page.evaluate("document.activeElement.blur(); document.querySelector('.plan').scrollTo(90, 60)")
    world.book(at(3, 18), email="b@example.com")
    page.clock.fast_forward(16_000)
    page.wait_for_function("() => document.querySelectorAll('.plan a').length === 2")
    assert page.evaluate("[document.querySelector('.plan').scrollLeft, document.querySelector('.plan').scrollTop]") == [90, 60]


SEEN = "(nodes) => nodes.filter((node) => node.getBoundingClientRect().width > 2 && node.scrollWidth <= node.clientWidth + 1).length"


def test_a_conflict_is_told_whole_wherever_it_stands(world, visit):
    """A mark in narrow and in low boxes, the word where there is room; screen readers have the word everywhere."""
    low = world.add_service("Check", duration_s=900, staff=[world.tom])
    for number in range(3):
        world.book(at(2, 15), email=f"a{number}@example.com", override=number > 0)
    for number in range(2):
        world.book(at(2, 15), service=low, staff=world.tom, email=f"b{number}@example.com", override=number > 0)
    page = visit(world)
    enter(page, world)
    for width, view, signs, whole in ((1280, "day", 1, 2), (375, "day", 0, 3), (1280, "week", 0, 3), (375, "week", 0, 3), (1280, "day", 3, 0)):
        if not whole:
            for number in range(6):
                world.staff(f"Person {number}")
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"/admin/calendar?view={view}&date=2027-03-02")
        assert (page.locator(".sign").evaluate_all(SEEN), page.locator(".box .badge").evaluate_all(SEEN)) == (signs, whole), (width, view)
        assert page.locator(".box .badge", has_text="Conflict").count() == 3
    assert page.locator(".sign").first.get_attribute("title") == "Conflict"


def test_who_has_no_appointments_is_said_on_phones_only(world, visit):
    world.book(at(2, 15))
    page = visit(world)
    enter(page, world)
    page.goto("/admin/calendar?view=week&date=2027-03-02")
    for width, seen in ((1280, False), (375, True)):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.get_by_text("No appointments in this time.").is_visible() == seen

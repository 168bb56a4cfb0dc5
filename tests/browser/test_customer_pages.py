"""Every page a mail or the shop leads customers to, from left to right and from right to left: axe, names, contrast, room, language (R46, WCAG 2.2 AA)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from booking.actions.cancel_booking import cancel_booking
from booking.actions.leave_feedback import leave_feedback
from booking.actions.make_offers import Proposal, make_offers
from booking.actions.mark_booking import complete_booking
from booking.actions.reply_to_feedback import reply_to_feedback
from booking.actions.stores import update_store
from booking.links import feedback_path, manage_path, unsubscribe_path
from models.actor import Actor
from tests.access.test_email_change import change, signed_in
from tests.browser.axe import serious
from tests.browser.steps import sign_in
from tests.browser.test_payments import shop  # noqa: F401  (fixture)
from tests.messages.test_languages import ENGLISH
from tests.stripe.conftest import Bank, bank  # noqa: F401  (fixture)
from tests.support.world import MERCHANT, World, at
from tests.waitlist.line import serve, wait

CHECK = Path(__file__).with_name("check.js").read_text()
GUEST = Actor("customer", "account")
DETAILS = "at=2027-03-11T15:00:00%2B00:00"
SHOTS = os.environ.get("SHOTS")
"""A folder for a picture of every page, for people who want to look."""


def full(world: World) -> dict[str, str]:
    """A shop with something on every page, and name -> path of each page that needs no sign-in."""
    update_store(world.store_id, MERCHANT, withdrawal="everyone", terms="No dogs.", contact_note="Ring twice.")
    b, past = world.book(at(10, 15), paid=2500, email="ben@example.com"), world.book(at(1, 8), override=True, email="vera@example.com")
    request = world.book(at(9, 19), by=GUEST, service=world.add_service("Consultation", policy={"approval": "manual"}), staff=world.tom, email="rea@example.com")
    make_offers(world.store_id, MERCHANT, request.ref, [Proposal(at(16, 15)), Proposal(at(17, 15))])
    yoga = world.add_service("Yoga", capacity=2, staff=[world.elena])
    session = world.session(yoga, at(12, 15), capacity=2)
    world.book(at(12, 15), service=yoga, seats=2, email="yogi@example.com")
    wait(world, weekdays=[2], bands=["morning"], email="wanda@example.com")
    gone = world.book(at(24, 15), email="x@example.com")
    cancel_booking(world.store_id, MERCHANT, gone.ref, override=True)
    serve(world)
    undo = change(world, signed_in(world, "eve@example.com"), "eva@example.com")
    complete_booking(world.store_id, MERCHANT, past.ref)
    leave_feedback(world.store_id, world.customer(past), past.ref, rating=4, comment="Lovely")
    reply_to_feedback(world.store_id, MERCHANT, world.sql("select id from feedback")[0][0], "Thank you.")
    offer, waiting = world.outbox("counter_offer")[-1].payload["offers"][1], world.outbox("earlier_slot")[-1].payload["offer"]
    far = world.book(at(30, 15), email="far@example.com")
    mailed = {"offers": offer["url"], "earlier": waiting["url"], "refuse": waiting["refuse_url"], "stop": waiting["stop_url"]}
    return {name: "{0.path}?{0.query}".format(urlsplit(url)) for name, url in mailed.items()} | {
        "feedback": feedback_path(past), "unsubscribe": unsubscribe_path(world.store_id, b.customer_id, "reminders"), "undo": f"/email-undo/{undo}",
        "withdraw": "/withdraw", "services": "/book", "times": f"/book/{world.service}?month=2027-03&day=2027-03-11", "class": f"/book/{yoga}",
        "class-waitlist": f"/book/{yoga}/waitlist/{session}", "details": f"/book/{world.service}/details?{DETAILS}&staff={world.tom}",
        "sign-in": "/account/login", "lost-link": "/manage", "booking": manage_path(b), "cancel": manage_path(b, "cancel"),
        "move": manage_path(b, "reschedule"), "confirm": manage_path(b, "reschedule") + f"&{DETAILS}", "request": manage_path(request),
        "wishes": manage_path(far, "waitlist"), "not-found": "/manage/000000000000?token=x"}


def looked_at(page: Page, name: str, path: str, code: str) -> list[str]:
    """What is wrong with a page at 375 and at 1280 px. Colours are looked at where they stand still: a button that can be used from now on
    changes them within an eighth of a second."""
    page.emulate_media(reduced_motion="reduce")
    answer = page.goto(path)
    assert answer is not None and answer.status == (404 if name == "not-found" else 200), (name, answer and answer.status)
    problems = [] if page.locator(f"html[lang={code}][dir={'rtl' if code == 'ar' else 'ltr'}]").count() else ["other language or direction"]
    for width in (375, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        problems += [f"at {width}: {problem}" for problem in page.evaluate(CHECK)]
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{code}-{name}-{width}.png", full_page=True)
    if code != "en":
        problems += [f"left in English: {text}" for text in ENGLISH.findall(page.title() + "\n" + page.locator("body").inner_text())]
    return [f"{name}: {problem}" for problem in problems + serious(page)]


def test_every_page_from_right_to_left(world, visit):
    update_store(world.store_id, MERCHANT, locale="ar")
    paths = full(world)
    page = visit(world, locale="ar")
    assert [problem for name, path in paths.items() for problem in looked_at(page, name, path, "ar")] == []


def test_pages_behind_mails_in_the_dark(world, visit):
    paths = full(world)
    page = visit(world, scheme="dark")
    names = ("offers", "earlier", "refuse", "feedback", "unsubscribe", "undo", "withdraw", "class", "class-waitlist", "request", "wishes")
    assert [problem for name in names for problem in looked_at(page, name, paths[name], "en")] == []


def test_the_account_from_right_to_left(world, visit):
    update_store(world.store_id, MERCHANT, locale="ar")
    b = world.book(at(10, 15), paid=2500)
    page = visit(world)
    sign_in(page, world)
    page.goto("/account/profile")
    page.locator("select[name=locale]").select_option("ar")
    page.locator("form:has(select[name=locale]) button").first.click()
    own = {"list": "/account", "calendar": "/account?view=calendar", "profile": "/account/profile", "feed": "/account/feed", "booking": f"/account/bookings/{b.ref}",
           "cancel": f"/account/bookings/{b.ref}/cancel", "move": f"/account/bookings/{b.ref}/reschedule"}
    assert [problem for name, path in own.items() for problem in looked_at(page, f"account-{name}", path, "ar")] == []


def test_the_payment_page_from_right_to_left(shop, visit, bank):  # noqa: F811
    update_store(shop.store_id, MERCHANT, locale="ar")
    service = shop.add_service("Facial", deposit=2500, staff=[shop.elena])
    page = visit(shop, locale="ar")
    page.goto(f"/book/{service}/details?{DETAILS}&staff={shop.elena}")
    page.locator("#name").fill("Bea")  # straight from a link, without a cookie so far
    page.locator("#email").fill("bea@example.com")
    page.locator("main form input[type=checkbox]").check()
    page.locator("main form button.full").click()
    page.wait_for_url(re.compile("/pay/"))
    expect(page.get_by_label("Card number")).to_be_visible()
    assert looked_at(page, "pay", page.url, "ar") == []


@pytest.mark.parametrize("js", [True, False], ids=["script", "no-script"])
def test_what_mails_lead_to_is_done_with_and_without_scripts(world, visit, js):
    """Feedback, withdrawal, the end of reminders, and the old address back: each by its own page, in Arabic."""
    update_store(world.store_id, MERCHANT, locale="ar", withdrawal="everyone")
    past = world.book(at(1, 8), override=True)
    complete_booking(world.store_id, MERCHANT, past.ref)
    undo = change(world, signed_in(world, "eve@example.com"), "eva@example.com")
    page = visit(world, width=375, js=js, locale="ar")
    status = page.get_by_role("status")

    page.goto(feedback_path(past))
    page.locator("main form button").click()
    expect(page.get_by_role("alert")).to_contain_text("نجمة")
    page.locator("input[name=rating][value='5']").check(force=True)
    page.locator("#comment").fill("ممتاز")
    page.locator("main form button").click()
    expect(status).to_contain_text("شكرًا")
    assert world.sql("select rating::int, comment from feedback") == [(5, "ممتاز")]

    page.goto("/withdraw")
    page.locator("main form button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.locator("[aria-invalid]").count() == 3
    for name, text in (("name", "آدا"), ("email", "ada@example.com"), ("contract", past.ref)):
        page.locator(f"#{name}").fill(text)
    page.locator("main form button").click()
    page.locator("button[name=confirm]").click()
    expect(status).to_be_visible()
    assert [row.name for row in world.sql("select name from withdrawals")] == ["آدا"]

    page.goto(unsubscribe_path(world.store_id, past.customer_id, "reminders"))
    page.locator("main form button").click()
    expect(status).to_contain_text("Harbor Massage")
    assert world.sql("select preferences from customers where id = %s", past.customer_id)[0].preferences["email"]["reminders"] is False

    page.goto(f"/email-undo/{undo}")
    page.locator("main form button").click()
    expect(status).to_be_visible()
    assert world.sql("select count(*) from customers where email = 'eve@example.com'") == [(1,)]

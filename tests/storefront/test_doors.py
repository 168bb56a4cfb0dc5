"""Who sees what: signed in, by link, or not at all (R1, R3, R6, R45, I28-I34, I44)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.manage_link import revoke_link
from booking.links import manage_token
from booking.rules.decision import Refused
from storefront.door import safe_next
from booking.wording.breaks import breaking_well
from tests.storefront.visitor import Visitor, account, fields, link, without_token, words
from tests.support.world import MERCHANT, World, at

PARTS = ("", "reschedule", "cancel", "calendar.ics")


def test_a_link_opens_its_booking_without_login_and_masks_the_person(world, visitor):
    b = world.book(at(10, 15), paid=2500)
    response = visitor.get(link(b))
    seen = words(visitor.page)
    for shown in ("Massage", "Elena Marsh", "Wednesday, March 10, 2027", "10:00 AM to 11:00 AM EST", "48 Harbor Street", "$25 paid",
                  "a•••@example.com", "••• 01", "See all your bookings"):
        assert shown in seen, shown
    for hidden in ("Archer", "ada@example.com", "+12125550101", "elena@example.com", str(b.id), str(b.customer_id), str(b.store_id)):
        assert hidden not in visitor.page, hidden
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Referrer-Policy"] == "same-origin"


def test_a75_the_link_of_years_ago_still_moves_an_open_booking(world, visitor):
    """A52, A75: no expiry; the booking's state decides."""
    start = datetime(2029, 3, 12, 14, 0, tzinfo=UTC)
    b = world.book(start, override=True)
    path = link(b)
    visitor.get(path)
    world.set_clock(datetime(2029, 3, 5, 12, 0, tzinfo=UTC))
    visitor.get(path)
    assert "You can change this until Sun, Mar 11, 2029, 10:00 AM EDT." in words(visitor.page)
    visitor.get(link(b, "reschedule") + "&at=2029-03-13T14:00:00%2B00:00")
    visitor.get(visitor.send(link(b, "reschedule")).headers["Location"])
    assert world.read(b.ref).starts_at == start + timedelta(days=1)
    visitor.get(path)
    assert "Tue, Mar 13, 2029" in words(visitor.page), "the same link after the move (A82)"


def test_a98_a_link_changes_nothing_about_the_person(world, visitor, contents):
    """No form for it on the page, no door below the link, and what is sent along with a move is not looked at."""
    b = world.book(at(10, 15))
    visitor.get(link(b))
    assert not set(re.findall(r'name="([a-z_.]+)"', visitor.page)) & {"name", "email", "phone", "locale", "zone"}
    mine = {"name": "Eve", "email": "eve@example.com", "phone": "+12125550199"}
    before = contents()
    mine |= {"csrf_token": fields(visitor.get(link(b, "cancel")).text)["csrf_token"]}
    for part in ("profile", "email", "phone", "sessions", "feedback", "data", "delete", "feed"):
        visitor.post(link(b, part), 404, token=False, **mine)
    for path in ("/account/profile", "/account/email", "/account/phone", "/account/delete", "/account/feed"):
        to = visitor.post(path + "?" + link(b).partition("?")[2], token=False, **mine).headers["Location"]
        assert to.startswith("/account/login"), path
    assert contents() == before
    visitor.get(link(b, "reschedule") + "&at=2027-03-11T16:00:00%2B00:00")
    visitor.send(link(b, "reschedule"), **mine, contact_name="Eve", contact_email="eve@example.com", customer_id="1")
    moved = world.read(b.ref)
    assert moved.starts_at == at(11, 16) and (moved.contact_name, moved.contact_email, moved.contact_phone, moved.customer_id, moved.customer_name) == (
        b.contact_name, b.contact_email, b.contact_phone, b.customer_id, b.customer_name)


@pytest.mark.parametrize("part", PARTS)
def test_wrong_tokens_and_unknown_bookings_get_the_same_404(world, visitor, part):
    b, other = world.book(at(10, 15)), world.book(at(11, 15), email="bea@example.com")
    right = manage_token(b.store_id, b.ref, b.link_epoch)
    foreign = manage_token(b.store_id + 1, b.ref, b.link_epoch)
    base = f"/manage/{b.ref}/{part}".rstrip("/")
    paths = [base, *(f"{base}?token={token}" for token in (
        "", "x", right[:-1], right + "A", right + "=", right.upper(), right.replace("k1.", "k9."), f"{right}%00", foreign,
        manage_token(other.store_id, other.ref, 1), manage_token(b.store_id, b.ref, 2), "%C3%A9", "a" * 4000))]
    paths += [f"/manage/{ref}/{part}".rstrip("/") + f"?token={right}" for ref in ("nosuchref", other.ref, "%00", "a" * 300)]
    bodies = set()
    for path in paths:
        visitor.get(path, 404)
        bodies.add(visitor.page)
    assert len(bodies) == 1
    assert "Send me a new link" in words(bodies.pop())
    visitor.get(f"{base}?token={right}")


def test_posts_by_wrong_token_change_nothing(world, visitor, contents):
    b = world.book(at(10, 15))
    visitor.get(link(b, "cancel"))
    before = contents()
    for part in ("cancel", "reschedule"):
        visitor.send(f"/manage/{b.ref}/{part}?token=k1.wrong", 404)
        visitor.get("/manage")
    assert contents() == before


def test_a_revoked_link_is_dead_and_the_new_one_works(world, visitor):
    b = world.book(at(10, 15))
    old = link(b)
    revoke_link(world.store_id, MERCHANT, b.ref)
    visitor.get(old, 404)
    visitor.get(link(world.read(b.ref)))


def test_the_link_of_another_store_opens_nothing(app, owner_url, world):
    elsewhere = Visitor(app, World(owner_url))
    elsewhere.get(link(world.book(at(10, 15))), 404)


def test_an_unknown_host_is_404(app):
    response = app.test_client().get("/account", base_url="http://nobody.localhost")
    assert response.status_code == 404 and "Page not found" in response.get_data(as_text=True)


@pytest.mark.parametrize("part", PARTS)
def test_only_the_owner_sees_a_booking_in_the_account(world, ada, part):
    mine = world.book(at(10, 15))
    theirs = world.book(at(11, 15), email="bea@example.com")
    ada.get(account(mine, part))
    ada.get(account(theirs, part), 404)
    not_yours = ada.page
    ada.get(f"/account/bookings/unknown/{part}".rstrip("/"), 404)
    assert without_token(ada.page) == without_token(not_yours)
    assert "Sign out" in words(ada.page)


def test_the_owner_by_link_finds_the_way_back_to_the_list(world, ada):
    b = world.book(at(10, 15))
    ada.get(link(b))
    assert "Back to all your bookings" in words(ada.page)
    theirs = world.book(at(11, 15), email="bea@example.com")
    ada.get(link(theirs))
    assert "Back to all your bookings" not in words(ada.page)
    assert "Sign out" not in words(ada.page)


def test_deep_pages_come_back_after_login(world, visitor):
    b = world.book(at(10, 15))
    target = account(b, "reschedule")
    response = visitor.get(target, 303)
    assert response.headers["Location"] == f"/account/login?next={target.replace('/', '%2F')}"
    assert visitor.sign_in(next=target).headers["Location"] == target


@pytest.mark.parametrize("target", [
    "//evil.example", "https://evil.example/account", "/\\evil.example", "/account\\..\\evil", "javascript:alert(1)", "/account//evil.example",
    "/account\r\nX: y", "/account\t", "/manage/x", "", None, "account"])
def test_next_stays_on_this_site(target):
    assert safe_next(target) == "/account"


@pytest.mark.parametrize("target", ["/account", "/account?view=calendar&month=2027-03", "/account/bookings/abc/cancel", "/book/12"])
def test_next_keeps_paths_of_the_account(target):
    assert safe_next(target) == target


def test_a_hostile_next_survives_no_step_of_the_login(world, visitor):
    world.book(at(10, 15))
    assert visitor.sign_in(next="//evil.example/account").headers["Location"] == "/account"


def test_after_the_retention_period_both_doors_are_404(world, ada):
    b, never_closed = world.book(at(10, 15)), world.book(at(2, 15))
    cancel_booking(world.store_id, MERCHANT, b.ref)
    ada.get(account(b))
    ada.get(link(b))
    ada.get("/account?view=calendar&month=2027-03")
    assert account(b) in ada.page and account(never_closed) in ada.page
    with_days = world.read(b.ref).store_retention_days
    world.set_clock(world.now + timedelta(days=with_days + 2))
    ada.sign_in()
    for gone in (b, never_closed):
        ada.get(account(gone), 404)
        ada.get(link(gone), 404)
        for listed in ("/account", "/account?view=calendar&month=2027-03"):
            ada.get(listed)
            assert account(gone) not in ada.page, "no list leads to a page that is gone"


def test_a_limit_that_no_page_words_says_when_to_come_back(app, visitor):
    with app.test_request_context("/account", base_url=visitor.origin):
        app.preprocess_request()
        answer = app.make_response(app.handle_user_exception(Refused("rate_limited", retry_after=240)))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "240")
    told = words(answer.get_data(as_text=True))
    assert "Please try again later" in told and "Please try again in 4 minutes." in told


def test_another_sites_form_and_too_large_a_form_are_told_in_the_shops_look(visitor):
    answer = visitor.client.post("/account/login", base_url=visitor.origin, headers={"Origin": "https://other.example"})
    assert answer.status_code == 403 and "came from another site" in answer.text and "Harbor Massage" in answer.text
    answer = visitor.client.post("/account/login", base_url=visitor.origin, data={"email": "x" * 300_000})
    assert answer.status_code == 413 and "please go back and send less" in answer.text and "Harbor Massage" in answer.text


def test_an_address_may_break_after_the_at_and_stays_text():
    assert breaking_well("ada@example.com") == "ada@<wbr>example.com"
    assert breaking_well("<b>@&\"") == "&lt;b&gt;@<wbr>&amp;&#34;" and breaking_well("<i>") == "&lt;i&gt;"

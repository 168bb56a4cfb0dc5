"""Changing the address, confirming the number, sessions, my data: through the pages (R8, R38, R45)."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.leave_feedback import leave_feedback
from booking.actions.mark_booking import complete_booking
from booking.keys import sign, unsign
from booking.privacy import customer_data
from booking.wording.own_data import IN_FILE, LABELS
from models.session import reading
from tests.storefront.visitor import Visitor, account, link, words
from tests.support.world import MERCHANT, NOW, at


def test_the_address_changes_after_the_code_and_comes_back_by_the_link(ada, contents):
    ada.get("/account/email")
    ada.send("/account/email", email="new@example.com")
    ada.get("/account/email/code")
    ada.send("/account/email/code", 422, code="000000" if ada.code("new@example.com") != "000000" else "000001")
    assert "tries left" in words(ada.page)
    ada.send("/account/email/code", code=ada.code("new@example.com"))
    ada.get("/account/profile?saved=email")
    assert "new@example.com" in ada.page and "The old one was told. Everywhere but here you are signed out." in words(ada.page)
    path = ada.world.outbox("email_changed")[-1].payload["undo_url"].partition("localhost")[2]
    before = contents()
    ada.get(path)
    assert contents() == before and "from n•••@example.com to a•••@example.com" in words(ada.page) and "new@" not in ada.page
    assert "all links to your bookings sent so far stop working" in words(ada.page), "those from before the change too"
    ada.send(path)
    ada.get("/account/profile", 303)
    ada.get(path, 404)


SEEN_DAYS_AGO, DAY_S = 20, 86400


def seen_before(visitor: Visitor, days: float) -> None:
    """The browser's session as it was left so many days ago."""
    secret, _ = unsign("login-cookie", visitor.client.get_cookie("login", domain=f"{visitor.world.slug}.localhost").value)
    visitor.client.set_cookie("login", sign("login-cookie", [secret, int(time.time() - days * DAY_S)]), domain=f"{visitor.world.slug}.localhost")


@pytest.mark.parametrize("path", [
    "/account", "/account?view=calendar", "/account?view=week", "/account/profile", "/account/feed", "/account/sessions", "/account/data", "/account/cards",
    "/book", account, lambda b: account(b, "reschedule"), lambda b: account(b, "cancel"), link])
def test_every_page_of_someone_signed_in_renews_the_idle_days(ada, world, contents, path):
    """R7; the cookie alone moves on, the database is not written (R5)."""
    b = world.book(at(10, 15))
    seen_before(ada, SEEN_DAYS_AGO)
    before = contents()
    response = ada.get(path(b) if callable(path) else path)
    [renewed] = [value for value in response.headers.getlist("Set-Cookie") if value.startswith("login=")]
    assert "Max-Age=2592000" in renewed and contents() == before
    assert [value for value in ada.get("/account").headers.getlist("Set-Cookie") if value.startswith("login=")] == [], "once a day"


def test_after_thirty_idle_days_or_signing_out_nothing_is_renewed(ada):
    seen_before(ada, 31)
    ada.get("/account/profile", 303)
    ada.sign_in()
    ada.get("/account/profile")
    seen_before(ada, SEEN_DAYS_AGO)
    ada.post("/account/logout-everywhere")
    ada.get("/account/profile", 303)


def test_the_feed_ends_with_the_address_and_the_page_says_so(ada):
    """I41. Who has no feed is not told of one."""
    for email, fed in (("new@example.com", False), ("newer@example.com", True)):
        if fed:
            ada.get("/account/feed")
            ada.send("/account/feed", 200)
        ada.get("/account/email")
        ada.send("/account/email", email=email)
        ada.get("/account/email/code")
        ada.get(ada.send("/account/email/code", code=ada.code(email)).headers["Location"])
        assert ("Your calendar feed has ended. Make a new address" in words(ada.page)) is fed


def test_an_old_session_signs_in_again_first(ada):
    ada.world.set_clock(NOW + timedelta(minutes=16))
    ada.get("/account/email")
    response = ada.send("/account/email", email="new@example.com")
    assert response.headers["Location"] == "/account/login?again=1&next=/account/email"
    ada.get("/account/login?again=1&next=/account/email")
    ada.send("/account/login", email="ada@example.com")
    ada.get("/account/login/code?next=/account/email")
    assert ada.send("/account/login/code", code=ada.code("ada@example.com")).headers["Location"] == "/account/email"
    ada.get("/account/email")
    ada.send("/account/email", email="new@example.com")


def test_problems_are_told_at_the_field(ada):
    ada.get("/account/email")
    ada.send("/account/email", 422, email="nonsense")
    assert "Please enter an e-mail address" in words(ada.page)
    ada.send("/account/email", 422, email="ADA@example.com")
    assert "That is your present address." in words(ada.page)


def test_a_number_is_confirmed_by_sms(ada, world):
    ada.get("/account/profile")
    ada.post("/account/profile", name="Ada", phone="+12125550123", **{"email.transactional": "on", "zone": "Europe/Berlin"})
    ada.get("/account/profile")
    assert "This number is not confirmed yet." in words(ada.page)
    ada.get("/account/phone")
    ada.send("/account/phone")
    ada.get("/account/phone")
    ada.send("/account/phone/code", code=world.outbox("phone_code", channel="sms")[-1].payload["code"])
    ada.get("/account/profile")
    assert "This number is confirmed." in words(ada.page)
    b = world.book(at(10, 15))
    ada.get(account(b))
    assert "Where you are: Wed, Mar 10, 2027, 4:00 PM CET" in words(ada.page)


def test_sessions_are_listed_and_ended(app, world, ada):
    phone = Visitor(app, world)
    phone.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
    phone.sign_in()
    ada.get("/account/sessions")
    text = words(ada.page)
    assert "Safari, iPhone" in text and "This one" in text
    session = world.sql("select id from customer_logins where device <> ''")[0][0]
    ada.post("/account/sessions", session=str(session))
    phone.get("/account", 303)
    ada.get("/account")


def test_another_customers_session_cannot_be_ended(app, world, ada):
    bea = Visitor(app, world)
    bea.sign_in("bea@example.com")
    session = world.sql("select l.id from customer_logins l join customers c on c.id = l.customer_id where c.email = 'bea@example.com'")[0][0]
    for value in (str(session), "x", "9" * 30, ""):
        ada.get("/account/sessions")
        ada.post("/account/sessions", session=value)
    bea.get("/account")


def test_my_data_to_read_and_to_take(ada, world):
    world.book(at(10, 15))
    ada.get("/account/data")
    assert "Messages sent to you" in words(ada.page) and "ada@example.com" in ada.page
    response = ada.get("/account/data.json")
    assert response.json["profile"]["email"] == "ada@example.com" and "attachment" in response.headers["Content-Disposition"]


def test_my_data_is_told_in_words(ada, world):
    """Every field that is kept has a name, and none of them shows as it is called in the tables."""
    past = world.book(at(1, 8), override=True, paid=2500)
    complete_booking(world.store_id, MERCHANT, past.ref)
    leave_feedback(world.store_id, world.customer(past), past.ref, rating=4, comment="Lovely")
    gone = world.book(at(10, 15), paid=2500)
    cancel_booking(world.store_id, MERCHANT, gone.ref, refund="full")
    with reading(world.store_id) as tx:
        data = customer_data(tx, past.customer_id)
    rows = [data["profile"], *(row for part in ("bookings", "payments", "refunds", "feedback", "messages", "sessions") for row in data[part])]
    assert all(data[part] for part in ("bookings", "payments", "refunds", "feedback", "messages", "sessions"))
    assert {name for row in rows for name in row} <= set(LABELS) | IN_FILE
    assert set(LABELS) >= {"place", "expires_at", "used", "old_email", "new_email", "changed_at", "undone"}
    ada.get("/account/data")
    seen = words(ada.page)
    assert "E-mail confirmed" in seen and "Valid until" not in seen and "Refunds" in seen
    assert "verified at" not in seen and "created_at" not in seen and "transactional" not in seen


def test_erasing_needs_the_tick_and_a_fresh_session(ada, world):
    b = world.book(at(10, 15))
    ada.get("/account/data")
    ada.send("/account/delete")
    assert world.read(b.ref).contact_name == "Ada Archer"
    world.set_clock(NOW + timedelta(minutes=16))
    ada.get("/account/data")
    assert "again=1" in ada.send("/account/delete", sure="on").headers["Location"]
    world.set_clock(NOW)
    ada.get("/account/data")
    ada.send("/account/delete", sure="on")
    ada.get("/account/deleted")
    assert "Your data is erased" in words(ada.page) and world.read(b.ref).contact_name == "Redacted customer"
    ada.get("/account", 303)

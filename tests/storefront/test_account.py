"""The account: lists and their cursors, calendar, profile, feed, signing in and out (A4, A5, R7, R38, R39, I66)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from booking.actions.cancel_booking import cancel_booking
from tests.storefront.visitor import Visitor, account, words
from tests.support.world import MERCHANT, World, at


def refs(page: str) -> list[str]:
    return [part.split('"')[0] for part in page.split('class="cover" href="/account/bookings/')[1:]]


def more(page: str, kind: str) -> str:
    return page.split(f'href="/account?{kind}=')[1].split('"')[0]


def test_upcoming_soonest_first_and_past_latest_first(world, visitor):
    later, sooner, gone = world.book(at(12, 15)), world.book(at(10, 15)), world.book(at(11, 15))
    world.book(at(13, 15), email="bea@example.com")
    cancel_booking(world.store_id, MERCHANT, gone.ref)
    visitor.sign_in()
    visitor.get("/account")
    assert refs(visitor.page) == [sooner.ref, later.ref, gone.ref]
    assert "Signed in as Ada Archer, ada@example.com" in words(visitor.page)


def test_a_line_names_the_year_that_is_not_the_present_one(world, ada):
    """A3, A5: what is next year, or was another year, is not taken for this one."""
    world.book(at(10, 15))
    ada.get("/account")
    assert "Wed 10 Mar Massage , Wed, Mar 10, 10:00 AM to 11:00 AM EST" in words(ada.page) and "2027" not in words(ada.page)
    world.set_clock(datetime(2027, 1, 1, 4, tzinfo=UTC))  # still the old year in New York
    ada.get("/account")
    assert "Wed 10 Mar 2027 Massage , Wed, Mar 10, 2027, 10:00 AM to 11:00 AM EST" in words(ada.page)
    world.set_clock(datetime(2028, 1, 2, tzinfo=UTC))
    ada.sign_in()
    ada.get("/account")
    assert "Past Wed 10 Mar 2027 Massage" in words(ada.page)


def test_what_goes_over_midnight_stands_under_both_days(world, ada):
    """A30: whoever looks at the second day sees it."""
    world.book(at(11, 4, 30), override=True)  # 11:30 PM in New York
    for query in ("view=calendar&month=2027-03", "view=week&day=2027-03-08"):
        ada.get(f"/account?{query}")
        days = words(ada.page).split("Day by day")[1]
        assert "Wednesday, March 10, 2027 Massage 11:30 PM to 12:30 AM EST" in days and "Thursday, March 11, 2027 Massage 11:30 PM" in days
    ada.get("/account?view=calendar&month=2027-03")
    assert "11 until 12:30 AM Massage" in words(ada.page)
    world.book(at(12, 4), override=True)
    ada.get("/account?view=calendar&month=2027-03")
    assert "Friday, March 12, 2027" not in words(ada.page), "what ends at midnight has no second day"


def test_an_empty_account_leads_to_booking(ada):
    ada.get("/account")
    assert "You have no upcoming bookings." in words(ada.page) and 'href="/book"' in ada.page


def test_every_booking_comes_once_over_the_pages(world, ada):
    made = [world.book(at(10 + n // 6, 14 + n % 6)).ref for n in range(45)]
    ada.get("/account")
    seen = refs(ada.page)
    while "/account?upcoming=" in ada.page:
        ada.get(f"/account?upcoming={more(ada.page, 'upcoming')}")
        seen += refs(ada.page)
    assert seen == made


def test_cursors_of_others_or_other_lists_start_at_the_beginning(app, world, ada):
    for n in range(22):
        world.book(at(10 + n // 6, 14 + n % 6))
        world.book(at(20 + n // 6, 14 + n % 6), email="bea@example.com")
    bea = Visitor(app, world)
    bea.sign_in("bea@example.com")
    ada.get("/account")
    first = refs(ada.page)
    cursor = more(ada.page, "upcoming")
    bea.get("/account")
    foreign = more(bea.page, "upcoming")
    for attempt in (f"upcoming={foreign}", f"upcoming={cursor[:-2]}", "upcoming=x", f"past={cursor}"):
        ada.get(f"/account?{attempt}")
        assert refs(ada.page) == first, attempt
    ada.get(f"/account?upcoming={cursor}")
    assert len(refs(ada.page)) == 2


def test_the_calendar_shows_the_month_in_both_forms(world, ada):
    b = world.book(at(10, 15))
    ada.get("/account?view=calendar&month=2027-03")
    assert ada.page.count(f'href="{account(b)}"') == 2
    assert "10:00 AM" in words(ada.page) and "Wednesday, March 10, 2027" in words(ada.page)
    ada.get("/account?view=calendar&month=2027-04")
    assert account(b) not in ada.page and "No bookings in this month." in words(ada.page)


def test_the_calendar_shows_one_week(world, ada):
    """A30: month, week and day by day; each leads to the others, and a week crosses the end of a month."""
    b = world.book(at(2, 15), staff=world.elena)
    other = world.book(at(8, 15), staff=world.elena)
    ada.get("/account?view=week&day=2027-03-04")
    assert ada.page.count(f'href="{account(b)}"') == 2 and account(other) not in ada.page
    assert "Week of Feb 28, 2027" in words(ada.page) and "Elena Marsh" in words(ada.page)
    for query in ("view=week&amp;day=2027-02-21", "view=week&amp;day=2027-03-07", "view=calendar&amp;month=2027-03"):
        assert f'href="/account?{query}"' in ada.page, query
    ada.get("/account?view=week&day=2027-03-31")
    assert "No bookings in this week." in words(ada.page) and "Thursday, April 1, 2027" not in words(ada.page)
    for odd in ("0001-01-01", "9999-12-31", "x", "2027-02-30"):
        ada.get(f"/account?view=week&day={odd}")


def test_wrong_codes_are_counted_and_the_fifth_ends_the_code(world, visitor):
    visitor.get("/account/login")
    visitor.send("/account/login", email="ada@example.com")
    right = visitor.code("ada@example.com")
    wrong = "000000" if right != "000000" else "111111"
    visitor.get("/account/login/code")
    for left in (4, 3, 2, 1):
        visitor.send("/account/login/code", 422, code=wrong)
        assert f"You have {left} tr" in words(visitor.page)
    visitor.send("/account/login/code", 422, code=wrong)
    visitor.send("/account/login/code", 422, code=right)
    assert "Please ask for a new code." in words(visitor.page)
    visitor.get("/account", 303)


def test_known_and_unknown_addresses_get_the_same_answer(app, world):
    world.book(at(10, 15))
    for start, sent in (("/account/login", "/account/login"), ("/manage", "/manage")):
        answers = []
        for email in ("ada@example.com", "nobody@example.com"):
            visitor = Visitor(app, world)
            visitor.get(start)
            response = visitor.send(sent, 303 if sent.endswith("login") else 200, email=email)
            answers.append((response.status_code, response.headers.get("Location"), visitor.page.replace(email, "")))
        assert answers[0] == answers[1]


def test_too_many_codes_are_refused_with_429(world, visitor):
    for n in range(4):
        visitor.get("/account/login")
        visitor.send("/account/login", 429 if n == 3 else 303, email="ada@example.com")
    assert "Too many attempts. Please try again in" in words(visitor.page)


def test_a_bad_address_is_explained_at_the_field(visitor):
    visitor.get("/account/login")
    visitor.send("/account/login", 422, email="not an address\x00")
    assert 'aria-describedby="email-problem"' in visitor.page and "Please enter an e-mail address" in words(visitor.page)


def test_a_lost_link_goes_to_the_address_of_the_booking(world, visitor):
    b = world.book(at(10, 15))
    visitor.get("/manage")
    visitor.send("/manage", 200, email="ADA@example.com")
    assert [(row.recipient, row.booking_id) for row in world.outbox("manage_link")] == [("ada@example.com", b.id)]


def test_signing_out_ends_the_session_on_the_server(world, ada):
    kept = ada.client.get_cookie("login", domain=f"{world.slug}.localhost")
    ada.get("/account")
    ada.send("/account/logout")
    ada.client.set_cookie("login", kept.value, domain=f"{world.slug}.localhost")
    ada.get("/account", 303)


def test_signing_out_everywhere_ends_the_other_browser_too(app, world, ada):
    other = Visitor(app, world)
    other.sign_in()
    ada.get("/account/profile")
    ada.send("/account/logout-everywhere")
    other.get("/account", 303)


def test_the_cookie_of_one_store_signs_nobody_in_elsewhere(app, owner_url, world, ada):
    elsewhere = Visitor(app, World(owner_url))
    cookie = ada.client.get_cookie("login", domain=f"{world.slug}.localhost")
    elsewhere.client.set_cookie("login", cookie.value, domain=f"{elsewhere.world.slug}.localhost")
    elsewhere.get("/account", 303)


def test_the_profile_is_saved_or_explained(world, ada):
    world.book(at(10, 15))
    ada.get("/account/profile")
    ada.send("/account/profile", 422, name="", phone="12", **{"email.offers": "on"})
    for problem in ("Please enter your name", "Please enter the phone number with its country code", "need at least one channel"):
        assert problem in words(ada.page)
    ada.send("/account/profile", name="Ada \x00 King", phone="+1 212 555 0199", locale="xx", **{"email.transactional": "on"})
    ada.get("/account/profile?saved")
    assert 'value="Ada King"' in ada.page and 'value="+12125550199"' in ada.page and "Saved." in words(ada.page)


def test_the_feed_has_a_secret_address_until_it_is_renewed_or_ended(world, ada):
    world.book(at(10, 15))
    ada.get("/account/feed")
    paths = []
    for _ in range(2):
        ada.send("/account/feed", 200)
        paths.append(ada.page.split('value="http://')[1].split('"')[0].partition("/")[2])
    ada.client.delete_cookie("login", domain=f"{world.slug}.localhost")
    calendar = ada.get(f"/{paths[1]}").get_data(as_text=True)
    assert "BEGIN:VEVENT" in calendar and "ada@example.com" not in calendar
    gone, near, far = (world.book(day, override=True) for day in (at(1, 15), at(2, 15), datetime(2030, 3, 11, 14, tzinfo=UTC)))
    world.set_clock(gone.starts_at + timedelta(days=90, minutes=1))
    shown = ada.get(f"/{paths[1]}").get_data(as_text=True)
    assert [f"UID:{b.ref}@" in shown for b in (gone, near, far)] == [False, True, True], "the last 90 days, and whatever is to come (R39)"
    world.set_clock(at(1, 12))
    ada.get(f"/{paths[0]}", 404)
    ada.sign_in()
    ada.get("/account/feed")
    ada.send("/account/feed", stop="1")
    ada.get(f"/{paths[1]}", 404)

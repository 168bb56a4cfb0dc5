"""Booking through the pages, and a shop that takes no new bookings (A125, R12, R47, D33c)."""

from __future__ import annotations

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.services import update_service
from booking.actions.stores import update_store
from tests.storefront.visitor import Visitor, account, link, words
from tests.support.world import MERCHANT, at

TIME = "2027-03-11T16:00:00+00:00"


def choose(visitor: Visitor, service: int, **form: str) -> str:
    visitor.get("/book")
    assert f'href="/book/{service}"' in visitor.page
    visitor.get(f"/book/{service}?day=2027-03-11&month=2027-03")
    return visitor.send(f"/book/{service}", at=TIME, **form).headers["Location"]


def test_a_guest_books_and_lands_on_the_link(world, visitor):
    details = choose(visitor, world.service, staff=str(world.tom))
    visitor.get(details)
    assert "Thursday, March 11, 2027 11:00 AM to 12:00 PM EST Tom Okonkwo, Harbor Street" in words(visitor.page)
    done = visitor.send(f"/book/{world.service}/details", name="Bea", email="bea@example.com", phone="").headers["Location"]
    assert done.startswith("/manage/")
    visitor.get(done)
    assert "You are booked" in words(visitor.page) and "b•••@example.com" in words(visitor.page)
    assert len(world.outbox("booking_confirmed")) == 1


def test_someone_signed_in_types_nothing_and_lands_in_the_account(world, ada):
    ada.get(choose(ada, world.service))
    assert 'name="email"' not in ada.page
    ada.get(ada.send(f"/book/{world.service}/details").headers["Location"])
    assert "You are booked" in words(ada.page)


def test_the_chosen_time_is_kept_while_details_are_typed(app, world, visitor):
    details = choose(visitor, world.service, staff=str(world.elena))
    late = Visitor(app, world)
    late.get(f"/book/{world.service}")
    late.send(f"/book/{world.service}", 409, at=TIME, staff=str(world.elena))
    assert "That time has just been taken. Please choose another one." in words(late.page)
    visitor.get(details)
    visitor.send(f"/book/{world.service}/details", name="Bea", email="bea@example.com")


def test_what_is_missing_is_said_at_the_field_and_nothing_typed_is_lost(world, visitor):
    visitor.get(choose(visitor, world.service))
    visitor.send(f"/book/{world.service}/details", 422, name="Bea & Co", email="nope", phone="12", notes="Knee <hurts>")
    assert 'aria-describedby="email-problem"' in visitor.page
    assert 'value="Bea &amp; Co"' in visitor.page and "Knee &lt;hurts&gt;" in visitor.page
    assert world.customers() == 0


@pytest.mark.parametrize("name", ["", " \u00a0 "])
def test_a_guest_says_who_comes(world, visitor, name):
    """The field is marked as required: what the browser would not send is refused here too, together with all else that is wrong."""
    visitor.get(choose(visitor, world.service))
    visitor.send(f"/book/{world.service}/details", 422, name=name, email="bea@example.com")
    assert 'aria-describedby="name-problem"' in visitor.page and "Please enter your name" in visitor.page and "email-problem" not in visitor.page
    visitor.send(f"/book/{world.service}/details", 422, name=name, email="", phone="12")
    assert all(f'id="{field}-problem"' in visitor.page for field in ("name", "email", "phone"))
    assert world.customers() == 0 and world.sql("select count(*) from bookings") == [(0,)]
    visitor.send(f"/book/{world.service}/details", name="Bea", email="bea@example.com")


def test_a_request_waits_and_says_until_when(world, visitor):
    update_service(world.store_id, MERCHANT, world.service, policy={"approval": "manual", "approval_hours": 12})
    visitor.get(choose(visitor, world.service))
    assert "Send request" in words(visitor.page)
    visitor.get(visitor.send(f"/book/{world.service}/details", name="Bea", email="bea@example.com").headers["Location"])
    assert "Your request is in" in words(visitor.page) and "Harbor Massage answers by" in words(visitor.page)


@pytest.mark.parametrize(("notice", "asks"), [("P30D", True), ("P2D", False)])
def test_where_only_short_notice_waits_the_page_says_whether_this_does(world, visitor, notice, asks):
    """R17: on March 1 for March 11."""
    service = world.add_service("Facial", policy={"approval": "by_notice", "approval_notice": notice})
    visitor.get(choose(visitor, service))
    assert ("Send request" in words(visitor.page)) is asks and ("confirms each request personally" in words(visitor.page)) is asks
    done = visitor.send(f"/book/{service}/details", name="Bea", email="bea@example.com").headers["Location"]
    assert ("done=requested" in done) is asks, done


def test_a_paused_shop_takes_no_bookings_and_keeps_those_there_are(world, visitor):
    b = world.book(at(10, 15))
    visitor.get(f"/book/{world.service}")
    form = visitor.page
    update_store(world.store_id, MERCHANT, open_for_booking=False)
    visitor.get("/book")
    assert "is not taking new bookings online at the moment" in words(visitor.page)
    assert visitor.get(f"/book/{world.service}", 303).headers["Location"] == "/book"
    visitor.get("/book/1", 404)
    visitor.page = form
    assert visitor.send(f"/book/{world.service}", at=TIME).headers["Location"] == "/book"
    assert world.sql("select count(*) from holds") == [(0,)]
    visitor.sign_in()
    visitor.get(account(b, "cancel"))
    visitor.get(link(b, "reschedule"))
    visitor.get(link(b, "cancel"))
    visitor.send(link(b, "cancel"))
    assert world.read(b.ref).status == "cancelled"


def test_book_again_leads_to_the_same_service_and_person(world, ada):
    """A150, R4: a closed booking's page offers its own service again; the short address of a service does the same."""
    b = world.book(at(10, 15), staff=world.tom)
    cancel_booking(world.store_id, MERCHANT, b.ref)
    ada.get(link(b))
    assert f'href="/book/{world.service}?staff={world.tom}"' in ada.page
    for path in (f"/product:{world.service}/staff:{world.tom}", f"/product:{world.service}"):
        ada.get(ada.get(path, 302).headers["Location"])
        assert ("staff:" in path) == (f'value="{world.tom}" selected' in ada.page)
    ada.get(ada.get("/product:12", 302).headers["Location"], 404)
    update_service(world.store_id, MERCHANT, world.service, active=False)
    ada.get(link(b))
    assert 'class="button" href="/book"' in ada.page

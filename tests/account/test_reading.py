"""What the extension sees of bookings (design 4.3; A24-A28, R4, R10)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from booking.access import login_hash
from booking.actions.cancel_booking import cancel_booking
from booking.actions.locations import create_location
from booking.actions.mark_booking import arrive_booking
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from booking.actions.sign_in import open_login
from booking.actions.stores import update_store
from models.actor import SYSTEM
from models.booking import Booking
from models.booking_list import Listed, ListedBooking
from models.session import reading, transaction
from tests.support.shopify import ADA, BEA
from tests.support.world import MERCHANT, at


def test_both_lists(world, ada):
    soon, later = world.sold(at(10, 15), paid=2500), world.sold(at(12, 15))
    gone = world.sold(at(11, 15))
    cancel_booking(world.store_id, MERCHANT, gone.ref)
    upcoming, past = ada.get("/bookings"), ada.get("/bookings", when="past")
    assert [b["ref"] for b in upcoming["items"]] == [soon.ref, later.ref] and upcoming["next"] is None
    assert [(b["ref"], b["status"]) for b in past["items"]] == [(gone.ref, "cancelled")]
    first = upcoming["items"][0]
    assert first["starts_at"] == "2027-03-10T10:00:00-05:00" and first["zone"] == "America/New_York"
    assert first["when"] == "Wed, Mar 10, 2027, 10:00 AM EST"
    assert (first["service_name"], first["staff_name"], first["location_name"]) == ("Massage", "Elena Marsh", "Harbor Street")
    assert (first["price"], first["paid"], first["owed"]) == (
        {"amount": 8000, "currency": "USD"}, {"amount": 2500, "currency": "USD"}, {"amount": 0, "currency": "USD"})
    assert first["can_reschedule"] and first["can_cancel"] and not past["items"][0]["can_cancel"]


def test_where_the_week_begins(world, ada):
    """By the region of the language the page around asks for, else of the shop (R46)."""
    b = world.sold(at(10, 15))
    for path in ("/bookings", "/bookings?from=2027-03-01&to=2027-03-31", f"/bookings/{b.ref}"):
        assert [ada.send("GET", path, language=said).json["week_starts"] for said in ("en", "de", "en-GB", "ar-EG")] == ["sun", "sun", "mon", "sat"]


def test_paging_shows_each_booking_once(world, ada):
    refs = [world.sold(at(day, hour)).ref for day in range(10, 15) for hour in (14, 15, 16, 17, 18)]
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = ada.get("/bookings", **({"cursor": cursor} if cursor else {}))
        seen += [b["ref"] for b in page["items"]]
        cursor, pages = page["next"], pages + 1
        if pages == 1:
            world.sold(at(10, 19))  # arrives while the list is walked, before the place reached
    assert seen == refs and pages == 2


@pytest.mark.parametrize("when", ["upcoming", "past"])
def test_what_moves_while_the_list_is_walked_is_shown_once(world, ada, when):
    """The first goes behind the place reached, the last before it (I66)."""
    booked = [world.sold(at(day, hour)) for day in range(10, 15) for hour in (14, 15, 16, 17, 18)]
    refs = [b.ref for b in booked]
    if when == "past":
        world.set_clock(at(20, 12))
        refs.reverse()
    page = ada.get("/bookings", when=when)
    ends = [at(9, 19), at(16, 19)]
    for ref, to in zip((refs[0], refs[-1]), ends if when == "past" else reversed(ends), strict=True):
        with transaction(world.store_id, SYSTEM) as tx:
            tx.db.execute(update(Booking).where(Booking.store_id == world.store_id, Booking.ref == ref).values(
                starts_at=to, ends_at=to + timedelta(hours=1), local_start=to.replace(tzinfo=None) - timedelta(hours=4)))
            tx.audit("reschedule_booking", booking_id=next(b.id for b in booked if b.ref == ref))
    rest = ada.get("/bookings", when=when, cursor=page["next"])
    assert sorted(b["ref"] for b in page["items"] + rest["items"]) == sorted(refs) and rest["next"] is None


def test_a_cursor_belongs_to_one_customer_and_list(world, ada, as_customer):
    for day in range(10, 15):
        for hour in (14, 15, 16, 17, 18):
            world.sold(at(day, hour))
    cursor = ada.get("/bookings")["next"]
    world.sold(at(20, 15), gid=BEA, email="bea@example.com")
    assert as_customer(BEA).refused(422, "invalid", "GET", "/bookings", query_string={"cursor": cursor})["errors"][0]["field"] == "cursor"
    ada.refused(422, "invalid", "GET", "/bookings", query_string={"cursor": cursor, "when": "past"})
    ada.refused(422, "invalid", "GET", "/bookings", query_string={"cursor": cursor[:-2]})


def test_the_days_of_a_calendar(world, ada):
    inside = [world.sold(at(10, 15)).ref, world.sold(at(31, 20)).ref]
    world.sold(at(2, 15, month=4))
    cancelled = world.sold(at(15, 15))
    cancel_booking(world.store_id, MERCHANT, cancelled.ref)
    found = ada.get("/bookings", **{"from": "2027-03-01", "to": "2027-03-31"})["items"]
    assert [b["ref"] for b in found] == [inside[0], cancelled.ref, inside[1]]
    for wrong in ({"from": "2027-03-01"}, {"from": "2027-03-01", "to": "2027-06-01"}, {"from": "2027-03-05", "to": "2027-03-01"},
                  {"from": "x", "to": "2027-03-01"}):
        ada.refused(422, "invalid", "GET", "/bookings", query_string=wrong)


def test_what_is_online_is_told_in_the_customers_zone(world, ada):
    """R13: sentences and the days of a calendar; instants keep the offset of the booking's own zone."""
    room = create_location(world.store_id, MERCHANT, name="Video room", zone="America/New_York", kind="online", meeting_url="https://meet.example/x").facts["id"]
    talk = world.add_service("Talk", staff=[world.staff("Vera Line", location_id=room)])
    b, here = world.sold(at(31, 14), service=talk), world.sold(at(30, 14))
    assert ada.get(f"/bookings/{b.ref}")["when_there"] is None
    world.as_owner("update customers set zone = 'Asia/Tokyo' where store_id = %s and id = %s", world.store_id, b.customer_id)
    shown = ada.get(f"/bookings/{b.ref}")
    assert (shown["when"], shown["when_there"]) == ("Wed, Mar 31, 2027, 11:00 PM JST", "Wed, Mar 31, 2027, 10:00 AM EDT")
    assert (shown["starts_at"], shown["zone"], shown["days"]) == ("2027-03-31T10:00:00-04:00", "America/New_York", ["2027-03-31"])
    assert shown["actions"]["cancel"]["sentence"] == "You can cancel this until Tue, Mar 30, 2027, 11:00 PM JST."
    assert [fact["value"] for fact in shown["facts"] if fact["label"] in ("Date", "Time", "Time at Harbor Massage")] == [
        "Wednesday, March 31, 2027", "11:00 PM to 12:00 AM JST", "Wed, Mar 31, 2027, 10:00 AM EDT"]
    moved = reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(31, 15)).booking
    assert ada.get(f"/bookings/{moved.ref}")["days"] == ["2027-04-01"]
    for first, last, refs in (("2027-03-01", "2027-03-31", [here.ref]), ("2027-04-01", "2027-04-30", [moved.ref])):
        assert [one["ref"] for one in ada.get("/bookings", **{"from": first, "to": last})["items"]] == refs
    assert ada.get(f"/bookings/{here.ref}")["when"] == "Tue, Mar 30, 2027, 10:00 AM EDT"


def test_a_booking_over_midnight_belongs_to_both_days(world, ada):
    late = world.sold(at(11, 4, 30), override=True)
    for day in ("2027-03-10", "2027-03-11"):
        assert [one["days"] for one in ada.get("/bookings", **{"from": day, "to": day})["items"]] == [["2027-03-10", "2027-03-11"]]
    assert ada.get("/bookings", **{"from": "2027-03-12", "to": "2027-03-12"})["items"] == [] and late.zone == "America/New_York"


def test_the_bookings_of_an_order(world, ada, as_customer):
    first, second, _ = world.sold(at(10, 15)), world.sold(at(11, 15)), world.sold(at(12, 15))
    theirs = world.sold(at(13, 15), gid=BEA, email="bea@example.com")
    cancel_booking(world.store_id, MERCHANT, second.ref)
    order = "gid://shopify/Order/5001"
    for b in (first, second, theirs):
        world.bought(b, order)
    assert [b["ref"] for b in ada.get("/bookings", order=order)["items"]] == [first.ref, second.ref]
    assert [b["ref"] for b in as_customer(BEA).get("/bookings", order=order)["items"]] == [theirs.ref]
    assert ada.get("/bookings", order="gid://shopify/Order/5002")["items"] == []
    ada.refused(422, "invalid", "GET", "/bookings", query_string={"order": "5001"})


def test_one_booking_with_what_may_be_done(world, ada):
    b = world.sold(at(10, 15), paid=2500)
    shown = ada.get(f"/bookings/{b.ref}")
    assert set(shown["actions"]) == {"reschedule", "cancel", "feedback", "waitlist", "card", "offers"}
    assert shown["actions"]["reschedule"] == {
        "allowed": True, "reason": None, "sentence": "You can change this until Tue, Mar 9, 2027, 10:00 AM EST.", "deadline": "2027-03-09T10:00:00-05:00",
        "deadline_text": None}
    assert shown["actions"]["cancel"]["allowed"] and shown["version"] == 1 and shown["closed"] is False
    for kind in ("feedback", "waitlist", "card", "offers"):
        assert shown["actions"][kind]["allowed"] is False and shown["actions"][kind]["sentence"], kind
    assert {"label": "Where", "value": "Harbor Street, 48 Harbor Street"} in shown["facts"]
    assert {"label": "Deposit", "value": "$25 paid"} in shown["facts"]
    assert shown["customer"] == {"name": "Ada Archer", "email": "ada@example.com", "phone": "+12125550101"}
    assert shown["policy"] and "conflict" not in shown


def test_after_the_end_the_way_to_book_again_is_there(app, world, ada):
    """R4, as on the page; not while the shop takes no bookings (R47)."""
    b = world.sold(at(10, 15))
    assert ada.get(f"/bookings/{b.ref}")["anew"] is None
    cancel_booking(world.store_id, MERCHANT, b.ref)
    anew = ada.get(f"/bookings/{b.ref}")["anew"]
    assert anew["text"] == "Book again"
    visited = app.test_client().get(anew["url"])
    assert visited.status_code == 200 and "Massage" in visited.text
    update_store(world.store_id, MERCHANT, open_for_booking=False)
    assert ada.get(f"/bookings/{b.ref}")["anew"] is None


def test_cancelling_says_until_when_and_under_which_terms(world, ada):
    """A151, R10: the same as on the page."""
    update_store(world.store_id, MERCHANT, terms="No dogs.\n\nNo shoes.\n")
    quote = ada.get(f"/bookings/{world.sold(at(10, 15), paid=2500).ref}/cancellation")
    assert quote["terms"] == {"title": "Terms of Harbor Massage", "lines": ["No dogs.", "No shoes."]}
    assert quote["notes"] == ["You can cancel this until Tue, Mar 9, 2027, 10:00 AM EST."], "one time is told once"
    update_store(world.store_id, MERCHANT, terms=" ")
    assert ada.get(f"/bookings/{world.sold(at(11, 15)).ref}/cancellation")["terms"] is None


def test_the_links_open_the_booking_without_another_login(app, world, ada):
    links = ada.get(f"/bookings/{world.sold(at(10, 15)).ref}")["links"]
    client = app.test_client()
    for name, kind in (("page", "text/html"), ("calendar", "text/calendar"), ("card", "text/html")):
        path = links[name].removeprefix(f"http://{world.slug}.localhost")
        response = client.get(path, base_url=f"http://{world.slug}.localhost")
        assert (response.status_code, response.mimetype) == (200, kind), links[name]


def test_exactly_at_the_notice_is_allowed_and_a_microsecond_later_is_not(world, ada):
    b = world.sold(at(10, 15))
    world.set_clock(at(9, 15))
    assert ada.get(f"/bookings/{b.ref}")["actions"]["reschedule"]["allowed"]
    assert ada.get(f"/bookings/{b.ref}/cancellation")["outcome"] == "none"
    world.set_clock(at(9, 15) + timedelta(microseconds=1))
    late = ada.get(f"/bookings/{b.ref}")["actions"]
    sentence = "This booking is within 24h of the appointment time and can't be rescheduled online. Please contact Harbor Massage directly."
    assert late["reschedule"] == {"allowed": False, "reason": "too_late", "sentence": sentence, "deadline": "2027-03-09T10:00:00-05:00",
                                  "deadline_text": "You could change this until Tue, Mar 9, 2027, 10:00 AM EST."}
    assert "Moving online ended Tue, Mar 9, 2027, 10:00 AM EST." in ada.get(f"/bookings/{b.ref}")["policy"]
    problem = ada.refused(409, "too_late", "GET", f"/bookings/{b.ref}/slots", query_string={"from": "2027-03-10", "to": "2027-03-12"})
    assert problem["detail"] == sentence and problem["deadline"] == "2027-03-09T15:00:00+00:00"
    assert "cancelled online" in ada.refused(409, "too_late", "GET", f"/bookings/{b.ref}/cancellation")["detail"]


def test_checked_in_and_closed_say_why(world, ada):
    here, over = world.sold(at(10, 15)), world.sold(at(11, 15), paid=2500)
    world.take_cards()
    arrive_booking(world.store_id, MERCHANT, here.ref)
    cancel_booking(world.store_id, MERCHANT, over.ref)
    assert ada.get(f"/bookings/{here.ref}")["actions"]["cancel"]["sentence"] == "You've been checked in. Please speak to Harbor Massage."
    ada.refused(409, "checked_in", "GET", f"/bookings/{here.ref}/cancellation")
    shown = ada.get(f"/bookings/{over.ref}")
    assert shown["closed"] and shown["actions"]["reschedule"]["reason"] == "closed" and shown["policy"] == []
    assert shown["money"].startswith("You'll be refunded $25 to the card you paid with")
    assert ada.refused(409, "closed", "GET", f"/bookings/{over.ref}/cancellation")["state"] == "cancelled"


def test_the_same_bookings_as_on_the_portal(world, ada):
    """A26: the list of the account page and of the extension."""
    for day in (10, 11, 12):
        world.sold(at(day, 15))
    customer = world.sql("select id from customers where shopify_id = %s", ADA)[0][0]
    with transaction(world.store_id, SYSTEM) as tx:
        secret = open_login(tx, customer, "a browser")
    with reading(world.store_id) as tx:
        groups = Listed(tx, login_hash(world.store_id, secret)).groups()
    assert [[b.ref for b in group] for group in groups] == [[b["ref"] for b in ada.get("/bookings", when=when)["items"]] for when in ("upcoming", "past")]
    assert len(groups[0]) == 3


@pytest.mark.parametrize("own", [None, {"cancel": {"notice": "PT0S"}}])
def test_a_line_of_the_list_says_what_the_booking_itself_says(world, own):
    """Names, switches and both policies are those of each booking's own service, staff member and place, or the shop's."""
    first, second, over = world.book(at(10, 15)), world.book(at(11, 15), staff=world.tom), world.book(at(12, 15))
    cancel_booking(world.store_id, MERCHANT, over.ref)
    update_service(world.store_id, MERCHANT, world.service, policy=own, cancel="off")
    update_store(world.store_id, MERCHANT, policy={"reschedule": {"notice": "PT1H"}})
    with transaction(world.store_id, SYSTEM) as tx:
        secret = open_login(tx, first.customer_id, "a browser")
    with reading(world.store_id) as tx:
        upcoming, past = Listed(tx, login_hash(world.store_id, secret)).groups()
    assert [b.ref for b in (*upcoming, *past)] == [first.ref, second.ref, over.ref]
    for line in (*upcoming, *past):
        whole = world.read(line.ref)
        assert {name: getattr(line, name) for name in ListedBooking._fields} == {name: getattr(whole, name) for name in ListedBooking._fields}
        assert line.policy_now != line.policy_copy and line.service_cancel == "off"


def test_an_unknown_customer_sees_an_empty_account(world, as_customer):
    """No guessing by e-mail: the address proves nothing until Shopify has verified it (R9)."""
    world.book(at(10, 15))
    stranger = as_customer("gid://shopify/Customer/4711")
    for query in ({}, {"when": "past"}, {"from": "2027-03-01", "to": "2027-03-31"}):
        assert stranger.get("/bookings", **query) == {"items": [], "next": None, "week_starts": "sun"}
    stranger.refused(404, "not_found", "GET", "/profile")
    stranger.refused(404, "not_found", "PATCH", "/profile", {"name": "X"})

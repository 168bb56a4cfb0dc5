"""Full classes a customer of the online shop waits for, as JSON (R34)."""

from __future__ import annotations

from datetime import timedelta

from booking.actions.create_booking import create_booking
from booking.actions.decline_booking import decline_booking
from booking.actions.join_class_waitlist import join_class_waitlist
from booking.actions.locations import create_location
from booking.actions.people import Person
from booking.actions.sessions import create_session
from booking.actions.wait_again import wait_again
from models.actor import Actor
from tests.support.shopify import BEA
from tests.support.world import MERCHANT, OPEN, at

GUEST = Actor("customer", "account")


def waiting(world, *customers: int | None) -> list[int]:
    """Entries of these customers, in this order, for a date that is full; None is someone from outside."""
    yoga = world.add_service("Yoga", capacity=8, staff=[world.elena])
    session = world.session(yoga, at(10, 15), 1)
    world.book(at(10, 15), service=yoga, email="taken@example.com")
    made = []
    for customer in customers:
        world.set_clock(world.now + timedelta(seconds=1))
        made.append(join_class_waitlist(world.store_id, GUEST, session, seats=1, customer_id=customer, source="",
                                        person=None if customer else Person("Guest", "guest@example.com", "", "en")).facts["id"])
    return made


def test_list_and_leave(world, ada, as_customer):
    b = world.sold(at(11, 15))
    assert ada.get("/class-waits") == {"items": [], "next": None}
    other, mine = waiting(world, None, b.customer_id)
    found, = ada.get("/class-waits")["items"]
    assert (found["id"], found["service_name"], found["place"], found["held"]) == (str(mine), "Yoga", 2, None)
    assert found["starts_at"] == "2027-03-10T10:00:00-05:00" and found["place_text"] == "Number 2 in line" and f"/waitlist/{mine}?token=" in found["url"]
    assert as_customer(BEA).get("/class-waits")["items"] == []
    as_customer(BEA).refused(404, "not_found", "DELETE", f"/class-waits/{mine}")
    for wrong in (other, "x", "9" * 40):
        ada.refused(404, "not_found", "DELETE", f"/class-waits/{wrong}")
    assert ada.send("DELETE", f"/class-waits/{mine}").json == {"items": [], "next": None}
    assert ada.send("DELETE", f"/class-waits/{mine}").status_code == 200
    assert [row.state for row in world.sql("select state from waitlist_entries order by created_at, id")].count("waiting") == 1


def test_what_is_held_now_with_its_page(world, ada):
    from booking.actions.cancel_booking import cancel_booking
    from sync.beat import serve_waitlist

    b = world.sold(at(11, 15))
    mine, = waiting(world, b.customer_id)
    cancel_booking(world.store_id, MERCHANT, world.sql("select ref from bookings where session_id is not null")[0].ref, override=True)
    serve_waitlist(world.store_id)
    held = ada.get("/class-waits")["items"][0]["held"]
    assert held["sentence"].startswith("A place is held for you until") and "offer=" in held["url"] and held["expires_at"].endswith("-05:00")


def test_what_is_online_is_told_in_the_customers_own_zone(world, ada):
    """R13, as the booking itself: the sentence in their zone, beside it the time at the place."""
    b, talk, mia = online(world, ada)
    session = create_session(world.store_id, MERCHANT, service_id=talk, staff_id=mia, starts_at=at(11, 3, 30), capacity=1).facts["id"]
    world.book(at(11, 3, 30), service=talk, staff=mia, email="taken@example.com")
    join_class_waitlist(world.store_id, GUEST, session, customer_id=b.customer_id)
    found, = ada.get("/class-waits")["items"]
    assert (found["when"], found["when_there"]) == ("Thu, Mar 11, 2027, 12:30 PM JST", "Wed, Mar 10, 2027, 10:30 PM EST")
    assert (found["starts_at"], found["zone"]) == ("2027-03-10T22:30:00-05:00", "America/New_York")


def test_free_times_online_stand_under_the_days_of_their_own_zone(world, ada):
    """As on the page of the portal: 9 PM in New York is the next morning in Tokyo."""
    _, _, mia = online(world, ada)
    call = world.add_service("Call", staff=[mia])
    b = world.sold(at(10, 15), service=call, staff=mia)
    times = ada.get(f"/bookings/{b.ref}/slots", **{"from": "2027-03-12", "to": "2027-03-12"})
    [day] = times["days"]
    assert (times["zone"], times["first"], day["date"], len(day["slots"])) == ("Asia/Tokyo", "2027-03-01", "2027-03-12", 93)
    assert (day["slots"][0]["starts_at"], day["slots"][-1]["starts_at"]) == ("2027-03-12T00:00:00+09:00", "2027-03-12T23:45:00+09:00")
    longest = ada.get(f"/bookings/{b.ref}/slots", **{"from": "2027-03-12", "to": "2027-05-12"})["days"]
    assert (len(longest), longest[-1]["date"]) == (62, "2027-05-12")


def online(world, ada):
    """A booking of Ada's, whose zone is Tokyo; a class and a person who works online around the clock."""
    room = create_location(world.store_id, MERCHANT, name="Video room", zone="America/New_York", kind="online", meeting_url="https://meet.example/x").facts["id"]
    mia = world.staff("Mia Chen", location_id=room, hours={day: [["00:00", "24:00"]] for day in OPEN})
    b = world.sold(at(12, 15))
    world.as_owner("update customers set zone = 'Asia/Tokyo' where store_id = %s and id = %s", world.store_id, b.customer_id)
    return b, world.add_service("Talk", capacity=8, staff=[mia]), mia


def test_the_time_of_a_declined_request_leads_to_the_page_that_asks_and_stands_among_the_waits(world, ada):
    """D29e: the booking is read-only here too; what is waited for is listed with its place."""
    b = world.sold(at(12, 15))
    asked = create_booking(world.store_id, world.customer(b), service_id=world.add_service("Talk", staff=[world.elena], policy={"approval": "manual"}),
                           starts_at=at(10, 15), customer_id=b.customer_id).booking
    assert ada.get(f"/bookings/{asked.ref}")["again"] is None
    decline_booking(world.store_id, MERCHANT, asked.ref)
    again = ada.get(f"/bookings/{asked.ref}")["again"]
    assert again["text"] == "We can tell you when this time becomes free." and f"/again/{asked.ref}?token=" in again["url"]
    entry = wait_again(world.store_id, world.customer(b), asked.ref).facts["id"]
    assert f"/waitlist/{entry}?token=" in ada.get(f"/bookings/{asked.ref}")["again"]["url"]
    [listed] = ada.get("/class-waits")["items"]
    assert (listed["id"], listed["service_name"], listed["place_text"]) == (str(entry), "Talk", "Number 1 in line")
    assert ada.send("DELETE", f"/class-waits/{entry}").json["items"] == []

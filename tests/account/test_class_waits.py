"""Full classes a customer of the online shop waits for, as JSON (R34)."""

from __future__ import annotations

from datetime import timedelta

from booking.actions.join_class_waitlist import join_class_waitlist
from booking.actions.people import Person
from models.actor import Actor
from tests.support.shopify import BEA
from tests.support.world import MERCHANT, at

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

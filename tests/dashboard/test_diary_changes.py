"""Moving, cancelling and booking for the shop: any time, any money, with what stands against it said first (A37, A54, A103, D26i)."""

from __future__ import annotations

import re

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.reschedule_booking import reschedule_booking
from tests.storefront.visitor import words
from tests.support.world import MERCHANT, NOW, at

STRICT = {"reschedule": {"notice": "P3D"}, "cancel": {"notice": "P3D", "tiers": [
    {"at_least": "P7D", "outcome": "full"}, {"outcome": "partial", "percent": 50}]}}


def trail(world, action):  # noqa: ANN001, ANN201
    return world.sql("select actor_kind, actor_role, before, after, facts from audit_entries where action = %s order by id desc limit 1", action)[0]


def test_a_free_time_is_two_clicks_away(staff, world):
    b = world.book(at(10, 15))
    staff.get(f"/admin/bookings/{b.ref}/move")
    slot = re.search(r'href="([^"]+)" aria-label="Wed, Mar 10, 2027, 11:00 AM EST"', staff.page)[1].replace("&amp;", "&")
    staff.get(slot)
    assert "Please look" not in staff.page
    staff.send(f"/admin/bookings/{b.ref}/move", notify="1")
    assert world.read(b.ref).starts_at == at(10, 16)
    moved = [row for row in world.outbox("booking_moved") if row.recipient == "ada@example.com"]
    assert moved[0].payload["by_name"] == "Sam Staff"


def test_inside_the_notice_and_outside_hours_with_one_more_click(owner, world):
    b = world.book(at(2, 15), service=world.add_service("Strict", policy=STRICT), staff=world.elena)
    owner.get(f"/admin/bookings/{b.ref}/move", query_string={"date": "2027-03-02", "time": "20:30", "staff": str(world.elena)})
    text = words(owner.page)
    assert "inside the notice of the policy: 72 h" in text and "outside working hours" in text and "Move anyway" in text
    assert world.read(b.ref).starts_at == b.starts_at
    owner.send(f"/admin/bookings/{b.ref}/move", notify="1")
    assert world.read(b.ref).starts_at == at(3, 1, 30)
    kind, role, before, after, facts = trail(world, "reschedule_booking")
    assert (kind, role, facts["override"], facts["outside_hours"]) == ("user", "owner", True, True)
    assert (before["starts_at"][:16], after["starts_at"][:16]) == ("2027-03-02T15:00", "2027-03-03T01:30")
    owner.get(f"/admin/bookings/{b.ref}")
    assert "Moved by Sam Owner (owner), dashboard" in words(owner.page) and "by override" in words(owner.page)


def test_over_another_booking_it_becomes_a_conflict(owner, world):
    world.book(at(5, 15))
    b = world.book(at(6, 15), email="b@example.com")
    owner.get(f"/admin/bookings/{b.ref}/move", query_string={"date": "2027-03-05", "time": "10:00"})
    assert "marked as a conflict" in words(owner.page)
    owner.send(f"/admin/bookings/{b.ref}/move")
    assert world.read(b.ref).conflict


def test_what_came_up_since_is_shown_before_anything_moves(owner, world):
    b = world.book(at(6, 15))
    owner.get(f"/admin/bookings/{b.ref}/move", query_string={"date": "2027-03-05", "time": "10:00"})
    world.book(at(5, 15), email="first@example.com")
    owner.send(f"/admin/bookings/{b.ref}/move", 409)
    assert "another booking or time off" in words(owner.page) and world.read(b.ref).starts_at == at(6, 15)
    owner.send(f"/admin/bookings/{b.ref}/move")
    assert world.read(b.ref).starts_at == at(5, 15)


def test_a_stale_move_shows_how_it_is_now(owner, world):
    b = world.book(at(6, 15))
    owner.get(f"/admin/bookings/{b.ref}/move", query_string={"date": "2027-03-05", "time": "10:00"})
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(8, 15))
    owner.send(f"/admin/bookings/{b.ref}/move", 409)
    assert "Someone has changed this booking" in words(owner.page) and "Monday, March 8" in words(owner.page)


@pytest.mark.parametrize(("typed", "said"), [
    ({"date": "2027-03-14", "time": "02:30"}, "this time does not exist"), ({"date": "2027-11-07", "time": "01:30"}, "this time comes twice"),
    ({"date": "soon", "time": "10:00"}, "Please enter a date"), ({"date": "2027-03-05", "time": "25:00"}, "Please enter a time"),
    ({"at": "yesterday"}, "")])
def test_times_that_are_none(owner, world, typed, said):
    b = world.book(at(6, 15))
    owner.get(f"/admin/bookings/{b.ref}/move", 422, query_string=typed)
    assert said in words(owner.page)


def test_of_a_time_that_comes_twice_one_is_chosen(owner, world):
    b = world.book(at(6, 15))
    owner.get(f"/admin/bookings/{b.ref}/move", 422, query_string={"date": "2027-11-07", "time": "01:30"})
    second = re.search(r'href="([^"]+)">Sun, Nov 7, 2027, 1:30 AM EST<', owner.page)[1].replace("&amp;", "&")
    owner.get(second)
    owner.send(f"/admin/bookings/{b.ref}/move")
    assert world.read(b.ref).starts_at == at(7, 6, 30, month=11)


def test_closed_bookings_do_not_move(owner, world):
    b = world.book(at(6, 15))
    cancel_booking(world.store_id, MERCHANT, b.ref)
    for part in ("move", "cancel"):
        owner.get(f"/admin/bookings/{b.ref}/{part}", 409)


@pytest.mark.parametrize(("choice", "owed"), [
    ({"refund": "policy"}, 1250), ({"refund": "full"}, 2500), ({"refund": "none"}, 0), ({"refund": "amount", "amount": "7.35"}, 735)])
def test_the_shop_chooses_what_comes_back(manager, world, choice, owed):
    b = world.book(at(6, 15), paid=2500, method="cash", service=world.add_service("Strict", policy=STRICT), staff=world.elena)
    manager.get(f"/admin/bookings/{b.ref}/cancel")
    assert "$12.50 back, $12.50 kept" in words(manager.page) and "Everything: $25" in words(manager.page)
    manager.send(f"/admin/bookings/{b.ref}/cancel", reason="Flood", notify="1", **choice)
    done = world.read(b.ref)
    assert (done.status, done.owed, done.cancel_reason) == ("cancelled", owed, "Flood")
    assert [row.recipient for row in world.outbox("booking_cancelled")] == ["ada@example.com"]


def test_inside_the_window_the_shop_cancels_all_the_same(owner, world):
    b = world.book(at(2, 15), service=world.add_service("Strict", policy=STRICT), staff=world.elena)
    owner.get(f"/admin/bookings/{b.ref}/cancel")
    assert "inside the notice of the policy" in words(owner.page) and "Cancel anyway" in words(owner.page)
    owner.send(f"/admin/bookings/{b.ref}/cancel", 409, shown="")
    assert world.read(b.ref).status == "confirmed"
    owner.send(f"/admin/bookings/{b.ref}/cancel")
    assert world.read(b.ref).status == "cancelled" and trail(world, "cancel_booking")[4]["override"] is True


def test_held_money_stays_until_someone_lets_it_go(owner, world):
    automatic = STRICT | {"cancel": STRICT["cancel"] | {"refund_mode": "automatic"}}
    for hold, commands in (("1", 0), (None, 1)):
        b = world.book(at(9, 15), paid=2500, service=world.add_service("Card", policy=automatic), staff=world.elena, email=f"h{hold}@example.com")
        world.take_cards()
        owner.get(f"/admin/bookings/{b.ref}/cancel")
        assert "Hold the money" in words(owner.page)
        owner.send(f"/admin/bookings/{b.ref}/cancel", refund="full", **({"hold": hold} if hold else {}))
        assert world.read(b.ref).owed == 2500 and len(world.outbox("execute_refund", channel="stripe")) == commands


def test_a_worse_policy_refund_is_shown_first(owner, world):
    b = world.book(at(9, 15), paid=2500, service=world.add_service("Strict", policy=STRICT), staff=world.elena)
    owner.get(f"/admin/bookings/{b.ref}/cancel")
    world.set_clock(at(3, 12))
    owner.send(f"/admin/bookings/{b.ref}/cancel", 409, refund="policy")
    assert "has changed since" in words(owner.page)
    owner.send(f"/admin/bookings/{b.ref}/cancel", refund="policy")
    assert world.read(b.ref).owed == 1250
    world.set_clock(NOW)


def test_staff_cancel_by_the_policy_only(staff, world):
    b = world.book(at(9, 15), paid=2500, method="cash", service=world.add_service("Strict", policy=STRICT), staff=world.elena)
    staff.get(f"/admin/bookings/{b.ref}/cancel")
    assert "Everything:" not in staff.page
    staff.send(f"/admin/bookings/{b.ref}/cancel", refund="none")
    assert world.read(b.ref).owed == 2500


def test_seats_of_a_party(owner, world):
    service = world.add_service("Class", capacity=6)
    world.session(service, at(9, 15), capacity=6)
    b = world.book(at(9, 15), service=service, staff=world.elena, seats=3, paid=9000, method="cash")
    owner.get(f"/admin/bookings/{b.ref}/cancel", query_string={"seats": "1"})
    assert "Everything: $30" in words(owner.page)
    owner.send(f"/admin/bookings/{b.ref}/cancel", refund="full")
    assert (world.read(b.ref).seats, world.read(b.ref).owed, world.read(b.ref).status) == (2, 3000, "confirmed")


def new(person, world, status=200, **query):  # noqa: ANN001, ANN201
    return person.get("/admin/bookings/new", status, query_string={"service": str(world.service)} | query)


def test_booking_for_someone_new(staff, world):
    staff.get("/admin/bookings/new")
    assert "Massage" in words(staff.page)
    new(staff, world)
    slot = re.search(r'href="([^"]+)" aria-label="Wed, Mar 3, 2027, 10:00 AM EST"', staff.page)[1].replace("&amp;", "&")
    staff.get(slot)
    staff.send("/admin/bookings/new", 422, name="", email="no address", phone="1", amount="abc", notify="1")
    assert 'value="no address"' in staff.page and "Please enter an amount" in words(staff.page)
    staff.send("/admin/bookings/new", 422, name="Bea", email="bea@example.com", phone="", amount="80.01", notify="1")
    assert "That is more than the price." in words(staff.page)
    staff.send("/admin/bookings/new", 422, name="", email="no address", phone="1", amount="", notify="1")
    assert "is not an e-mail address" in words(staff.page) and "is not a phone number" in words(staff.page)
    once = re.search(r'name="once" value="([0-9a-f]+)"', staff.page)[1]
    staff.send("/admin/bookings/new", name="Bea", email="bea@example.com", phone="", amount="25.50", method="external", notify="1")
    made = world.outbox("booking_confirmed")
    assert [row.recipient for row in made] == ["bea@example.com"] and "/manage/" in made[0].payload["manage_url"]
    b = world.read(made[0].payload["booking"]["ref"])
    assert (b.paid, b.starts_at, b.status) == (2550, at(3, 15), "confirmed")
    staff.get(slot)
    staff.send("/admin/bookings/new", once=once, name="Bea", email="bea@example.com", shown="taken")
    assert len(world.outbox("booking_confirmed")) == 1


def test_booking_for_a_known_customer_found_by_name(owner, world):
    b = world.book(at(5, 15))
    new(owner, world, at=at(5, 17).isoformat(), who="archer", staff=str(world.elena))
    address = re.search(r'href="([^"]+customer=\d+[^"]*)"', owner.page)[1].replace("&amp;", "&")
    owner.get(address)
    owner.send("/admin/bookings/new")
    again = world.sql("select ref, customer_id from bookings order by created_at, starts_at")
    assert len(again) == 2 and again[1][1] == b.customer_id and len(world.outbox("booking_confirmed")) == 1


def test_booking_outside_hours_takes_one_more_click(owner, world):
    new(owner, world, date="2027-03-05", time="22:00", staff=str(world.tom))
    assert "outside working hours" in words(owner.page)
    owner.send("/admin/bookings/new", 409, name="Eve", shown="")
    owner.send("/admin/bookings/new", name="Eve")
    assert world.sql("select starts_at from bookings")[0][0] == at(6, 3)
    assert trail(world, "create_booking")[4]["outside_hours"] is True


def test_classes_have_their_dates_only(owner, world):
    service = world.add_service("Class", capacity=2, staff=[world.elena])
    world.session(service, at(9, 15), capacity=2)
    owner.get("/admin/bookings/new", query_string={"service": str(service), "from": "2027-03-08"})
    assert "2 places left" in words(owner.page)
    owner.get("/admin/bookings/new", 409, query_string={"service": str(service), "at": at(9, 16).isoformat()})
    assert "There is no class date at this time" in words(owner.page)

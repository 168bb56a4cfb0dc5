"""What waits for the shop: requests, refunds owed, conflicts (R16, R17, R23, R24, E102)."""

from __future__ import annotations

import re

from booking.actions.blocks import create_block
from booking.actions.cancel_booking import cancel_booking
from booking.actions.create_visit import VisitPart, create_visit
from booking.actions.people import Person
from booking.actions.record_payment import record_payment
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.visits import reschedule_visit
from models.actor import Actor
from tests.storefront.visitor import words
from tests.support.world import MERCHANT, NOW, World, at

GUEST = Actor("customer", "account")


def test_requests_by_deadline_and_answered_from_the_list(manager, world):
    service = world.add_service("Consultation", policy={"approval": "manual"})
    late, soon = (world.book(at(day, 15), service=service, by=GUEST, email=f"r{day}@example.com") for day in (9, 2))
    manager.get("/admin/approvals")
    assert manager.page.index(soon.ref) < manager.page.index(late.ref)
    answer = manager.post(f"/admin/bookings/{late.ref}/approve", version=late.version, back="/approvals")
    assert answer.headers["Location"].startswith("/admin/approvals")
    manager.get("/admin/approvals")
    assert late.ref not in manager.page
    manager.post(f"/admin/bookings/{soon.ref}/decline", version=soon.version, back="https://evil.example")
    manager.get("/admin/approvals")
    assert "Nothing waits" in words(manager.page)


def test_a_move_that_waits_tells_the_old_time(manager, world):
    service = world.add_service("Consultation", policy={"approval": "manual"}, staff=[world.elena])
    b = world.book(at(9, 15), service=service, staff=world.elena)
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(10, 16))
    manager.get("/admin/approvals")
    assert "Wed, Mar 10, 2027, 11:00 AM EST" in words(manager.page) and "Now at Tue, Mar 9, 2027, 10:00 AM EST" in words(manager.page)


def test_a_move_whose_old_time_is_given_up_says_what_no_answer_means(manager, world):
    service = world.add_service("Consultation", policy={"approval": "manual", "release_old_slot_at_once": True}, staff=[world.elena])
    b = world.book(at(9, 15), service=service, staff=world.elena)
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(10, 16))
    manager.get("/admin/approvals")
    assert "Before at Tue, Mar 9, 2027, 10:00 AM EST, which is free again: without an answer the booking ends" in words(manager.page)
    manager.get(f"/admin/bookings/{b.ref}")
    assert "That time is free again; without an answer the booking ends." in words(manager.page) and "Both times are kept" not in words(manager.page)


def test_an_answer_to_a_part_of_a_visit_is_for_all_of_it(manager, world):
    """R32."""
    parts = [world.add_service(name, policy={"approval": "manual"}) for name in ("Colour", "Cut")]
    made = create_visit(world.store_id, MERCHANT, person=Person("Ada Archer", "ada@example.com"), starts_at=at(9, 15),
                        parts=[VisitPart(part, world.elena) for part in parts]).bookings
    reschedule_visit(world.store_id, world.customer(made[0]), made[0].ref, starts_at=at(10, 15))
    manager.get("/admin/approvals")
    assert words(manager.page).count("It is part of a visit: your answer is for all of it.") == 2
    manager.get(f"/admin/bookings/{made[1].ref}")
    assert "your answer is for all of it" in words(manager.page)
    manager.post(f"/admin/bookings/{made[1].ref}/approve", version=world.read(made[1].ref).version, back="/approvals")
    manager.get("/admin/approvals")
    assert "Nothing waits" in words(manager.page) and {world.read(b.ref).status for b in made} == {"confirmed"}


def owe(world: World, day: int, paid: int = 2500, method: str = "cash") -> None:
    b = world.book(at(day, 15), paid=paid, method=method, email=f"o{day}@example.com")
    cancel_booking(world.store_id, MERCHANT, b.ref, refund="full")


def test_refunds_owed_are_carried_out_with_one_click(manager, world):
    owe(world, 5)
    world.set_clock(at(5, 12))
    owe(world, 6, 1000)
    manager.get("/admin/refunds")
    text = words(manager.page)
    assert "$35 (2)" in text and "Waiting for 4 days" in text and text.count("Waiting for") == 1
    first = re.findall(r"/refunds/(\d+)/execute", manager.page)[0]
    manager.send(f"/admin/refunds/{first}/execute")
    manager.get("/admin/refunds")
    assert "$10 (1)" in words(manager.page)
    manager.send(f"/admin/refunds/{first}/execute", 409)
    assert "carried out already" in words(manager.page)
    manager.get("/admin/refunds", query_string={"show": "done"})
    assert "$25" in words(manager.page) and "Refunded" in words(manager.page)
    world.set_clock(NOW)


def test_a_refund_to_a_card_may_be_noted_as_given_another_way(manager, world):
    """R23: the list says what is still owed, in which parts, and takes either way out."""
    b = world.book(at(5, 15), paid=2500, email="o5@example.com")
    record_payment(world.store_id, MERCHANT, b.ref, {"amount": 1000, "method": "cash"})
    world.take_cards()
    cancel_booking(world.store_id, MERCHANT, b.ref, refund="full", hold_money=True)
    manager.get("/admin/refunds")
    text = words(manager.page)
    assert "$25 by card: Owed" in text and "$10 in cash: Owed" in text and "Refund now" in text and "$35 was given by hand" in text
    refund = re.findall(r"/refunds/(\d+)/execute", manager.page)[0]
    manager.send(f"/admin/refunds/{refund}/execute", by_hand="")
    manager.get("/admin/refunds")
    assert "$10 (1)" in words(manager.page) and "$25 by card: On its way" in words(manager.page)
    assert "Mark as paid back" in words(manager.page) and "Refund now" not in words(manager.page)
    manager.send(f"/admin/refunds/{refund}/execute", by_hand="1")
    manager.get(f"/admin/bookings/{b.ref}")
    assert "$10 in cash: Given by hand" in words(manager.page) and "$25 by card: On its way" in words(manager.page)
    assert "Partly refunded, the rest is owed" in words(manager.page)


def test_money_of_a_card_machine_elsewhere_is_given_back_there(manager, world):
    owe(world, 5, method="card")
    manager.get("/admin/refunds")
    refund = re.findall(r"/refunds/(\d+)/execute", manager.page)[0]
    commands = len(world.outbox("execute_refund", channel="stripe"))
    manager.send(f"/admin/refunds/{refund}/execute")
    manager.get("/admin/refunds")
    assert "On its way" not in words(manager.page) and world.sql("select state from refunds") == [("succeeded",)]
    assert len(world.outbox("execute_refund", channel="stripe")) == commands


def test_refunds_of_other_shops_do_not_exist(manager, staff, owner_url):
    other = World(owner_url)
    owe(other, 5)
    number = other.sql("select id from refunds")[0][0]
    manager.get("/admin/refunds")
    manager.get("/admin/bookings")
    manager.get("/admin")
    manager.post(f"/admin/refunds/{number}/execute", 404)
    staff.get("/admin/refunds", 403)


def test_bookings_over_each_other_and_under_time_off_are_listed(staff, world):
    one = world.book(at(5, 15))
    two = world.book(at(5, 15, 30), email="b@example.com", override=True)
    under = world.book(at(8, 15), email="c@example.com")
    create_block(world.store_id, MERCHANT, staff_id=world.elena, starts_at=at(8, 14), ends_at=at(8, 20), reason="Dentist", override=True)
    staff.get("/admin/conflicts")
    text = words(staff.page)
    assert all(b.ref in staff.page for b in (one, two, under)) and "Dentist" in text and text.count("Friday, March 5, 2027") == 1
    reschedule_booking(world.store_id, MERCHANT, one.ref, starts_at=at(6, 15))
    staff.get("/admin/conflicts")
    assert "Friday, March 5" not in words(staff.page) and "Settled" in words(staff.page)
    staff.send(f"/admin/bookings/{two.ref}/clear-conflict", version=two.version, back="/conflicts")
    assert not world.read(two.ref).conflict
    staff.get("/admin/conflicts")
    assert "Settled" not in words(staff.page)


def test_what_has_passed_is_no_conflict(staff, world):
    world.book(at(5, 15))
    world.book(at(5, 15), email="b@example.com", override=True)
    world.set_clock(at(6, 15))
    staff.get("/admin/conflicts")
    assert "Nothing overlaps" in words(staff.page)
    world.set_clock(NOW)

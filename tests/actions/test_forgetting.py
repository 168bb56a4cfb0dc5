"""Retention: who closed bookings were for is forgotten, the books stay; open ones and debts are left alone (R4, R45)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.actions.booking_notes import add_note
from booking.actions.cancel_booking import cancel_booking
from booking.actions.create_booking import create_booking
from booking.actions.leave_feedback import leave_feedback
from booking.actions.mark_booking import complete_booking
from booking.actions.people import Person
from booking.actions.refund_booking import execute_refund
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.sign_in import Asker, request_login_code
from booking.actions.stores import update_store
from booking.actions.withdraw import declare_withdrawal
from models.actor import SYSTEM, Actor
from models.session import transaction
from sync.beat import tidy
from sync.keeping import forget_past, remind
from tests.actions.test_redact import dump
from tests.support.world import MERCHANT, World, at

CANARY = ("zebulon", "zq@canary.example", "+12125559876", "canarynote", "canarysays", "canaryreason")
NAMED = "select count(*) from bookings where contact_name <> 'Redacted customer'"


@pytest.fixture
def world(db, owner_url) -> World:
    world = World(owner_url)
    update_store(world.store_id, MERCHANT, retention_days=60)
    return world


def visit(world: World, day: int, month: int = 3, **more):  # noqa: ANN201
    person = Person("Zebulon", "zq@canary.example", "+12125559876")
    return create_booking(world.store_id, MERCHANT, service_id=world.service, staff_id=world.elena, starts_at=at(day, 15, month=month),
                          person=person, notes="canarynote", payments=[{"amount": 8000, "method": "cash"}], **more).booking


def test_after_the_period_nothing_says_who_it_was_and_the_books_stay(world, postgres, database_name):
    done, dropped = visit(world, 10), visit(world, 11)
    add_note(world.store_id, MERCHANT, done.ref, "canarynote")
    cancel_booking(world.store_id, MERCHANT, dropped.ref, reason="canaryreason", refund="none")
    world.set_clock(at(10, 17))
    complete_booking(world.store_id, MERCHANT, done.ref)
    leave_feedback(world.store_id, world.customer(done), done.ref, rating=4, comment="canarysays")
    assert all(word in dump(postgres, database_name) for word in CANARY), "the search finds what is there"
    books = world.sql("select ref, status, price, paid, service_id, starts_at from bookings order by ref")
    assert forget_past(world.store_id) == 0
    world.set_clock(at(10, 17) + timedelta(days=59))
    assert forget_past(world.store_id) == 1, "the one cancelled early is 60 days old already"
    world.set_clock(at(10, 17) + timedelta(days=61))
    assert forget_past(world.store_id) == 1 and forget_past(world.store_id) == 0
    left = dump(postgres, database_name)
    assert [word for word in CANARY if word in left] == []
    assert world.sql("select ref, status, price, paid, service_id, starts_at from bookings order by ref") == books
    assert world.sql("select rating::int from feedback") == [(4,)] and world.sql("select count(*) from customers where erased_at is null") == [(0,)]
    assert world.outbox("merchant_customer_erased") == [], "nobody is told of what is routine"


def test_withdrawals_and_reminders_of_refunds_are_forgotten_with_their_booking(world, postgres, database_name):
    """Their messages are about no booking by name of a column; messages about none at all go after a time of their own (R45)."""
    update_store(world.store_id, MERCHANT, withdrawal="everyone")
    b = visit(world, 10)
    declare_withdrawal(world.store_id, Actor("customer", "account"), name="Zebulon", email="zq@canary.example", contract=b.ref,
                       statement="canarysays", asker=Asker("192.0.2.1"))
    cancel_booking(world.store_id, MERCHANT, b.ref, refund="full")
    world.set_clock(at(4, 13))
    assert remind(world.store_id) == 1
    execute_refund(world.store_id, MERCHANT, world.sql("select id from refunds")[0][0])
    request_login_code(world.store_id, Actor("customer", "account"), "passer-by@example.com", challenge="x", asker=Asker("192.0.2.1"))
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.exec_driver_sql("update outbox set state = 'sent' where state = 'due'")
    world.set_clock(at(10, 12, month=5))
    assert forget_past(world.store_id) == 1
    left = dump(postgres, database_name)
    assert [word for word in CANARY if word in left] == [] and len(world.outbox("merchant_withdrawal", "merchant_refunds_owed")) == 2
    tidy()
    assert "passer-by@example.com" in dump(postgres, database_name)
    world.set_clock(at(2, 14, month=6))
    tidy()
    assert "passer-by@example.com" not in dump(postgres, database_name)


def test_who_comes_again_stays_known_with_the_new_booking_only(world):
    old = visit(world, 10)
    world.set_clock(at(10, 17))
    complete_booking(world.store_id, MERCHANT, old.ref)
    new = visit(world, 20, month=5)
    world.set_clock(at(10, 17, month=5) + timedelta(days=5))
    assert forget_past(world.store_id) == 1
    assert world.read(old.ref).contact_name == "Redacted customer" and world.read(new.ref).contact_name == "Zebulon"
    assert world.read(new.ref).customer_email == "zq@canary.example"


def test_what_is_owed_and_what_is_open_is_left_alone(world):
    owed, ahead = visit(world, 10), visit(world, 1, month=8)
    cancel_booking(world.store_id, MERCHANT, owed.ref, refund="full")
    assert world.read(owed.ref).owed == 8000
    world.set_clock(at(30, 12, month=6))
    assert forget_past(world.store_id) == 0 and world.sql(NAMED) == [(2,)]
    world.set_clock(ahead.ends_at + timedelta(days=61))
    assert forget_past(world.store_id) == 1, "it ended long ago, though nobody marked it as completed"
    assert world.sql("select forgotten_before > starts_at from stores, bookings where ref = %s", ahead.ref) == [(True,)]
    assert forget_past(world.store_id) == 0


def test_a_long_list_is_done_in_short_steps(world, monkeypatch):
    monkeypatch.setattr("booking.actions.forget_closed.AT_ONCE", 2)
    for day in range(9, 14):
        cancel_booking(world.store_id, MERCHANT, visit(world, day).ref, refund="none")
    world.set_clock(at(30, 12, month=6))
    assert forget_past(world.store_id) == 5 and world.sql(NAMED) == [(0,)]
    assert world.sql("select count(*) from audit_entries where action = 'forget_booking' and actor_kind = %s", SYSTEM.kind) == [(5,)]


def test_the_beat_sees_to_it(world):
    cancel_booking(world.store_id, MERCHANT, visit(world, 10).ref, refund="none")
    world.set_clock(at(30, 12, month=6))
    tidy()
    assert world.sql(NAMED) == [(0,)] and world.sql("select zone_data is not null from stores") == [(True,)]


def test_where_something_stood_before_it_moved_is_forgotten_when_no_list_is_walked_past_it_any_more(world):
    b = visit(world, 10)
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(11, 15))
    tidy()
    assert world.sql("select thing, starts_at from moved_starts") == [("bookings", b.starts_at)]
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.exec_driver_sql("update moved_starts set moved_at = moved_at - interval '8 days'")
    tidy()
    assert world.sql("select count(*) from moved_starts") == [(0,)]

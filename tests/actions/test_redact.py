"""Erasing a customer: nothing personal stays anywhere, the books and the slot do (R45)."""

from __future__ import annotations

import psycopg
import pytest

from booking.actions.action import Once
from booking.actions.cancel_booking import cancel_booking
from booking.actions.leave_feedback import leave_feedback
from booking.actions.mark_booking import complete_booking
from booking.actions.imports import upload_import
from booking.actions.join_waitlist import join_waitlist
from booking.actions.people import Person
from booking.actions.create_booking import create_booking
from booking.actions.redact_customer import redact_customer
from booking.actions.reply_to_feedback import reply_to_feedback
from booking.actions.sign_in import Asker
from booking.actions.stores import update_store
from booking.actions.webhooks import create_webhook
from booking.actions.withdraw import declare_withdrawal
from booking.links import check_token, manage_token
from booking.privacy import customer_data
from booking.rules.decision import Refused
from booking.webhooks import TOPICS
from messages import render_mail
from models.actor import SYSTEM
from models.session import reading
from sync.keeping import remind
from tests.access.test_email_change import GUEST, change, signed_in
from tests.support.world import MERCHANT, World, at

CANARY = ("zebulon", "quuxley", "zq@canary.example", "+12125559876", "canarynote", "canarysays", "new@canary.example")


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def customer(world) -> int:
    """Someone with a past visit and feedback, a cancelled and an open booking, a session, a changed address, a place in line; the
    shop's own program was told of it, or is to be told; a file that names them waits to be imported; the shop was told of their
    withdrawals, and owes them a refund."""
    create_webhook(world.store_id, MERCHANT, url="https://hooks.example.com/x", topics=TOPICS)
    upload_import(world.store_id, MERCHANT, "old.csv", b"Name,E-mail\nZebulon Quuxley,ZQ@canary.example\n")
    person = Person("Zebulon Quuxley", "zq@canary.example", "+12125559876")
    refs = []
    for day in (10, 11, 20):
        key = Once.of("token:1", f"k{day}", lambda done: {"ref": done.booking.ref, "email": done.booking.contact_email}, day)
        done = create_booking(world.store_id, MERCHANT, service_id=world.service, staff_id=world.elena, starts_at=at(day, 15), person=person,
                              notes="canarynote", payments=[{"amount": 2500, "method": "cash" if day == 11 else "card"}], once=key)
        refs.append(done.answer["ref"])
    cancel_booking(world.store_id, MERCHANT, refs[1], reason="canarynote", refund="full")
    join_waitlist(world.store_id, MERCHANT, refs[2])
    update_store(world.store_id, MERCHANT, withdrawal="everyone")
    for contract in (refs[1], "Order 1001"):
        declare_withdrawal(world.store_id, GUEST, name="Zebulon Quuxley", email="zq@canary.example", contract=contract, statement="canarysays",
                           asker=Asker("192.0.2.1"))
    who = signed_in(world, "zq@canary.example")
    change(world, who, "new@canary.example")
    world.set_clock(at(10, 16))
    visited = complete_booking(world.store_id, MERCHANT, refs[0]).booking
    feedback = leave_feedback(world.store_id, world.customer(visited), refs[0], rating=5, comment="canarysays").facts["id"]
    reply_to_feedback(world.store_id, MERCHANT, feedback, "Thank you, Zebulon")
    return visited.customer_id


def dump(postgres, database_name: str) -> str:
    with psycopg.connect(postgres.admin_url(database_name)) as connection:
        names = [name for (name,) in connection.execute("select tablename from pg_tables where schemaname = 'public'"
                                                           " and tablename <> 'documents'")]  # receipts are kept as issued, by law
        return "\n".join(row for name in names for (row,) in connection.execute(f'select t::text from "{name}" t')).lower()


def test_no_trace_stays_in_any_table(world, customer, postgres, database_name):
    assert remind(world.store_id) == 1
    assert all(word in dump(postgres, database_name) for word in CANARY), "the search finds what is there"
    redact_customer(world.store_id, SYSTEM, customer)
    left = dump(postgres, database_name)
    assert [word for word in CANARY if word in left] == []


def test_what_waits_for_the_shops_programs_still_tells_what_happened_but_not_to_whom(world, customer):
    events = "select id, state, topic, payload #>> '{data,booking,ref}' from outbox where channel = 'webhook' order by id"
    before = world.sql(events)
    redact_customer(world.store_id, SYSTEM, customer)
    assert world.sql(events) == before and len(before) >= 4 and {row[1] for row in before} == {"due"}
    people = {str(row[0]) for row in world.sql("select payload #> '{data,booking,customer}' from outbox where channel = 'webhook'")}
    assert people == {str({"id": str(customer), "name": "Redacted customer", "email": None, "phone": None})}


def test_what_the_shop_was_told_stays_true_without_the_person(world, customer):
    """Its reminder keeps the money, and the name of the other; of a withdrawal it keeps that and when it came (R45, I60)."""
    cancel_booking(world.store_id, MERCHANT, world.book(at(22, 15), email="bea@example.com", paid=1500, method="cash").ref, refund="full")
    world.set_clock(at(13, 16))
    assert remind(world.store_id) == 2
    redact_customer(world.store_id, SYSTEM, customer)
    [owed] = world.outbox("merchant_refunds_owed")
    assert [(one["customer"], one["amount"]) for one in owed.payload["owed"]] == [("Redacted customer", 2500), ("Ada Archer", 1500)]
    for row in (owed, *world.outbox("merchant_withdrawal")):
        mail = render_mail(row.topic, row.payload, "opencals.com")
        assert row.recipient == "shop@example.com" and "zebulon" not in (mail.subject + mail.text).lower()
    assert world.sql("select distinct name, email, statement from withdrawals") == [("Redacted customer", "", "")]
    assert [row.payload["declared"]["contract"] for row in world.outbox("merchant_withdrawal")][1] == "Order 1001", "which one it was about stays"


def test_nobody_waits_under_an_empty_name(world, customer):
    """The time goes to those who can be told; the booking itself stays."""
    redact_customer(world.store_id, SYSTEM, customer)
    assert world.sql("select state from waitlist_entries where customer_id = %s", customer) == [("withdrawn",)]


def test_only_files_that_name_them_are_forgotten(world, customer):
    upload_import(world.store_id, MERCHANT, "other.csv", b"Name,E-mail\nBea,bea@example.com\n")
    redact_customer(world.store_id, SYSTEM, customer)
    assert world.sql("select filename from imports") == [("other.csv",)]


def test_the_books_stay(world, customer):
    money = world.sql("select ref, price, paid, owed, starts_at, service_id from bookings where customer_id = %s order by starts_at", customer)
    redact_customer(world.store_id, SYSTEM, customer)
    assert world.sql("select ref, price, paid, owed, starts_at, service_id from bookings where customer_id = %s order by starts_at", customer) == money
    assert world.sql("select rating::int, comment from feedback where customer_id = %s", customer) == [(5, "")]


def test_an_open_booking_keeps_its_slot_without_a_name_and_the_shop_is_told(world, customer):
    redact_customer(world.store_id, SYSTEM, customer)
    [b] = [world.read(ref) for (ref,) in world.sql("select ref from bookings where customer_id = %s and closed_at is null", customer)]
    assert (b.status, b.contact_name, b.contact_email) == ("confirmed", "Redacted customer", None)
    with pytest.raises(Refused):
        world.book(b.starts_at, email="else@example.com")
    [told] = world.outbox("merchant_customer_erased")
    assert [x["ref"] for x in told.payload["appointments"]] == [b.ref] and told.recipient == "shop@example.com"
    cancel_booking(world.store_id, MERCHANT, b.ref)
    assert world.outbox("booking_cancelled")[-1:] == [] or world.outbox("booking_cancelled")[-1].recipient == ""


def test_sessions_and_links_end_at_once(world, customer):
    tokens = {ref: manage_token(world.store_id, ref, epoch) for ref, epoch in world.sql("select ref, link_epoch from bookings where customer_id = %s", customer)}
    redact_customer(world.store_id, SYSTEM, customer)
    assert world.sql("select count(*) from customer_logins where customer_id = %s", customer) == [(0,)]
    assert not any(check_token(token, world.store_id, ref, world.read(ref).link_epoch) for ref, token in tokens.items())


def test_a_repeat_does_nothing_and_an_unknown_one_is_not_found(world, customer):
    redact_customer(world.store_id, SYSTEM, customer)
    redact_customer(world.store_id, SYSTEM, customer)
    assert len(world.outbox("merchant_customer_erased")) == 1
    with pytest.raises(Refused):
        redact_customer(world.store_id, SYSTEM, 1)


def test_the_export_has_everything_of_this_person_and_nothing_of_others(world, customer):
    world.book(at(22, 15), email="bea@example.com")
    with reading(world.store_id) as tx:
        data = customer_data(tx, customer)
        assert customer_data(tx, 1) is None
    assert data["profile"]["email"] == "new@canary.example" and len(data["bookings"]) == len(data["payments"]) == 3
    assert data["feedback"][0]["comment"] == "canarysays" and data["bookings"][0]["notes"] == "canarynote"
    assert {m["recipient"] for m in data["messages"]} <= {"zq@canary.example", "new@canary.example", "+12125559876"} and data["messages"]
    assert "bea@" not in str(data) and "elena@" not in str(data) and data["address_changes"][0]["old_email"] == "zq@canary.example"

"""Outbox rows become mails: each once, the newest truth only, whoever delivers (I6, I22, I68, R40, D25)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.create_series import create_series
from booking.actions.manage_link import send_manage_link
from booking.actions.people import Person
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.reschedule_series import reschedule_series
from booking.actions.services import update_service
from booking.rules.decision import Refused
from models.actor import SYSTEM, Actor
from models.session import OutboxItem
from sync import outbox
from sync.outbox import Carrier, deliver
from tests.support.world import MERCHANT, NOW, World, at


def states(world: World) -> dict[str, int]:
    return dict(world.sql("select state, count(*)::int from outbox group by 1"))


def ids(world: World) -> list[str]:
    return [row.message_id for row in world.outbox()]


def test_a_committed_change_is_mailed_once_to_everyone_concerned(world, carrier, post):
    world.book(at(10, 15))
    first = deliver(world.store_id, carrier)
    assert (first.sent, first.claimed) == (2, 2)
    assert sorted(item["to"] for item in post.mailbox.items) == ["ada@example.com", "elena@example.com"]
    assert post.ids == ids(world)
    assert deliver(world.store_id, carrier).claimed == 0 and len(post.ids) == 2
    assert world.sql("select distinct state, sent_at, lease, attempts from outbox") == [("sent", NOW, None, 1)]


def test_a_refused_change_mails_nothing(world, carrier, post):
    world.book(at(10, 15))
    with pytest.raises(Refused):
        world.book(at(10, 15), email="bea@example.com")
    deliver(world.store_id, carrier)
    assert "bea@example.com" not in [item["to"] for item in post.mailbox.items]


def test_the_mail_carries_the_link_and_the_shop_answers_replies(world, carrier, post):
    b = world.book(at(10, 15))
    deliver(world.store_id, carrier)
    mail = post.mailbox.newest("ada@example.com")[0]
    assert world.outbox("booking_confirmed")[0].payload["manage_url"] in mail["links"]
    assert mail["from"] == "Harbor Massage <bookings@opencals.com>"
    assert [(a["type"], a["method"]) for a in mail["attachments"]] == [("text/calendar", "REQUEST"), ("application/ics", None)]
    assert b.ref in mail["html"] and b.ref in mail["text"]
    assert "token=" not in post.mailbox.newest("elena@example.com")[0]["html"]


def test_rows_not_yet_due_wait(world, carrier, post, db):
    world.book(at(10, 15))
    payload = world.outbox("booking_confirmed")[0].payload
    deliver(world.store_id, carrier)
    with db.transaction(world.store_id, SYSTEM) as tx:
        tx.outbox(OutboxItem("booking_confirmed", "email", "later@example.com", "later", payload, due_at=NOW + timedelta(hours=1)))
    assert deliver(world.store_id, carrier).claimed == 0
    world.set_clock(NOW + timedelta(hours=1))
    assert deliver(world.store_id, carrier).sent == 1


def test_the_same_event_twice_is_one_row(world, db):
    for _ in range(2):
        with db.transaction(world.store_id, SYSTEM) as tx:
            tx.outbox(OutboxItem("booking_confirmed", "email", "x@example.com", "same", {}))
    assert len(world.outbox()) == 1


def test_three_deliverers_at_once_send_nothing_twice(world, mailing, post):
    for day in range(8, 18):
        for hour in range(14, 20):
            world.book(at(day, hour))
    expected, start, errors = ids(world), threading.Barrier(3), []

    def run() -> None:
        carrier = Carrier(mailing)
        start.wait()
        try:
            deliver(world.store_id, carrier, batch=7)
        except Exception as error:  # noqa: BLE001
            errors.append(error)
        carrier.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [] and len(expected) == 120
    assert sorted(post.ids) == sorted(expected)
    assert states(world) == {"sent": 120}


def test_a_message_about_an_older_time_is_not_sent_late(world, carrier, post):
    """D25c: after an outage the customer hears where the booking is now, not where it was."""
    b = world.book(at(10, 15))
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(11, 16))
    send_manage_link(world.store_id, MERCHANT, b.ref)
    cancel_booking(world.store_id, MERCHANT, b.ref)
    world.set_clock(NOW + outbox.OUTDATED_AFTER + timedelta(seconds=1))
    assert deliver(world.store_id, carrier).superseded == 5
    for person in ("ada@example.com", "elena@example.com"):
        assert [item["subject"].partition(":")[0] for item in post.mailbox.newest(person)] == ["Cancelled"]
    assert sorted(row.topic for row in world.outbox() if row.state == "superseded") == [
        "booking_confirmed", "booking_moved", "manage_link", "merchant_booking_created", "merchant_booking_moved"]


def test_whoever_hears_of_no_newer_change_is_still_told_late(world, carrier, post):
    """Elena's booking went to Tom, who then got another time: that it is no longer hers is told nowhere else (R14)."""
    b = world.book(at(10, 15))
    for start in (at(11, 16), at(12, 16)):
        reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=start, staff_id=world.tom)
    world.set_clock(NOW + outbox.OUTDATED_AFTER + timedelta(seconds=1))
    deliver(world.store_id, carrier)
    said = {person: [item["subject"] for item in post.mailbox.newest(f"{person}@example.com")] for person in ("elena", "tom")}
    assert said == {"elena": ["Moved: Massage, Thu, Mar 11, 2027, 11:00 AM EST"], "tom": ["Moved: Massage, Fri, Mar 12, 2027, 11:00 AM EST"]}


def test_word_of_several_bookings_is_not_lost_when_the_first_has_changed_since(world, carrier, post):
    """R31, R40: late or not, it is the only one about the others."""
    made = create_series(world.store_id, MERCHANT, service_id=world.service, staff_id=world.elena, starts_at=at(10, 15), dates=3,
                         person=Person("Ada Archer", "ada@example.com", "")).bookings
    reschedule_series(world.store_id, world.customer(made[0]), made[0].ref, scope="all", starts_at=at(10, 17), price=24000)
    reschedule_booking(world.store_id, world.customer(made[0]), made[0].ref, starts_at=at(10, 19))
    world.set_clock(NOW + outbox.OUTDATED_AFTER + timedelta(seconds=1))
    assert deliver(world.store_id, carrier).superseded == 0
    assert [item["subject"].partition(":")[0] for item in post.mailbox.newest("ada@example.com")] == ["New time", "New time", "Confirmed"]
    assert [item["subject"].partition(":")[0] for item in post.mailbox.newest("elena@example.com")] == ["Moved", "Moved", "New booking"]


def test_nobody_is_asked_late_for_an_answer_that_was_given(world, carrier, post):
    update_service(world.store_id, MERCHANT, world.service, policy={"approval": "manual"})
    answered, waits = (world.book(at(day, 15), by=Actor("customer", "account")) for day in (10, 11))
    approve_booking(world.store_id, MERCHANT, answered.ref)
    world.set_clock(NOW + outbox.OUTDATED_AFTER + timedelta(seconds=1))
    deliver(world.store_id, carrier)
    assert [(row.booking_id, row.state) for row in world.outbox("merchant_approval_needed")] == [(answered.id, "superseded"), (waits.id, "sent")]


def test_in_good_time_every_step_is_told(world, carrier, post):
    b = world.book(at(10, 15))
    cancel_booking(world.store_id, MERCHANT, b.ref)
    world.set_clock(NOW + outbox.OUTDATED_AFTER)
    assert deliver(world.store_id, carrier).superseded == 0
    assert len(post.mailbox.newest("ada@example.com")) == 2


def test_the_newest_message_is_sent_however_late(world, carrier, post):
    world.book(at(10, 15))
    world.set_clock(NOW + timedelta(days=2))
    assert deliver(world.store_id, carrier).sent == 2


def test_told_to_stop_it_gives_back_what_it_has_not_sent(world, carrier, post):
    """SIGTERM drains: the mail in hand is finished and recorded, the rest is free for others at once (I68)."""
    world.book(at(10, 15))
    world.book(at(10, 17))
    answers = iter([True, True, False, False])
    deliver(world.store_id, carrier, keep_going=lambda: next(answers))
    assert len(post.ids) == 2
    rows = world.sql("select state, lease, leased_until, attempts from outbox order by id")
    assert rows == [("sent", None, None, 1)] * 2 + [("due", None, None, 0)] * 2
    assert deliver(world.store_id, carrier).sent == 2
    assert sorted(post.ids) == sorted(ids(world))


def test_a_slow_server_does_not_carry_a_batch_past_its_lease(world, mailing, carrier, post, monkeypatch):
    """Each mail takes 20 seconds here, and a second worker looks for work all the time: nothing is sent by both (I22)."""
    for hour in range(14, 20):
        world.book(at(10, hour))
    second, send = Carrier(mailing), carrier.send
    clock = [0.0]
    monkeypatch.setattr(outbox, "monotonic", lambda: clock[0])

    def slowly(row) -> None:
        send(row)
        clock[0] += 20
        world.set_clock(world.now + timedelta(seconds=20))
        deliver(world.store_id, second)

    monkeypatch.setattr(carrier, "send", slowly)
    deliver(world.store_id, carrier)
    second.close()
    assert sorted(post.ids) == sorted(ids(world)) and states(world) == {"sent": 12}

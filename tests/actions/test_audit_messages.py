"""The audit names the mails and texts that left with a change (R41, I3, I6)."""

from __future__ import annotations

import pytest

from booking import facts, quotes
from booking.actions.cancel_booking import cancel_booking
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.sign_in import Asker, new_challenge, request_login_code
from booking.actions.stores import update_store
from booking.actions.withdraw import declare_withdrawal
from booking.rules.decision import Refused
from models.actor import Actor
from models.session import OutboxItem, reading, transaction
from tests.support.world import MERCHANT, World, at

GUEST = Actor("customer", "account")


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def named(world: World) -> dict[str, list[str]]:
    """Action -> the ids its entry names."""
    return {row.action: row.facts.get("messages", []) for row in world.sql("select action, facts from audit_entries order by id")}


def queued(world: World, *topics: str) -> list[str]:
    return sorted((str(row.id) for channel in ("email", "sms") for row in world.outbox(*topics, channel=channel)), key=int)


def test_every_change_names_its_messages(world):
    b = world.book(at(10, 15), by=GUEST)
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(10, 17), version=b.version)
    with reading(world.store_id) as tx:
        now = world.read(b.ref)
        quote = quotes.sign(facts.quote_cancellation(tx, now), now, now.seats)
    cancel_booking(world.store_id, world.holder(b), b.ref, quote=quote)
    found = named(world)
    assert found["create_booking"] == queued(world, "booking_confirmed", "merchant_booking_created") != []
    assert found["reschedule_booking"] == queued(world, "booking_moved", "merchant_booking_moved") != []
    assert found["cancel_booking"] == queued(world, "booking_cancelled", "merchant_booking_cancelled") != []
    assert sorted(sum(found.values(), []), key=int) == queued(world)


def test_messages_about_no_booking_stand_in_the_first_entry(world):
    request_login_code(world.store_id, GUEST, "ada@example.com", challenge=new_challenge(), asker=Asker("192.0.2.1"))
    update_store(world.store_id, MERCHANT, withdrawal="everyone")
    b = world.book(at(10, 15))
    declare_withdrawal(world.store_id, GUEST, name="Ada", email="ada@example.com", contract=b.ref, asker=Asker("192.0.2.1"))
    found = named(world)
    assert found["request_login_code"] == queued(world, "sign_in_code") and found["update_store"] == []
    assert found["declare_withdrawal"] == queued(world, "withdrawal_received", "merchant_withdrawal")


def test_a_message_that_was_queued_before_and_work_that_is_no_message_are_not_named(world):
    b = world.book(at(10, 15))
    for _ in range(2):
        with transaction(world.store_id, MERCHANT) as tx:
            tx.outbox(OutboxItem("manage_link", "email", "ada@example.com", "once", {"a": 1}, b.id, b.version))
            tx.outbox(OutboxItem("execute_refund", "stripe", "1", "refund:1", {"refund_id": "1"}, b.id))
            tx.audit("send_manage_link", booking_id=b.id)
    first, second = [row.facts for row in world.sql("select facts from audit_entries where action = 'send_manage_link' order by id")]
    assert (first, second) == ({"messages": queued(world, "manage_link")}, {})


def test_a_refused_attempt_names_none(world):
    b = world.book(at(1, 18))
    with pytest.raises(Refused):
        reschedule_booking(world.store_id, world.holder(b), b.ref, starts_at=at(10, 17), version=b.version)
    [row] = world.sql("select facts from audit_entries where not allowed")
    assert "messages" not in row.facts
    with transaction(world.store_id, MERCHANT) as tx:
        tx.audit("send_manage_link", booking_id=b.id, allowed=False)
        tx.audit("send_manage_link", booking_id=b.id)
        tx.outbox(OutboxItem("manage_link", "email", "ada@example.com", "once", {}, b.id, b.version))
    rows = world.sql("select allowed, facts from audit_entries where action = 'send_manage_link' order by chain")
    assert [tuple(row) for row in rows] == [(False, {}), (True, {"messages": queued(world, "manage_link")})]

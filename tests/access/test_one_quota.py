"""One address gets at most three messages in fifteen minutes and ten a day, through all forms that anyone can fill in (I36, I37)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from booking import limits
from booking.actions.join_class_waitlist import join_class_waitlist
from booking.actions.join_waitlist import join_waitlist
from booking.actions.leave_waitlist import leave_waitlist
from booking.actions.lost_link import request_lost_link
from booking.actions.people import Person
from booking.actions.sign_in import Asker, new_challenge, request_login_code
from booking.actions.sign_in_user import request_user_code
from booking.actions.stores import update_store
from booking.actions.withdraw import declare_withdrawal
from booking.rules.decision import Refused
from models.actor import Actor
from models.session import transaction
from tests.support.world import MERCHANT, NOW, World, at

GUEST = Actor("customer", "account")
QUARTER = timedelta(minutes=15)
ADA = "ada@example.com"


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def full(world) -> int:
    yoga = world.add_service("Yoga", capacity=8, staff=[world.elena])
    session = world.session(yoga, at(10, 15), 1)
    world.book(at(10, 15), service=yoga, email="taken@example.com")
    return session


def code(world: World, email: str = ADA) -> str:
    return answer(lambda: request_login_code(world.store_id, GUEST, email, challenge=new_challenge(), asker=Asker("192.0.2.1")))


def user_code(world: World, email: str = ADA) -> str:
    return answer(lambda: request_user_code(world.store_id, GUEST, email, challenge=new_challenge(), asker=Asker("192.0.2.2")))


def lost(world: World, email: str = ADA) -> str:
    return answer(lambda: request_lost_link(world.store_id, GUEST, email, asker=Asker("192.0.2.3")))


def withdraws(world: World, email: str = ADA) -> str:
    return answer(lambda: declare_withdrawal(world.store_id, GUEST, name="Ada", email=email, contract="1001", asker=Asker("192.0.2.4")))


def books(world: World, starts_at: datetime, email: str = ADA) -> str:
    return answer(lambda: world.book(starts_at, by=GUEST, email=email))


def waits(world: World, session: int, email: str = ADA) -> str:
    return answer(lambda: join_class_waitlist(world.store_id, GUEST, session, person=Person("Ada", email), source=""))


def answer(do: Callable[[], object]) -> str:
    try:
        do()
    except Refused as refused:
        return refused.code
    return "ok"


def leaving(world: World, email: str = ADA) -> list[datetime]:
    return sorted(row.due_at for row in world.outbox() if row.recipient == email)


def test_forms_share_one_quota(world):
    assert [code(world), user_code(world), code(world)] == ["ok"] * 3
    assert [code(world), user_code(world), lost(world)] == ["rate_limited"] * 3
    world.set_clock(NOW + QUARTER)
    assert [lost(world), user_code(world), code(world)] == ["ok", "ok", "rate_limited"]


def test_who_is_nobody_uses_up_the_same(world):
    """The user's code and the lost link send nothing to a stranger's address, and still count."""
    assert [user_code(world, "nobody@example.com"), lost(world, "nobody@example.com"), code(world, "nobody@example.com")] == ["ok", "ok", "rate_limited"]


def test_what_is_done_anyway_waits_for_its_turn(world, full):
    update_store(world.store_id, MERCHANT, withdrawal="everyone")
    assert [code(world), books(world, at(10, 18)), waits(world, full), withdraws(world), books(world, at(11, 18))] == ["ok"] * 5
    assert leaving(world) == [NOW] * 3 + [NOW + QUARTER] * 2
    assert code(world) == "rate_limited"


def test_a_guest_is_refused_when_the_message_would_wait_for_hours(world):
    given = [books(world, at(10 + n // 4, 15 + n % 4)) for n in range(12)]
    assert given == ["ok"] * 10 + ["rate_limited"] * 2
    assert len(world.sql("select id from bookings")) == 10, "nothing is booked with it"
    due = leaving(world)
    assert [due.count(NOW + n * QUARTER) for n in range(4)] == [3, 3, 3, 1]


def test_no_flood_keeps_anybody_from_withdrawing(world):
    update_store(world.store_id, MERCHANT, withdrawal="everyone")
    for n in range(10):
        books(world, at(10 + n // 4, 15 + n % 4))
    assert withdraws(world) == "ok"
    assert leaving(world)[-1] == NOW + timedelta(days=1)


def test_the_shop_and_signed_in_customers_are_not_held_up(world):
    for n in range(4):
        world.book(at(10, 15 + n))
    ada = Actor("customer", "account", world.read(world.book(at(11, 15)).ref).customer_id)
    assert code(world) == "ok"
    b = world.book(at(29, 15))
    join_waitlist(world.store_id, ada, b.ref)
    assert leaving(world) == [NOW] * 8


def test_joining_and_leaving_through_a_link_floods_nobody(world):
    b = world.book(at(29, 15))
    for _ in range(4):
        join_waitlist(world.store_id, world.holder(b), b.ref)
        leave_waitlist(world.store_id, world.holder(b), b.ref)
    assert [row.due_at for row in world.outbox("waitlist_joined")] == [NOW] * 3 + [NOW + QUARTER]


def test_a_lost_link_goes_by_mail_only(world):
    """The form takes an address; nobody's telephone rings for it."""
    world.book(at(10, 15))
    lost(world)
    assert [row.channel for row in world.outbox("manage_link") + world.outbox("manage_link", channel="sms")] == ["email"]


def test_the_wait_that_is_told_is_the_wait_there_is(world):
    with transaction(world.store_id, GUEST) as tx:
        assert [limits.message_at(tx, "email", ADA) for _ in range(5)] == [NOW] * 3 + [NOW + QUARTER] * 2
        with pytest.raises(Refused) as caught:
            limits.message(tx, "email", ADA, weight=2)
    assert caught.value.facts["retry_after"] == 2 * QUARTER.total_seconds()

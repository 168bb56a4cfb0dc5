"""Who of the shop hears of a change: whoever has to act, and nobody twice (I6, R14, R35, R40)."""

from __future__ import annotations

import pytest

from booking import facts, quotes
from booking.actions.cancel_booking import cancel_booking
from booking.actions.decline_offers import decline_offers
from booking.actions.make_offers import make_offers
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from booking.actions.staff import update_staff
from booking.actions.stores import update_store
from booking.actions.team import change_user, invite_user
from booking.rules.policy import DEFAULT
from models.actor import Actor
from models.booking_summary import BookingSummary
from models.session import reading
from tests.support.world import MERCHANT, World, at

GUEST = Actor("customer", "account")
SOLO = "elena@example.com"
WITH_APPROVAL = DEFAULT.to_json() | {"approval": "manual"}


@pytest.fixture
def world(db, owner_url) -> World:
    """A shop of one: its owner, who is told of things, is the person customers book with."""
    world = World(owner_url)
    invite_user(world.store_id, MERCHANT, email=SOLO, name="Elena Marsh", role="owner")
    update_staff(world.store_id, MERCHANT, world.elena, email="Elena@Example.com")
    return world


def cancel(world: World, b: BookingSummary) -> None:
    with reading(world.store_id) as tx:
        quote = quotes.sign(facts.quote_cancellation(tx, b), b, b.seats)
    cancel_booking(world.store_id, world.holder(b), b.ref, quote=quote)


def heard(world: World, *, but: str = "team_invitation") -> list[tuple[str, str]]:
    return [(row.topic, row.recipient) for row in world.outbox() if row.recipient.lower() in (SOLO, "shop@example.com", "tom@example.com") and row.topic != but]


def test_one_mail_for_a_booking_a_move_and_a_cancellation(world):
    b = world.book(at(10, 15), by=GUEST, paid=0)
    moved = reschedule_booking(world.store_id, world.holder(b), b.ref, starts_at=at(10, 17), version=b.version).booking
    cancel(world, moved)
    assert heard(world) == [(f"merchant_booking_{verb}", SOLO) for verb in ("created", "moved", "cancelled")]


def test_the_mail_is_the_one_that_says_more(world):
    """What is owed back stands in the shop's mail, not in the staff member's."""
    b = world.book(at(10, 15), paid=8000)
    cancel(world, b)
    [mail] = world.outbox("merchant_booking_cancelled")
    assert (mail.recipient, mail.payload["recipient"]["kind"], mail.payload["refund"]["amount"]) == (SOLO, "merchant", 8000)


def test_a_request_is_told_to_who_has_to_answer_it(world):
    update_service(world.store_id, MERCHANT, world.service, policy=WITH_APPROVAL)
    world.book(at(10, 15), by=GUEST)
    assert heard(world) == [("merchant_approval_needed", SOLO)]


def test_offers_not_taken_are_told_once(world):
    update_service(world.store_id, MERCHANT, world.service, policy=WITH_APPROVAL)
    b = world.book(at(10, 15), by=GUEST)
    make_offers(world.store_id, MERCHANT, b.ref)
    decline_offers(world.store_id, world.holder(b), b.ref)
    assert heard(world)[1:] == [("merchant_offers_ended", SOLO)]


def test_a_colleague_still_hears_as_staff(world):
    b = world.book(at(10, 15), by=GUEST, staff=world.tom)
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(10, 17), staff_id=world.elena, version=b.version)
    assert heard(world) == [("merchant_booking_created", SOLO), ("merchant_booking_created", "tom@example.com"),
                            ("merchant_booking_moved", "Elena@Example.com"), ("merchant_booking_moved", "tom@example.com")]


def test_a_shop_without_address_or_notices_tells_its_owner(world):
    """Someone has to answer."""
    [row] = world.sql("select id from users where store_id = opencals_store() and email = %s", SOLO)
    change_user(world.store_id, MERCHANT, row.id, notify=False)
    update_service(world.store_id, MERCHANT, world.service, policy=WITH_APPROVAL)
    world.book(at(10, 15), by=GUEST)
    update_store(world.store_id, MERCHANT, email=None)
    world.book(at(11, 15), by=GUEST)
    assert heard(world) == [("merchant_approval_needed", "shop@example.com"), ("merchant_approval_needed", SOLO)]

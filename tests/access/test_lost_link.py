"""Lost your link? The mails go to the address on file and to nobody else, and the asker learns nothing (A101, D10c, I36, R6)."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from booking.actions.cancel_booking import cancel_booking
from booking.actions.lost_link import MOST, request_lost_link
from booking.actions.sign_in import Asker, new_challenge, request_login_code
from booking.rules.decision import Refused
from models.actor import Actor
from models.session import transaction
from tests.support.world import MERCHANT, World, at

GUEST = Actor("customer", "link")


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def ask(world: World, email: str = "ada@example.com"):
    return request_lost_link(world.store_id, GUEST, email, asker=Asker("192.0.2.1"))


def sent(world: World) -> list[tuple[str, str]]:
    return [(row.recipient, row.payload["booking"]["ref"]) for row in world.outbox("manage_link")]


def test_the_open_bookings_of_the_address_and_no_others(world):
    mine, closed = world.book(at(10, 15)), world.book(at(10, 17))
    cancel_booking(world.store_id, MERCHANT, closed.ref)
    world.book(at(11, 15), email="bea@example.com")
    ask(world, " ADA@example.com ")
    assert sent(world) == [("ada@example.com", mine.ref)]


def test_known_and_unknown_addresses_get_the_same_answer(world):
    world.book(at(10, 15))
    assert ask(world) == ask(world, "nobody@example.com")
    assert [recipient for recipient, _ in sent(world)] == ["ada@example.com"]


def test_at_most_five_the_next_ones(world):
    made = [world.book(at(10 + n // 4, 14 + n % 4)) for n in range(MOST + 2)]
    ask(world)
    assert [ref for _, ref in sent(world)] == [b.ref for b in made[:MOST]]


def test_past_bookings_are_left_out(world):
    b = world.book(at(2, 15))
    world.set_clock(b.ends_at)
    ask(world)
    assert sent(world) == []


def test_typing_the_old_address_of_a_booking_sends_nothing_anywhere(world):
    """The owner has moved to another mailbox: whoever holds the old one now gets no key, and the new one no surprise."""
    b = world.book(at(10, 15))
    with transaction(world.store_id, MERCHANT) as tx:
        tx.db.execute(text("update customers set email = 'new@example.com', email_canonical = 'new@example.com' where id = :id"),
                      {"id": b.customer_id})
    ask(world)
    assert sent(world) == []


def test_addresses_with_umlauts_are_found_too(world):
    b = world.book(at(10, 15), email="ada@bücher.example")
    ask(world, "ada@BÜCHER.example")
    assert [ref for _, ref in sent(world)] == [b.ref]


def test_it_shares_the_limit_of_sign_in_codes(world):
    """It may send two messages, so it uses up two of three, for an address with bookings and one without alike (I36, I37)."""
    world.book(at(10, 15))
    for email in ("ada@example.com", "nobody@example.com"):
        ask(world, email)
        request_login_code(world.store_id, GUEST, email, challenge=new_challenge(), asker=Asker("192.0.2.1"))
        with pytest.raises(Refused) as caught:
            request_login_code(world.store_id, GUEST, email, challenge=new_challenge(), asker=Asker("192.0.2.1"))
        assert caught.value.code == "rate_limited"
    with pytest.raises(Refused):
        ask(world)


def test_a_malformed_address_is_refused_in_words(world):
    with pytest.raises(Refused) as caught:
        ask(world, "ada at example")
    assert (caught.value.code, caught.value.facts["field"]) == ("invalid", "email")

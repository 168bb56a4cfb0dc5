"""Signing in with a code sent to a proven number: to nobody else, and without saying whose number it is (R7, R8, A13, I36)."""

from __future__ import annotations

import dataclasses

import pytest

from app import create_app
from booking import keys
from models.session import database
from tests.storefront.visitor import Visitor, words
from tests.support.world import World, at

NUMBER = "+12125550101"


@pytest.fixture(scope="module")
def app(settings):  # noqa: ANN201
    yield create_app(settings)
    database().engine.dispose()


@pytest.fixture
def world(app, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def ada(app, world) -> int:
    """Ada has proven her number, and nothing else but her account with it is signed in."""
    b = world.book(at(10, 15))
    prove(world, b.customer_id)
    return b.customer_id


def prove(world: World, customer_id: int, number: str = NUMBER) -> None:
    from sqlalchemy import text

    from models.actor import SYSTEM
    from models.session import transaction

    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.execute(text("update customers set phone = :p, phone_verified_at = opencals_now() where id = :c"), {"p": number, "c": customer_id})


def ask(app, world: World, typed: str, status: int = 303) -> Visitor:
    visitor = Visitor(app, world)
    visitor.get("/account/login")
    response = visitor.send("/account/login", status, email=typed)
    if status == 303:
        visitor.get(response.headers["Location"])
    return visitor


def codes(world: World) -> list[str]:
    return [row.payload["code"] for row in world.outbox("phone_code", channel="sms")]


@pytest.mark.parametrize("typed", [NUMBER, "+1 (212) 555-0101", " +1 212 555 0101 "])
def test_the_code_signs_in_to_the_account_of_the_number(app, world, ada, typed):
    visitor = ask(app, world, typed)
    assert "text message with six digits" in words(visitor.page)
    sms, = world.outbox("phone_code", channel="sms")
    assert sms.recipient == NUMBER and sms.payload["purpose"] == "login"
    visitor.send("/account/login/code", code=sms.payload["code"])
    visitor.get("/account")
    assert "Massage" in words(visitor.page)
    again = Visitor(app, world)
    again.get("/account/login")
    again.send("/account/login/code", 422, code=sms.payload["code"])


def test_an_unknown_number_gets_the_same_page_the_same_tries_and_no_message(app, world, ada):
    known, unknown = ask(app, world, NUMBER), ask(app, world, "+12125550199")
    assert words(known.page) == words(unknown.page) and len(codes(world)) == 1
    wrong = "000000" if codes(world)[0] != "000000" else "111111"
    for left in (4, 3, 2, 1):
        for visitor in (known, unknown):
            visitor.send("/account/login/code", 422, code=wrong)
            assert f"You have {left} tr" in words(visitor.page)


@pytest.mark.parametrize("why", ["never proven", "proven by two", "erased", "of another shop"])
def test_no_message_where_nobody_is_meant_for_certain(app, world, owner_url, why):
    b = world.book(at(10, 15))
    if why == "proven by two":
        prove(world, b.customer_id)
        prove(world, world.book(at(11, 15), email="bea@example.com").customer_id)
    elif why == "erased":
        from booking.actions.redact_customer import redact_customer
        from tests.support.world import MERCHANT

        prove(world, b.customer_id)
        redact_customer(world.store_id, MERCHANT, b.customer_id)
    elif why == "of another shop":
        other = World(owner_url)
        prove(other, other.book(at(10, 15)).customer_id)
    ask(app, world, NUMBER)
    assert codes(world) == []


def test_a_number_that_is_changed_or_unproven_meanwhile_opens_nothing(app, world, ada):
    visitor = ask(app, world, NUMBER)
    prove(world, ada, "+12125550177")
    visitor.send("/account/login/code", 422, code=codes(world)[0])
    visitor.get("/account", 303)


def test_a_code_that_nobody_was_sent_opens_nothing_even_when_guessed(app, world, monkeypatch):
    from booking.actions import sign_in

    monkeypatch.setattr(sign_in.secrets, "randbelow", lambda most: 123456)
    visitor = ask(app, world, "+12125550199")
    visitor.send("/account/login/code", 422, code="123456")
    visitor.get("/account", 303)


def test_a_number_brings_no_bookings_of_others_into_the_account(app, world, ada):
    """R8: bookings are claimed by a proven address only; a number typed into a booking proves nothing."""
    world.book(at(12, 15), email="bea@example.com")
    visitor = ask(app, world, NUMBER)
    visitor.send("/account/login/code", code=codes(world)[0])
    visitor.get("/account")
    assert visitor.page.count('class="cover"') == 1


def test_limits_of_a_number(app, world, ada):
    for _ in range(3):
        ask(app, world, NUMBER)
    visitor = ask(app, world, NUMBER, 429)
    assert "try again" in words(visitor.page).lower() and len(codes(world)) == 3


@pytest.mark.parametrize("typed", ["12", "+1", "0155 no", "212 555 0101", "name"])
def test_what_is_neither_is_said_at_the_field(app, world, typed):
    visitor = ask(app, world, typed, 422)
    assert "number with its country code" in words(visitor.page) and 'aria-invalid="true"' in visitor.page


def test_without_text_messages_only_addresses_are_asked_for(settings, owner_url):
    app = create_app(dataclasses.replace(settings, sms_url=None))
    try:
        world = World(owner_url)
        visitor = ask(app, world, NUMBER, 422)
        assert "mobile" not in visitor.page and 'type="email"' in visitor.page
    finally:
        keys.configure(settings)

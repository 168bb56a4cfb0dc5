"""Which bookings come into an account: those of a proven address, never another customer's (R8, D5 to D7, I40)."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from booking.actions.customers import create_customer
from booking.actions.people import Person
from booking.actions.sign_in import Asker, new_challenge, request_login_code, sign_in
from booking.links import check_token, manage_token
from models.actor import Actor
from models.session import transaction
from tests.support.world import World, at

GUEST = Actor("customer", "account")
VISITOR = Actor("customer", "account", None)


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def prove(world: World, email: str, ip: str = "192.0.2.1") -> int:
    """Sign in with `email`; the customer's id."""
    challenge = new_challenge()
    request_login_code(world.store_id, GUEST, email, challenge=challenge, asker=Asker(ip))
    return sign_in(world.store_id, GUEST, world.outbox("sign_in_code")[-1].payload["code"], challenge=challenge).facts["customer_id"]


def owner_of(world: World, ref: str) -> int:
    return world.read(ref).customer_id


def test_a_guests_bookings_are_theirs_once_the_address_is_proven(world):
    b = world.book(at(10, 15), by=VISITOR)
    me = prove(world, "ada@example.com")
    assert owner_of(world, b.ref) == me
    assert world.sql("select count(*) from customers where email_verified_at is not null") == [(1,)]


def test_typing_a_proven_address_as_a_guest_does_not_open_the_account(world):
    """The booking waits in a guest record until the owner of the mailbox signs in (D6)."""
    me = prove(world, "ada@example.com")
    b = world.book(at(10, 15), by=VISITOR)
    assert owner_of(world, b.ref) != me
    assert prove(world, "ada@example.com") == me
    assert owner_of(world, b.ref) == me
    assert world.sql("select after->>'customer_id' from audit_entries where action = 'claim_booking'") == [(str(me),)]


def test_the_shop_books_straight_into_the_account(world):
    me = prove(world, "ada@example.com")
    assert world.book(at(10, 15)).customer_id == me


def test_other_addresses_stay_where_they_are(world):
    b = world.book(at(10, 15), email="bea@example.com", by=VISITOR)
    before = owner_of(world, b.ref)
    prove(world, "ada@example.com")
    assert owner_of(world, b.ref) == before


def test_look_alikes_claim_nothing(world):
    b = world.book(at(10, 15), by=VISITOR)
    before = owner_of(world, b.ref)
    for n, email in enumerate(("a.da@example.com", "ada+1@example.com", "ada@example.co", "xada@example.com")):
        prove(world, email, ip=f"192.0.2.{n + 10}")
    assert owner_of(world, b.ref) == before


def test_a_booking_of_another_proven_customer_is_never_pulled_in(world):
    """Bea's account holds a booking made with Ada's address: it is Bea's, whoever proves that address (R8)."""
    bea = prove(world, "bea@example.com")
    theirs = world.book(at(10, 15), email="bea@example.com")
    with_adas_address = world.book(at(11, 15), by=VISITOR)
    with transaction(world.store_id, GUEST) as tx:
        tx.db.execute(text("update bookings set customer_id = :bea where ref = :ref"), {"bea": bea, "ref": with_adas_address.ref})
    ada = prove(world, "ada@example.com", ip="192.0.2.2")
    assert ada != bea
    assert [owner_of(world, x.ref) for x in (theirs, with_adas_address)] == [bea, bea]


def test_the_claim_stays_within_the_store(world, owner_url):
    other = World(owner_url)
    b = other.book(at(10, 15), by=VISITOR)
    before = owner_of(other, b.ref)
    prove(world, "ada@example.com")
    assert owner_of(other, b.ref) == before


def test_links_stay_as_they_were(world):
    """R8: the claim changes the owner, not the link in the mail."""
    b = world.book(at(10, 15), by=VISITOR)
    mailed = manage_token(b.store_id, b.ref, b.link_epoch)
    prove(world, "ada@example.com")
    prove(world, "ada@example.com")
    after = world.read(b.ref)
    assert check_token(mailed, after.store_id, after.ref, after.link_epoch)


def test_a_shopify_customer_is_not_taken_over_by_its_address(world):
    """Only a Shopify identity opens it (D7); a typed code makes a customer of its own."""
    theirs = create_customer(world.store_id, Actor("token", "api"), person=Person("Ada", "ada@example.com")).facts["id"]
    with transaction(world.store_id, GUEST) as tx:
        tx.db.execute(text("update customers set shopify_id = '77' where id = :id"), {"id": theirs})
    assert prove(world, "ada@example.com") != theirs

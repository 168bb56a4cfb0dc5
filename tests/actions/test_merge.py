"""Two records of one person become one (R44)."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import insert, update

from booking.actions.cancel_booking import cancel_booking
from booking.actions.merge_customers import merge_customers, owned_tables, stricter
from booking.links import check_token, manage_token
from booking.rules.decision import Refused
from models import customer_list, customer_words
from models.access import CustomerLogin
from models.actor import SYSTEM, Actor
from models.base import new_id
from models.customer import Customer
from models.session import reading, transaction
from tests.support.world import World, at

OWNER = Actor("user", "dashboard", 7, "owner")


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def change(world: World, customer_id: int, **values) -> None:
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.execute(update(Customer).where(Customer.store_id == world.store_id, Customer.id == customer_id).values(**values))


def row(world: World, customer_id: int) -> dict:
    with reading(world.store_id) as tx:
        return tx.db.execute(Customer.__table__.select().where(Customer.id == customer_id)).mappings().one()


@pytest.fixture
def two(world):
    """Ada with a booking and credit, and a second record of hers."""
    first = world.book(at(5, 15), email="ada@example.com")
    second = world.book(at(6, 15), email="ada.archer@example.com", paid=2500)
    return first, second


def test_everything_comes_to_the_kept_one(world, two):
    first, second = two
    cancel_booking(world.store_id, OWNER, second.ref)
    credit_policy = {"cancel": {"tiers": [{"outcome": "credit"}]}}
    third = world.book(at(7, 15), email="ada.archer@example.com", paid=1000, service=world.add_service("Credit", policy=credit_policy))
    cancel_booking(world.store_id, OWNER, third.ref)
    merge_customers(world.store_id, OWNER, first.customer_id, second.customer_id)
    for table in ("bookings", "orders", "credits"):
        assert world.sql(f"select distinct customer_id from {table}") == [(first.customer_id,)], table
    shell = row(world, second.customer_id)
    assert (shell["merged_into"], shell["email"], shell["name"], shell["phone"]) == (first.customer_id, None, "", None)
    entry = world.sql("select actor_role, subject_id, facts from audit_entries where action = 'merge_customers'")
    assert entry == [("owner", first.customer_id, {"merged": second.customer_id, "bookings": 2, "taken": []})]


def test_no_table_of_customers_is_forgotten():
    assert {table.name for table, _ in owned_tables()} >= {"bookings", "orders", "credits", "cards", "waitlist_entries"}


def test_links_keep_working_and_the_merged_browser_is_signed_out(world, two):
    first, second = two
    token = manage_token(world.store_id, second.ref, second.link_epoch)
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.execute(insert(CustomerLogin).values(store_id=world.store_id, id=new_id(), secret_hash="h", customer_id=second.customer_id,
                                                   created_at=tx.now))
    merge_customers(world.store_id, OWNER, first.customer_id, second.customer_id)
    after = world.read(second.ref)
    assert check_token(token, world.store_id, after.ref, after.link_epoch) and after.version == second.version + 1
    assert world.sql("select count(*) from customer_logins where ended_at is null") == [(0,)]


def test_once_more_changes_nothing(world, two):
    first, second = two
    merge_customers(world.store_id, OWNER, first.customer_id, second.customer_id)
    before = row(world, first.customer_id)
    merge_customers(world.store_id, OWNER, first.customer_id, second.customer_id)
    assert row(world, first.customer_id) == before
    with pytest.raises(Refused, match="not_found"):
        merge_customers(world.store_id, OWNER, second.customer_id, first.customer_id)
    with pytest.raises(Refused, match="invalid"):
        merge_customers(world.store_id, OWNER, first.customer_id, first.customer_id)


def test_gaps_are_filled_and_a_proven_address_wins(world, two):
    first, second = two
    change(world, first.customer_id, phone=None, name="")
    change(world, second.customer_id, email_verified_at=world.now)
    merge_customers(world.store_id, OWNER, first.customer_id, second.customer_id)
    kept = row(world, first.customer_id)
    assert (kept["email_canonical"], kept["name"], kept["phone"]) == ("ada.archer@example.com", "Ada Archer", "+12125550101")
    assert kept["email_verified_at"] is not None


def test_two_shopify_customers_are_merged_in_shopify_only(world, two):
    first, second = two
    change(world, first.customer_id, shopify_id="gid://shopify/Customer/1")
    change(world, second.customer_id, shopify_id="gid://shopify/Customer/2")
    with pytest.raises(Refused, match="not_allowed"):
        merge_customers(world.store_id, OWNER, first.customer_id, second.customer_id)
    change(world, first.customer_id, shopify_id=None)
    merge_customers(world.store_id, OWNER, first.customer_id, second.customer_id)
    assert row(world, first.customer_id)["shopify_id"] == "gid://shopify/Customer/2"


@pytest.mark.parametrize(("one", "other", "both"), [
    ({}, {}, {}),
    ({"email": {"marketing": True}}, {}, {"email": {"marketing": False}}),
    ({"email": {"marketing": True}}, {"email": {"marketing": True}}, {"email": {"marketing": True}}),
    ({"sms": {"reminders": True}}, {"sms": {"reminders": False}}, {"sms": {"reminders": False}}),
    ({"sms": {"offers": False}}, {}, {"sms": {"offers": False}}),
    ({"email": {"transactional": False}, "sms": {"transactional": True}}, {"email": {"transactional": True}, "sms": {"transactional": False}},
     {"email": {"transactional": True}, "sms": {"transactional": False}})])
def test_the_stricter_preference_wins(one, other, both):
    assert stricter(one, other) == stricter(other, one) == both


def test_the_kept_one_is_found_by_the_words_of_both(world, two):
    first, second = two
    merge_customers(world.store_id, OWNER, first.customer_id, second.customer_id)
    with reading(world.store_id) as tx:
        assert customer_words.matching(tx, "ada.archer@example.com") == [first.customer_id]
        assert [c.id for c in customer_list.search(tx, "archer")] == [first.customer_id]


def test_a_shell_with_data_is_refused_by_the_database(world, two, owner_url):
    first, second = two
    with psycopg.connect(owner_url.replace("+psycopg", "")) as c, pytest.raises(psycopg.errors.CheckViolation):
        c.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
        c.execute("update customers set merged_into = %s where id = %s", (first.customer_id, second.customer_id))


def test_cards_consents_and_the_payer_come_along(world, two, owner_url):
    first, second = two
    with psycopg.connect(owner_url.replace("+psycopg", "")) as c:
        c.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
        c.execute("insert into payment_accounts (store_id, id, account_sealed, account_hash, created_at, swept_to, sweep_at)"
                  " values (%s, 1, 's', %s, now(), now(), now())", (world.store_id, world.slug))
        for number, owner in ((1, first), (2, second)):
            c.execute("insert into payers (store_id, id, account_id, customer_id, provider_ref, created_at) values (%s, %s, 1, %s, %s, now())",
                      (world.store_id, number, owner.customer_id, f"cus_{number}"))
        c.execute("insert into cards (store_id, id, customer_id, account_id, provider_customer, provider_ref, brand, last4, exp_month, exp_year,"
                  " fingerprint, created_at) values (%s, 9, %s, 1, 'cus_2', 'pm_9', 'visa', '4242', 1, 2030, 'f', now())",
                  (world.store_id, second.customer_id))
        c.execute("insert into card_consents (store_id, id, card_id, customer_id, booking_id, source, text_version, text, fingerprint, ip_hash, most, at)"
                  " values (%s, 8, 9, %s, %s, 'manage_portal', '1', 't', 'f', 'h', 0, now())", (world.store_id, second.customer_id, second.id))
    merge_customers(world.store_id, OWNER, first.customer_id, second.customer_id)
    assert world.sql("select customer_id from cards") == [(first.customer_id,)]
    assert world.sql("select customer_id from payers order by id") == [(first.customer_id,), (second.customer_id,)]
    assert world.sql("select customer_id from card_consents") == [(first.customer_id,)]


def test_two_places_in_one_line_become_one(world, two, owner_url):
    first, second = two
    service = world.add_service("Yoga", capacity=2, staff=[world.elena])
    session = world.session(service, at(9, 15), capacity=2)
    with psycopg.connect(owner_url.replace("+psycopg", "")) as c:
        c.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
        for number, owner in ((1, first), (2, second)):
            c.execute("insert into waitlist_entries (store_id, id, kind, session_id, service_id, customer_id, before, lives_until, bands, created_at)"
                      " values (%s, %s, 'seat', %s, %s, %s, %s, %s, array['morning'], now())",
                      (world.store_id, number, session, service, owner.customer_id, at(9, 15), at(9, 15)))
    merge_customers(world.store_id, OWNER, first.customer_id, second.customer_id)
    assert world.sql("select customer_id, state from waitlist_entries order by id") == [
        (first.customer_id, "waiting"), (first.customer_id, "withdrawn")]

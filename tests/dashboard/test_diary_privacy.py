"""One person's data handed out and erased: afterwards nothing of it is left anywhere in the database (R45, I60)."""

from __future__ import annotations

import json

import psycopg
import pytest

from booking.actions.booking_notes import add_note
from booking.actions.cancel_booking import cancel_booking
from booking.actions.create_booking import create_booking
from booking.actions.merge_customers import merge_customers
from booking.actions.people import Person
from models.actor import Actor
from models.tables import ALL
from tests.storefront.visitor import link, words
from tests.support.world import MERCHANT, World, at

OWNER = Actor("user", "dashboard")
CANARIES = ("Quentin Canary", "Canary", "quentin", "canary@example", "5550199")


def dump(world: World) -> str:
    """Every row the store has in any table, as text."""
    with psycopg.connect(world.owner_url.replace("+psycopg", "")) as c:
        c.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
        return "\n".join(f"{table.name}: {row[0]}" for table in ALL
                         for row in c.execute(f'select row_to_json(t)::text from "{table.name}" t where store_id = %s', (world.store_id,)).fetchall())


@pytest.fixture
def canary(world):
    """Somebody with everything: bookings past and coming, notes, a reason, messages, money owed, a second record."""
    person = Person("Quentin Canary", "quentin.canary@example.com", "+12125550199")
    made = [create_booking(world.store_id, MERCHANT, service_id=world.service, starts_at=at(day, 15), person=person, notes="Canary: allergic",
                           payments=[{"amount": 2500, "method": "cash"}]).booking for day in (5, 6)]
    add_note(world.store_id, OWNER, made[0].ref, "Canary pays late")
    cancel_booking(world.store_id, MERCHANT, made[1].ref, reason="Canary is ill", refund="full")
    return made


def test_everything_about_a_person_is_handed_out(manager, staff, world, canary):
    other = world.book(at(9, 15))
    manager.get(f"/admin/customers/{canary[0].customer_id}")
    data = json.loads(manager.send(f"/admin/customers/{canary[0].customer_id}/export", 200, format="json").get_data(as_text=True))
    assert data["profile"]["email"] == "quentin.canary@example.com" and len(data["bookings"]) == 2
    assert other.ref not in json.dumps(data) and "ada@example.com" not in json.dumps(data)
    manager.get(f"/admin/customers/{canary[0].customer_id}")
    manager.send(f"/admin/customers/{canary[0].customer_id}/export", 200, format="page")
    assert "quentin.canary@example.com" in words(manager.page)
    assert world.sql("select count(*) from audit_entries where action = 'export_customer' and actor_role = 'manager'") == [(2,)]
    staff.get(f"/admin/customers/{canary[0].customer_id}")
    staff.send(f"/admin/customers/{canary[0].customer_id}/export", 403)
    staff.get(f"/admin/customers/{canary[0].customer_id}/erase", 403)


def test_erasing_leaves_nothing_of_them_and_everything_of_others(manager, world, canary, nobody):
    other = world.book(at(9, 15))
    assert all(text in dump(world) for text in CANARIES)
    path = f"/admin/customers/{canary[0].customer_id}/erase"
    manager.get(path)
    assert "1 coming booking is not cancelled" in words(manager.page) and "$25 is still owed" in words(manager.page)
    manager.send(path, 422)
    manager.send(path, sure="1")
    left = dump(world)
    assert [line for line in left.splitlines() if any(text.lower() in line.lower() for text in CANARIES)] == []
    open_one, owed = world.read(canary[0].ref), world.read(canary[1].ref)
    assert (open_one.status, open_one.contact_name, owed.owed) == ("confirmed", "Redacted customer", 2500)
    nobody.get(link(canary[0]), 404)
    assert world.read(other.ref).customer_email == "ada@example.com" and "Ada Archer" in left
    manager.get("/admin/bookings", query_string={"q": "canary"})
    assert canary[0].ref not in manager.page
    manager.get(f"/admin/bookings/{canary[0].ref}")
    assert "Redacted customer" in words(manager.page)
    manager.get(path, 404)


def test_of_a_receipt_only_the_name_gives_way(manager, world, canary, database_url):
    before = world.sql("select id, facts - 'customer', amount, number from documents order by id")
    assert before
    with psycopg.connect(database_url.replace("+psycopg", "")) as c:
        c.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
        for change in ("jsonb_set(facts, '{customer}', '\"Somebody\"')", "jsonb_set(facts, '{order}', '7')"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), c.transaction():
                c.execute(f"update documents set facts = {change} where store_id = %s", (world.store_id,))
    manager.get(f"/admin/customers/{canary[0].customer_id}/erase")
    manager.send(f"/admin/customers/{canary[0].customer_id}/erase", sure="1")
    assert world.sql("select id, facts - 'customer', amount, number from documents order by id") == before
    assert world.sql("select distinct facts ->> 'customer' from documents") == [("Redacted customer",)]


def test_saved_cards_are_let_go(manager, world, canary, owner_url):
    with psycopg.connect(owner_url.replace("+psycopg", "")) as c:
        c.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
        c.execute("insert into payment_accounts (store_id, id, account_sealed, account_hash, created_at, swept_to, sweep_at)"
                  " values (%s, 1, 's', %s, now(), now(), now())", (world.store_id, world.slug))
        c.execute("insert into cards (store_id, id, customer_id, account_id, provider_customer, provider_ref, brand, last4, exp_month, exp_year,"
                  " fingerprint, created_at) values (%s, 9, %s, 1, 'cus', 'pm', 'visa', '4242', 1, 2030, 'f', now())",
                  (world.store_id, canary[0].customer_id))
    manager.get(f"/admin/customers/{canary[0].customer_id}/erase")
    manager.send(f"/admin/customers/{canary[0].customer_id}/erase", sure="1")
    assert world.sql("select ended_at is not null from cards") == [(True,)]
    assert len(world.outbox("detach_card", channel="stripe")) == 1


def test_a_merged_record_is_erased_with_the_kept_one(manager, world, canary):
    second = create_booking(world.store_id, MERCHANT, service_id=world.service, starts_at=at(8, 15),
                            person=Person("Q. Canary", "canary2@example.com", "")).booking
    merge_customers(world.store_id, OWNER, canary[0].customer_id, second.customer_id)
    manager.get(f"/admin/customers/{canary[0].customer_id}/erase")
    manager.send(f"/admin/customers/{canary[0].customer_id}/erase", sure="1")
    assert [line for line in dump(world).splitlines() if "canary" in line.lower()] == []


def test_who_was_erased_is_called_so_in_the_readers_language(manager, world, canary):
    """R45, R46: the stored pseudonym is nobody's text."""
    world.book(at(5, 18))  # somebody with a name beside them
    manager.get(f"/admin/customers/{canary[0].customer_id}/erase")
    manager.send(f"/admin/customers/{canary[0].customer_id}/erase", sure="1")
    manager.fill("/profile", locale="de")
    for path in (f"/bookings/{canary[0].ref}", f"/bookings/{canary[0].ref}/move", f"/bookings/{canary[0].ref}/cancel", "/bookings?when=all",
                 "/calendar?view=day&date=2027-03-05", "/calendar?view=week&date=2027-03-05", "/calendar?view=month&date=2027-03-05", "/refunds", "/bookings.csv?when=all"):
        manager.get(f"/admin{path}")
        assert "Gelöschter Kunde" in words(manager.page) and "Redacted" not in manager.page, path

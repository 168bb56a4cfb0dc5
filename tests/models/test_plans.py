"""Statements every visit waits for are planned once by the server, and the plan they keep walks an index of the one it is about."""

from __future__ import annotations

import psycopg
import pytest

from booking.access import login_hash
from booking.actions.sign_in import open_login
from booking.offers import _OFFER
from models.actor import SYSTEM
from models.booking_list import EARLIEST, LATEST, _BOTH, _place
from models.booking_summary import _BY_REF
from models.session import reading, transaction
from tests.support.world import World, at


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def test_the_plan_is_kept(world):
    """Five times it is planned for the values asked with, then one plan suits all."""
    b = world.book(at(10, 15))
    world.add_service("Everyone", staff=[world.staff(f"Person {n}") for n in range(60)])  # what the server expects of a service is much more
    with psycopg.connect(world.owner_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("analyze staff_services, staff, services, locations, stores")
    with transaction(world.store_id, SYSTEM) as tx:
        login = login_hash(world.store_id, open_login(tx, b.customer_id, "a browser"))
    asked = {"login": login, "service": b.service_id, "ref": b.ref, **_place("after", EARLIEST), **_place("before", LATEST)}
    with reading(world.store_id) as tx:
        for statement in (_BOTH, _OFFER, _BY_REF):
            for _ in range(15):
                assert statement.rows(tx, **asked)
            kept = tx.driver.execute("select generic_plans from pg_prepared_statements where name = %s", (statement.name.decode(),)).fetchone()
            assert kept is not None and kept[0] >= 3, statement.sql


def test_a_customers_list_begins_at_the_customer(world):
    """Place and customer are one condition of one index, so that its price is right however few customers the server believes in."""
    world.book(at(10, 15))
    with reading(world.store_id) as tx:
        tx.driver.execute("set local enable_seqscan = off")
        plan = tx.driver.pgconn.exec_(b"explain (generic_plan) " + _BOTH.sql)
        lines = [(plan.get_value(row, 0) or b"").decode() for row in range(plan.ntuples)]
    walked = [(line, condition) for line, condition in zip(lines, lines[1:], strict=False) if "bookings_of_customer" in line]
    assert len(walked) == 2 and all("Index Cond" in condition and "ROW(customer_id, starts_at, id)" in condition for _, condition in walked), "\n".join(lines)

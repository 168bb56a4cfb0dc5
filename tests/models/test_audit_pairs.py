"""Every change has its audit entry in the same transaction, or does not happen (I3).

The guard of tests/support/audit_pairs also stands in the databases of the API's tests, the contract's and the walk of odd input.
"""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import update

from booking.actions.cancel_booking import cancel_booking
from booking.actions.services import update_service
from models.location import Location
from models.session import transaction
from models.tables import ALL
from tests.support import audit_pairs
from tests.support.world import MERCHANT, World, at


@pytest.fixture(scope="module")
def guarded(db, owner_url):
    audit_pairs.install(owner_url)
    return owner_url


@pytest.fixture
def world(guarded) -> World:
    return World(guarded)


def test_a_change_without_its_entry_does_not_commit(world):
    with pytest.raises(psycopg.errors.RaiseException, match="a change of locations commits without an audit entry"), transaction(world.store_id, MERCHANT) as tx:
        tx.db.execute(update(Location).values(name="Elsewhere"))
    assert world.sql("select name from locations") == [("Harbor Street",)]


def test_an_entry_of_another_transaction_does_not_count(world):
    update_service(world.store_id, MERCHANT, world.service, name="Other")
    with pytest.raises(psycopg.errors.RaiseException, match="without an audit entry"), transaction(world.store_id, MERCHANT) as tx:
        tx.db.execute(update(Location).values(name="Elsewhere"))


def test_changes_by_actions_have_theirs_and_refused_ones_leave_none(world):
    b = world.book(at(10, 15), paid=2500)
    entries = len(world.sql("select 1 from audit_entries"))
    cancel_booking(world.store_id, MERCHANT, b.ref, refund="full")
    assert len(world.sql("select 1 from audit_entries")) == entries + 1
    assert world.read(b.ref).status == "cancelled"


def test_only_named_tables_are_exempt():
    assert audit_pairs.TECHNICAL <= {table.name for table in ALL}

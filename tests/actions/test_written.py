"""What a change hands on is what stands in the database: the read model is not read again where it is known."""

from __future__ import annotations

import pytest

from booking.actions.changing import locked, place, write
from models.booking_summary import find_by_id
from models.session import transaction
from tests.support.world import MERCHANT, World, at


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def changes(world: World) -> dict[str, dict]:
    return {
        "time": place(at(11, 15), at(11, 16), "America/New_York"),
        "person": {"staff_id": world.tom},
        "status with its triggers": {"status": "cancelled", "cancel_reason": "Ill"},
        "check-in": {"status": "arrived"},
        "money": {"price": 9000, "due": 500},
        "held": {"held": {"released": False, "starts_at": "2027-03-10T15:00:00+00:00"}},
    }


@pytest.mark.parametrize("change", ["time", "person", "status with its triggers", "check-in", "money", "held"])
def test_a_written_booking_is_the_stored_one(world, change):
    b = world.book(at(10, 15), paid=2500)
    with transaction(world.store_id, MERCHANT) as tx:
        written = write(tx, locked(tx, b.ref), **changes(world)[change])
        assert written == find_by_id(tx, b.id) and written.version == b.version + 1

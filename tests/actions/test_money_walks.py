"""Bookings through any order of payments, moves, seats that leave, refunds and cancellations: the money always adds up (I2, R21-R26, R30, R33).

`python3 dev.py bench campaign money_walks` takes many more of them.
"""

from __future__ import annotations

import pytest

from tests.support.money_walks import Walk
from tests.support.world import World


@pytest.fixture(scope="module")
def world(db, owner_url) -> World:
    return World(owner_url)


@pytest.mark.parametrize("number", range(15))
def test_the_money_adds_up_whatever_happens(world, number):
    Walk(world, number).walk(14)

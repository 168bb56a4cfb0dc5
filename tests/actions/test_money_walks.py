"""Bookings through any order of payments, moves, seats that leave, refunds and cancellations: the money always adds up (I2, R21-R26, R30-R33).

`python3 dev.py bench campaign money_walks` takes many more of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from booking import keys
from tests.support.money_walks import Walk
from tests.support.visit_walks import SeriesWalk, VisitWalk
from tests.support.world import World


@pytest.fixture(scope="module")
def world(db, owner_url) -> Iterator[World]:
    """A shop that takes cards; nobody is asked for them."""
    before = keys.settings()
    keys.configure(replace(before, stripe_secret_key="sk_live_none"))
    yield World(owner_url)
    keys.configure(before)


@pytest.mark.parametrize("number", range(15))
def test_the_money_adds_up_whatever_happens(world, number):
    Walk(world, number).walk(14)


@pytest.mark.parametrize("kind", [VisitWalk, SeriesWalk])
@pytest.mark.parametrize("number", range(8))
def test_of_several_that_move_together_it_adds_up_for_each(world, number, kind):
    kind(world, number).walk(14)

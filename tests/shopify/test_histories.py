"""However the two sides are edited and whatever the wire does: both end equal, and nothing is written that nobody changed (I25)."""

from __future__ import annotations

import pytest
from flask import Flask

from app import create_app
from booking import keys
from models.session import database, use
from tests.shopify.world import Connected
from tests.shopify.histories import History


@pytest.fixture(scope="module")
def app(over, db) -> Flask:
    app = create_app(over.settings)
    yield app
    database().engine.dispose()
    use(db)
    keys.configure(over.settings)


@pytest.mark.parametrize("seeds", [range(n, n + 3) for n in (0, 3)], ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_both_sides_end_equal(app, over, owner_url, seeds, monkeypatch):
    # Waiting out a throttle is for the pace's own tests.
    monkeypatch.setattr("gateways.shopify.admin.LONGEST_WAIT_SECONDS", 0.0)
    for seed in seeds:
        history = History(Connected(over, owner_url), app, seed)
        history.run()
        history.check()

"""A Shopify on loopback for each module, and shops of it connected to stores of ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateways.shopify.pace import Pace
from tests.shopify.world import Connected, Over, serving


@pytest.fixture(scope="module")
def over(settings, db) -> Iterator[Over]:
    with serving(settings) as over:
        yield over


@pytest.fixture
def store(over, owner_url) -> Connected:
    return Connected(over, owner_url)


@pytest.fixture
def pace() -> Pace:
    return Pace(sleep=lambda seconds: None)

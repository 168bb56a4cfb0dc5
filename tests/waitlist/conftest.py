"""The real application, a shop, and visitors; `policy` is the shop's, for a module that needs another to say so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.storefront.conftest import ada, app, contents, visitor  # noqa: F401  (fixtures)
from tests.storefront.visitor import Visitor
from tests.support.world import World


@pytest.fixture
def policy() -> dict[str, Any] | None:
    return None


@pytest.fixture
def world(app, owner_url, policy) -> World:  # noqa: F811
    return World(owner_url, **({} if policy is None else {"policy": policy}))


@pytest.fixture
def guest(app, world) -> Visitor:  # noqa: F811
    return Visitor(app, world)

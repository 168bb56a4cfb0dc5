"""The real application, a shop, and people of the shop with browsers."""

from __future__ import annotations

import pytest
from flask import Flask

from app import create_app
from models.session import database
from tests.dashboard.colleague import Colleague
from tests.support.world import World


@pytest.fixture(scope="module")
def app(settings) -> Flask:
    app = create_app(settings)
    yield app
    database().engine.dispose()


@pytest.fixture
def world(app, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def nobody(app, world) -> Colleague:
    """Not signed in."""
    return Colleague(app, world)


@pytest.fixture
def owner(app, world) -> Colleague:
    return Colleague(app, world).sign_in("owner")


@pytest.fixture
def manager(app, world) -> Colleague:
    return Colleague(app, world).sign_in("manager")


@pytest.fixture
def staff(app, world) -> Colleague:
    return Colleague(app, world).sign_in("staff")

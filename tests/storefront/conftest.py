"""The real application, a shop, and visitors."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from flask import Flask

from app import create_app
from models.session import database
from tests.storefront.visitor import Visitor
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
def visitor(app, world) -> Visitor:
    return Visitor(app, world)


@pytest.fixture
def ada(visitor) -> Visitor:
    """Signed in; books as ada@example.com."""
    visitor.sign_in()
    return visitor


@pytest.fixture
def contents(postgres, database_name) -> Callable[[], dict[str, str]]:
    """A checksum of every table, read past row security."""

    def read() -> dict[str, str]:
        with psycopg.connect(postgres.admin_url(database_name)) as connection:
            names = [name for (name,) in connection.execute("select tablename from pg_tables where schemaname = 'public' order by 1")]
            return {name: connection.execute(
                f"select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from \"{name}\" t").fetchone()[0]
                for name in names}

    return read

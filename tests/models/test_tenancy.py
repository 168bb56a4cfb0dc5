"""Stores never see each other: keys, policies and roles of every table (I4, I28, design 3)."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import insert, select

from models.actor import SYSTEM
from models.base import new_id
from models.session import Database
from models.store import Store
from models.tables import ALL, ROUTING

TENANT = [table for table in ALL if table.name not in ROUTING]
ROUTING_KEYS = {"stores_slug", "stores_shopify_domain", "payment_accounts_account"}


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


def make_store(db: Database, slug: str) -> int:
    store_id = new_id()
    with db.transaction(store_id, SYSTEM) as tx:
        tx.db.execute(insert(Store).values(store_id=store_id, slug=slug, name=slug, zone="Europe/Berlin", currency="EUR",
                                           policy={}, created_at=tx.now))
        tx.audit("create_store", subject="store", subject_id=store_id)
    return store_id


@pytest.mark.parametrize("table", TENANT, ids=lambda t: t.name)
def test_the_store_comes_first_in_every_key(table):
    assert [c.name for c in table.primary_key.columns][0] == "store_id"
    for index in table.indexes:
        assert list(index.columns)[0].name == "store_id", index.name
    for constraint in table.constraints:
        if constraint.__class__.__name__ == "UniqueConstraint" and constraint.name not in ROUTING_KEYS:
            assert list(constraint.columns)[0].name == "store_id", constraint.name
    for key in table.foreign_key_constraints:
        assert list(key.columns)[0].name == "store_id"


def test_models_and_database_are_the_same(owner_url):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    from models.base import Base

    with create_engine(owner_url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_row_level_security_is_forced_on_every_table(owner_url):
    with psycopg.connect(plain(owner_url)) as c:
        loose = c.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
            " and not (relrowsecurity and relforcerowsecurity) and relname <> 'alembic_version'").fetchall()
    assert loose == []


def test_the_app_role_owns_nothing_and_cannot_bypass(database_url):
    with psycopg.connect(plain(database_url)) as c:
        assert c.execute("select rolbypassrls, rolsuper from pg_roles where rolname = current_user").fetchone() == (False, False)
        assert c.execute("select count(*) from pg_class where relowner = current_user::regrole").fetchone() == (0,)
        assert c.execute("select count(*) from pg_proc where proowner = current_user::regrole").fetchone() == (0,)


@pytest.mark.parametrize("table", TENANT, ids=lambda t: t.name)
def test_without_a_store_a_table_shows_nothing(db, database_url, table):
    with psycopg.connect(plain(database_url)) as c:
        assert c.execute(f"select count(*) from {table.name}").fetchone() == (0,)


def test_a_store_sees_only_itself(db):
    ours, theirs = make_store(db, "ours"), make_store(db, "theirs")
    with db.reading(ours) as tx:
        assert tx.db.execute(select(Store.slug)).scalars().all() == ["ours"]
    with db.reading(theirs) as tx:
        assert tx.db.exec_driver_sql("select count(*) from audit_entries").scalar() == 1


def test_a_row_for_another_store_is_refused(db):
    ours = make_store(db, "writer")
    with pytest.raises(Exception, match="row-level security"), db.transaction(ours, SYSTEM) as tx:
        tx.db.execute(insert(Store).values(store_id=new_id(), slug="smuggled", name="x", zone="UTC", currency="EUR",
                                           policy={}, created_at=tx.now))


def test_reading_cannot_write(db):
    store_id = make_store(db, "reader")
    with pytest.raises(Exception, match="read-only transaction"), db.reading(store_id) as tx:
        tx.db.execute(Store.__table__.update().values(name="changed"))

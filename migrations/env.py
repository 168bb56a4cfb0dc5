"""Alembic runs as the owner of the tables, never as the app's role (I4)."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import create_engine, pool

from models.tables import Base

config = context.config


def run() -> None:
    """Migrate the database of `config.attributes["url"]`, or of OWNER_DATABASE_URL, in one transaction."""
    url = config.attributes.get("url") or os.environ.get("OWNER_DATABASE_URL")
    if not url:
        raise SystemExit("Set OWNER_DATABASE_URL: migrations run as the role that owns the tables.")
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()

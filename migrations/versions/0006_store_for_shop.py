"""The store of a Shopify shop's domain."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0001"

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute((SQL / "0006_store_for_shop.sql").read_text())


def downgrade() -> None:
    op.execute("drop function store_for_shop(text)")

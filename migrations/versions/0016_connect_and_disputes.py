"""Accounts opened from the dashboard, and disputed payments."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0016"
down_revision = "0015"

SQL = Path(__file__).parents[1] / "sql" / "0016_connect_and_disputes.sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute(SQL.read_text())


def downgrade() -> None:
    raise RuntimeError("Going back would lose what Stripe said of accounts and disputes; restore a backup instead.")

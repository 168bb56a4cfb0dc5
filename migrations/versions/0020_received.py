"""Payments and events of Stripe: each once, by the database."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0020"
down_revision = "0019"

SQL = Path(__file__).parents[1] / "sql" / "0020_received.sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute(SQL.read_text())


def downgrade() -> None:
    raise RuntimeError("Going back would leave webhooks without a way in; restore a backup instead.")

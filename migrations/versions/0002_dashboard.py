"""Signing in to the dashboard: sessions of users, codes for them, users who have left."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute((SQL / "0002_dashboard.sql").read_text())


def downgrade() -> None:
    raise RuntimeError("Going back would sign everyone out of the dashboard; restore a backup instead.")

"""A booking claims its time before its own row is written."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0025"
down_revision = "0024"

SQL = Path(__file__).parents[1] / "sql" / "0025_claimed_first.sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute(SQL.read_text())

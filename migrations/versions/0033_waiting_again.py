"""A request that was turned down may wait for that very time."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0033"
down_revision = "0032"

SQL = Path(__file__).parents[1] / "sql" / "0033_waiting_again.sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute(SQL.read_text())

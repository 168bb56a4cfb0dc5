"""The difference to a dearer time is paid before the move."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0032"
down_revision = "0031"

SQL = Path(__file__).parents[1] / "sql" / "0032_paid_first.sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute(SQL.read_text())

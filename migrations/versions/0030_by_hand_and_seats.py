"""What was given back by hand is never sent; seats held for a booking follow its party."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0030"
down_revision = "0029"

SQL = Path(__file__).parents[1] / "sql" / "0030_by_hand_and_seats.sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute(SQL.read_text())

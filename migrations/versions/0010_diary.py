"""The diary of the dashboard: notes about bookings, words customers are found by, merged customers, indexes of its lists."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute((SQL / "0010_diary.sql").read_text())


def downgrade() -> None:
    raise RuntimeError("Going back would lose the shop's notes; restore a backup instead.")

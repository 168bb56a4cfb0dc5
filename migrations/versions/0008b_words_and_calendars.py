"""The shop's own wording, withdrawals, calendars of staff."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0008b"
down_revision = "0008"

SQL = Path(__file__).parents[1] / "sql" / "0008b_words_and_calendars.sql"


def upgrade() -> None:
    # The driver's own cursor: the file holds several statements and dollar quotes, and no parameters.
    op.get_bind().connection.dbapi_connection.execute(SQL.read_text())


def downgrade() -> None:
    raise RuntimeError("Going back would lose what customers declared; restore a backup instead.")

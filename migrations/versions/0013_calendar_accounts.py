"""Calendars of staff at Google and Microsoft."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"

SQL = Path(__file__).parents[1] / "sql" / "0013_calendar_accounts.sql"


def upgrade() -> None:
    # The driver's own cursor: the file holds several statements and dollar quotes, and no parameters.
    op.get_bind().connection.dbapi_connection.execute(SQL.read_text())


def downgrade() -> None:
    raise RuntimeError("Going back would lose who has connected which calendar; restore a backup instead.")

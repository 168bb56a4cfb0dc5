"""Feedback, reminders, SMS delivery, changes of addresses."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"

SQL = Path(__file__).parents[1] / "sql" / "0008_feedback.sql"


def upgrade() -> None:
    # The driver's own cursor: the file holds several statements and dollar quotes, and no parameters.
    op.get_bind().connection.dbapi_connection.execute(SQL.read_text())


def downgrade() -> None:
    raise RuntimeError("Going back would lose what customers wrote; restore a backup instead.")

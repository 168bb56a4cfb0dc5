"""What a shop sets up for itself: dates with other hours, domains, webhooks, imports."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008b"

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute((SQL / "0009_setup.sql").read_text())


def downgrade() -> None:
    raise RuntimeError("Going back would forget domains, webhooks and dates with other hours; restore a backup instead.")

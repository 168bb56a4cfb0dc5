"""Counter-offers, waiting for an earlier time or a seat (R34, R35). The statements stand in migrations/sql/0007_waitlist.sql."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0005"


def upgrade() -> None:
    sql = (Path(__file__).parents[1] / "sql" / "0007_waitlist.sql").read_text()
    op.get_bind().connection.dbapi_connection.execute(sql)


def downgrade() -> None:
    raise RuntimeError("Offers and waiting customers would be lost; restore a backup instead.")

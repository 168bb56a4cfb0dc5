"""Documents, spendable credit and what is still to pay (R21, R26, R39)."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute((SQL / "0004_money.sql").read_text())


def downgrade() -> None:
    raise RuntimeError("Documents are never taken back; restore the backup made before the upgrade instead.")

"""First answers to idempotency keys are kept sealed."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0022"
down_revision = "0021"

SQL = Path(__file__).parents[1] / "sql" / "0022_sealed_answers.sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute(SQL.read_text())


def downgrade() -> None:
    op.drop_column("idempotency_keys", "sealed")

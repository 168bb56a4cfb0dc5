"""What the shop calls its people, by language."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0035"
down_revision = "0034"

SQL = Path(__file__).parents[1] / "sql" / "0035_staff_nouns.sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute(SQL.read_text())


def downgrade() -> None:
    op.drop_column("stores", "staff_nouns")

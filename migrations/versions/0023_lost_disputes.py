"""How much of a lost dispute the ledger shows."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0023"
down_revision = "0022"

SQL = Path(__file__).parents[1] / "sql" / "0023_lost_disputes.sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute(SQL.read_text())


def downgrade() -> None:
    op.execute("drop trigger keep_payment_refunded_changed on refund_lines")
    op.execute("drop function keep_payment_refunded_changed()")
    op.drop_constraint("disputes_given", "disputes")
    op.drop_column("disputes", "instead")
    op.drop_column("disputes", "given")

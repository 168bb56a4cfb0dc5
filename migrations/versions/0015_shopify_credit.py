"""Store credit that lives at Shopify; consent to news both ways."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0015"
down_revision = "0014"

SQL = Path(__file__).parents[1] / "sql" / "0015_shopify_credit.sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute(SQL.read_text())


def downgrade() -> None:
    raise RuntimeError("Going back would make credit that lives at Shopify spendable twice; restore a backup instead.")

"""The shop's people known by their Shopify user, customers signed in with Shopify."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0013"

SQL = Path(__file__).parents[1] / "sql" / "0014_shopify_doors.sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute(SQL.read_text())


def downgrade() -> None:
    op.execute("drop trigger forget_shopify_hint on customer_logins")
    op.execute("drop function forget_shopify_hint()")
    op.drop_column("customer_logins", "shopify_hint")
    op.drop_column("shopify_installs", "accounts")
    op.drop_column("shopify_installs", "storefront_host")
    op.drop_column("users", "shopify_user_id")

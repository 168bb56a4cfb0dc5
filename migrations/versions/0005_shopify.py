"""Shopify: installations and their tokens, work that waits, deliveries received, links to customers, variants and orders."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    for part in ("tables", "guards", "tenancy"):
        op.get_bind().connection.dbapi_connection.execute((SQL / f"0005_shopify_{part}.sql").read_text())


def downgrade() -> None:
    raise RuntimeError("Links to Shopify would be lost; restore a backup instead.")

"""Accounts at the payment provider, saved cards, intents, received events."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    for part in ("tables", "guards"):
        op.get_bind().connection.dbapi_connection.execute((SQL / f"0003_{part}.sql").read_text())


def downgrade() -> None:
    op.execute("drop function due_payments(), store_for_account(text)")
    op.execute("drop table stripe_events, refund_intents, intents, card_consents, cards, payers, payment_accounts cascade")
    op.execute("drop function keep_refund_intents_within()")

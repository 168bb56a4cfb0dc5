"""Places that are no address, what is forgotten when, and wall time under new zone rules."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0017"
down_revision = "0016"

SQL = Path(__file__).parents[1] / "sql" / "0017_places_and_keeping.sql"


def upgrade() -> None:
    op.get_bind().connection.dbapi_connection.execute(SQL.read_text())


def downgrade() -> None:
    op.drop_index("bookings_to_forget", "bookings")
    op.drop_column("bookings", "delivery_address")
    for column in ("kind", "meeting_url"):
        op.drop_column("locations", column)
    op.drop_column("sessions", "local_start")
    for column in ("forgotten_before", "zone_data"):
        op.drop_column("stores", column)

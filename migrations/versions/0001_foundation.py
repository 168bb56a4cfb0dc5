"""Tables, guards and tenancy of the first release.

The statements stand in migrations/sql as they run, so that a reader sees the database as it is.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    for part in ("before", "tables", "guards", "tenancy"):
        # The driver's own cursor: the files hold several statements and dollar quotes, and no parameters.
        op.get_bind().connection.dbapi_connection.execute((SQL / f"0001_{part}.sql").read_text())


def downgrade() -> None:
    raise RuntimeError("The first release has nothing to go back to; drop the database instead.")

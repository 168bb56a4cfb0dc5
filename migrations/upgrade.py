"""Bring a database to the newest migration, as the owner of its tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config

ROOT = Path(__file__).parents[1]


def config(url: str | None = None) -> Config:
    # Alembic is loaded where it is used: with its templates it would take 12 MiB of every web process.
    from alembic.config import Config

    made = Config(str(ROOT / "alembic.ini"))
    made.set_main_option("script_location", str(ROOT / "migrations"))
    if url:
        made.attributes["url"] = url
    return made


def upgrade(url: str) -> None:
    """Run what is missing; nothing when the database is new enough."""
    from alembic import command

    command.upgrade(config(url), "head")


def revisions() -> list[str]:
    """The migrations this code has, the oldest first: their files begin with their numbers. Alembic need not be loaded for it."""
    return sorted(path.name.split("_")[0] for path in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))

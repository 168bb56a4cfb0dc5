"""`db upgrade`: bring the database to the newest migration, as the owner of its tables."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from migrations.upgrade import upgrade

db = AppGroup("db", help="The database's structure.")


@db.command("upgrade")
def upgrade_command() -> None:
    """Run the migrations that are missing. Needs OWNER_DATABASE_URL."""
    url = current_app.config["SETTINGS"].owner_database_url
    if not url:
        raise click.ClickException("Set OWNER_DATABASE_URL: migrations run as the role that owns the tables, never as the app's.")
    upgrade(url)
    click.echo("The database is up to date.")

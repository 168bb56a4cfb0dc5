"""`domains check`: look up the records of stores' own host names now."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from models.session import database
from sync.dns import txt_records
from sync.domains import check_due

group = AppGroup("domains", help="Stores' own host names.")


@group.command("check")
def check() -> None:
    """Look at every domain whose turn it is. The scheduler does the same by itself."""
    settings = current_app.config["SETTINGS"]
    looked = sum(check_due(store_id, lambda name: txt_records(settings, name))
                 for store_id, kind in database().due_errands() if kind == "domains")
    click.echo(f"Looked at {looked} domain{'' if looked == 1 else 's'}.")

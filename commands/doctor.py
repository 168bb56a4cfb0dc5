"""`doctor`: names each missing or stale part and its cure."""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import with_appcontext

from models.session import database
from operation import checks


@click.command("doctor")
@with_appcontext
def doctor() -> None:
    """Check everything the product needs; exit status 1 when something is wrong."""
    found = [checks.run(check, current_app.config["SETTINGS"], database()) for check in checks.ALL]
    for check in found:
        click.echo(f"{'ok     ' if check.ok else 'PROBLEM'}  {check.name}: {check.found}" + ("" if check.ok else f"\n         {check.cure}"))
    sys.exit(0 if all(check.ok for check in found) else 1)

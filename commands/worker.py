"""`worker`: carries outbox rows out."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Work until SIGTERM; what is in hand is finished first."""
    from sync.jobs import run_worker

    run_worker(current_app.config["SETTINGS"].redis_url)

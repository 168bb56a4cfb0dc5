"""`scheduler`: the beat. Several may run; one leads."""

from __future__ import annotations

import signal
import threading

import click
from flask import current_app
from flask.cli import with_appcontext


@click.command("scheduler")
@with_appcontext
def scheduler() -> None:
    """Sweep for due work until SIGTERM."""
    from sync.beat import run

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(stop, current_app.config["SETTINGS"])

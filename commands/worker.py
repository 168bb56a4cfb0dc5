"""`worker`: carries outbox rows out."""

from __future__ import annotations

import os
import sys

import click

ARENAS = {"MALLOC_ARENA_MAX": "2"}
"""The C library's memory per thread is never given back: with two pools what a batch needed serves the next one."""


@click.command("worker")
def worker() -> None:
    """Work until SIGTERM; what is in hand is finished first."""
    # In this process's place: the web's doors, loaded by now, would take a third of its memory for nothing.
    os.execve(sys.executable, [sys.executable, "-m", "worker"], ARENAS | os.environ)

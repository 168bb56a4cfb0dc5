"""`token create`: a bearer token of the merchant API, shown once."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from booking.actions.tokens import create_token
from commands.store import store_id_of
from models.actor import SYSTEM

token = AppGroup("token", help="Tokens of the merchant API.")


@token.command("create")
@click.option("--store", "slug", required=True)
@click.option("--label", default="command line")
def create(slug: str, label: str) -> None:
    """Print a new token. It cannot be shown again."""
    click.echo(create_token(store_id_of(slug), SYSTEM, label).facts["token"])

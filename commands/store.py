"""`store create`: a new standalone store."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from booking.actions.stores import create_store
from booking.actions.team import invite_user
from booking.addresses import canonical_email
from booking.rules.decision import Refused
from models.actor import SYSTEM
from models.session import database

store = AppGroup("store", help="Stores.")


@store.command("create")
@click.argument("name")
@click.option("--slug", required=True, help="Its place: {slug}.BASE_DOMAIN")
@click.option("--zone", required=True, help="Such as America/New_York")
@click.option("--currency", required=True, help="Such as USD")
@click.option("--email", help="Where customers reach the shop")
@click.option("--phone", help="With country code")
@click.option("--owner", help="E-mail address of the first owner: invited to the dashboard")
def create(name: str, slug: str, zone: str, currency: str, email: str | None, phone: str | None, owner: str | None) -> None:
    """Create a store."""
    try:
        if owner is not None:
            canonical_email(owner)
        store_id = create_store(SYSTEM, name=name, slug=slug, zone=zone, currency=currency, email=email, phone=phone)
        if owner is not None:
            invite_user(store_id, SYSTEM, email=owner, name=owner.partition("@")[0], role="owner")
    except Refused as refused:
        raise click.ClickException("; ".join(f"{e['field']} {e['problem']}" for e in refused.facts["errors"])) from None
    click.echo(f"Created {slug}.")


def store_id_of(slug: str) -> int:
    """The id of a store by its slug, or an error in words."""
    found = database().store_for_slug(slug)
    if found is None:
        raise click.ClickException(f"There is no store {slug!r}.")
    return found

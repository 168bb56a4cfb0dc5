"""`payments connect|disconnect|reseal`: which Stripe account a store's money goes to."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from booking.actions.payment_accounts import connect_account, disconnect_account, reseal_accounts
from booking.rules.decision import Refused
from commands.store import store_id_of
from models.actor import SYSTEM
from models.session import database

payments = AppGroup("payments", help="Accounts at Stripe.")


@payments.command("connect")
@click.option("--store", "slug", required=True)
@click.option("--account", required=True, help="The store's own account, acct_...")
def connect(slug: str, account: str) -> None:
    """Take card payments of the store into this account."""
    try:
        connect_account(store_id_of(slug), SYSTEM, account)
    except Refused as refused:
        raise click.ClickException("; ".join(f"{e['field']} {e['problem']}" for e in refused.facts["errors"])) from None
    click.echo(f"{slug} takes card payments now.")


@payments.command("disconnect")
@click.option("--store", "slug", required=True)
def disconnect(slug: str) -> None:
    """Take no more card payments of the store."""
    disconnect_account(store_id_of(slug), SYSTEM)
    click.echo(f"{slug} takes no card payments.")


@payments.command("reseal")
def reseal() -> None:
    """After SECRET_KEY has changed: seal every account id under the new key, then drop the old one from SECRET_KEY_FALLBACKS."""
    count = sum(reseal_accounts(store_id, SYSTEM).facts["resealed"] for store_id in database().all_stores())
    click.echo(f"{count} sealed anew.")

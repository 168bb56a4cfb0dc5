"""`payments connect|disconnect|reseal`: which Stripe account a store's money goes to."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from booking.actions.onboard_account import record_account
from booking.actions.payment_accounts import connect_account, disconnect_account, reseal_accounts
from booking.rules.decision import Refused
from commands.store import store_id_of
from gateways.stripe import accounts
from gateways.stripe.client import enabled
from gateways.stripe.errors import Trouble
from models.actor import SYSTEM
from models.session import database

payments = AppGroup("payments", help="Accounts at Stripe.")


@payments.command("connect")
@click.option("--store", "slug", required=True)
@click.option("--account", required=True, help="The store's own account, acct_...")
def connect(slug: str, account: str) -> None:
    """Take card payments of the store into this account."""
    store_id = store_id_of(slug)
    try:
        found = accounts.told(accounts.fetch(account)) if enabled() else None
        account_id = connect_account(store_id, SYSTEM, account)
    except Refused as refused:
        raise click.ClickException("; ".join(f"{e['field']} {e['problem']}" for e in refused.facts["errors"])) from None
    except Trouble as trouble:
        raise click.ClickException(f"Stripe does not let this installation act for {account}: {trouble.code}") from None
    if found is not None:
        record_account(store_id, SYSTEM, account_id, found)
    click.echo(f"{slug} takes card payments now." if found is None or found.charges_enabled else
               f"{slug} is connected. It takes card payments as soon as Stripe has what it asks for.")


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

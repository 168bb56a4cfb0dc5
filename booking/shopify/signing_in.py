"""A customer signs in to the portal with their Shopify account (R9, R7, I38)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import errors
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from booking.access import login_hash
from booking.actions.action import Done, action
from booking.actions.sign_in import open_login
from booking.keys import settings
from booking.rules.decision import Refused
from booking.sealing import Unsealable, seal, unseal
from booking.shopify.due import mark
from booking.shopify.gone import is_erased
from booking.shopify.people import COLUMNS, RemoteCustomer, create_from_shopify, find_linked, from_shopify, link_customer
from booking.shopify.tasks import note
from models.access import CustomerLogin
from models.actor import Actor
from models.customer import Customer
from models.session import Tx
from models.shopify_install import ShopifyInstall

SCOPE = "customer_read_customers"
"""Without it the Customer Account API answers nothing."""
HINT = "shopify.hint"


@dataclass(frozen=True, slots=True)
class ShopAccounts:
    """Where the customer accounts of the store's shop are found: its storefront's host and the shop's permanent number."""

    host: str
    number: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Who Shopify says this is, proven."""

    gid: str
    first_name: str | None
    last_name: str | None
    email: str | None
    email_verified: bool


def shop_accounts(tx: Tx) -> ShopAccounts | None:
    """The connected shop's new customer accounts, or None: then nobody is offered this way in."""
    if not settings().shopify_secrets:
        return None
    row = tx.db.execute(select(ShopifyInstall.storefront_host, ShopifyInstall.shop_gid, ShopifyInstall.scopes).where(
        ShopifyInstall.store_id == tx.store_id, ShopifyInstall.state == "installed", ShopifyInstall.accounts == "new",
        ShopifyInstall.storefront_host.is_not(None), ShopifyInstall.shop_gid.is_not(None))).one_or_none()
    if row is None or SCOPE not in [scope.strip() for scope in row.scopes.split(",")]:
        return None
    return ShopAccounts(row.storefront_host, int(row.shop_gid.rsplit("/", 1)[1]))


def sign_in_with_shopify(store_id: int, by: Actor, who: Identity, *, id_token: str, device: str = "") -> Done:
    """Open a session for the customer of this Shopify identity. `facts`: customer_id and the session's secret.

    Joined by GID; else by an address both sides have verified; else a new customer (R9). Refused not_allowed with kind
    "shopify_account" where the address is a customer's who is someone else at Shopify, or whose data was erased: the merchant sees a case.
    """
    done = _sign_in(store_id, by, who, id_token, device)
    if "secret" not in done.facts:
        raise Refused("not_allowed", kind="shopify_account")
    return done


@action
def _sign_in(tx: Tx, who: Identity, id_token: str, device: str) -> Done:
    """What a refusal leaves behind, the audit entry and the case, is kept: so it is no exception here."""
    from_shopify(tx)
    if is_erased(tx, who.gid):
        tx.audit("sign_in", subject="customer", allowed=False, via="shopify", why="erased")
        return Done(facts={})
    remote = RemoteCustomer(who.gid, who.first_name, who.last_name, who.email, who.email_verified, None, None, tx.now)
    row = find_linked(tx, who.gid)
    if row is None:
        row = _same_address(tx, remote)
        if row is not None and row.shopify_id is not None:
            note(tx, "link_conflict", who.gid, customer_id=row.id, reason="linked_to_another")
            tx.audit("sign_in", subject="customer", subject_id=row.id, allowed=False, via="shopify", why="linked_to_another")
            return Done(facts={})
        if row is not None:
            link_customer.within(tx, row.id, who.gid)
        else:
            row = _create(tx, remote)
        mark(tx, "remote_customer", who.gid)
    secret = open_login(tx, row.id, device, seal(tx.store_id, HINT, id_token))
    return Done(facts={"customer_id": row.id, "secret": secret})


def _same_address(tx: Tx, remote: RemoteCustomer) -> Any:
    """The customer who has proven this address here, where Shopify has it verified too."""
    address = remote.fields()["email"]
    if not address or not remote.verified_email:
        return None
    return tx.db.execute(select(*COLUMNS).where(
        Customer.store_id == tx.store_id, Customer.email_canonical == address, Customer.email_verified_at.is_not(None),
        Customer.erased_at.is_(None)).with_for_update()).one_or_none()


def _create(tx: Tx, remote: RemoteCustomer) -> Any:
    """Of two first sign-ins at once, or one beside the sync, one makes the customer; the other finds them."""
    try:
        with tx.line.attempt():
            return create_from_shopify(tx, remote)
    except IntegrityError as error:
        if not isinstance(error.orig, errors.UniqueViolation) or (row := find_linked(tx, remote.gid)) is None:
            raise
        return row


def hint_of(tx: Tx, secret: str) -> str | None:
    """The id token of the live session with this secret, if it was opened with Shopify."""
    sealed = tx.db.execute(select(CustomerLogin.shopify_hint).where(
        CustomerLogin.store_id == tx.store_id, CustomerLogin.secret_hash == login_hash(tx.store_id, secret),
        CustomerLogin.ended_at.is_(None))).scalar()
    try:
        return unseal(tx.store_id, HINT, sealed) if sealed else None
    except Unsealable:
        return None

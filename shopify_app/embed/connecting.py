"""From a merchant's proof to a connected store: token exchange, or the code of the classic grant (I62, I64)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from booking.keys import settings
from booking.shopify.connection import TokenPair, connect_shop
from gateways.shopify import documents
from gateways.shopify.admin import Admin
from gateways.shopify.facts import shop_facts
from gateways.shopify.oauth import App, Tokens
from gateways.shopify.pace import Pace
from gateways.shopify.wire import Drift
from models.actor import Actor
from models.session import database, reading
from models.shopify_install import ShopifyInstall

SCOPES = ("read_customers,write_customers,read_customer_merge,read_orders,write_orders,read_products,read_locales,customer_read_customers,"
          "read_store_credit_accounts,read_store_credit_account_transactions,write_store_credit_account_transactions")
"""What the app needs; the same list stands in shopify.app.toml."""
KEEP_FOR = timedelta(days=30)
"""An idle pair is exchanged anew when its refresh token lives no longer than this."""


def our_app() -> App:
    return App(settings().shopify_api_key or "", settings().shopify_api_secret or "", settings().shopify_api_base)


def needs_grant(domain: str) -> bool:
    """Whether this shop has to be connected (anew): unknown, gone, tokens dead, or granted less than the app needs now."""
    store_id = database().store_for_shop(domain)
    if store_id is None:
        return True
    with reading(store_id) as tx:
        row = tx.db.execute(select(ShopifyInstall.state, ShopifyInstall.refresh_until, ShopifyInstall.scopes).where(
            ShopifyInstall.store_id == store_id)).one()
        return row.state != "installed" or row.refresh_until is None or row.refresh_until < tx.now + KEEP_FOR or not our_app().covers(row.scopes, SCOPES)


def connect_by_id_token(domain: str, id_token: str, by: Actor) -> int:
    """Managed installation: the merchant has agreed in Shopify, the token proves who they are."""
    return _connect(domain, our_app().exchange(domain, id_token), by)


def connect_by_code(domain: str, code: str, by: Actor) -> int:
    return _connect(domain, our_app().redeem(domain, code), by)


def _connect(domain: str, tokens: Tokens, by: Actor) -> int:
    """Ask the shop who it is with its new token, then write both down. The answer's own id decides which store it is (I27)."""
    data = Admin(settings().shopify_api_base, domain, tokens.access, Pace()).run(documents.SHOP)
    facts = shop_facts(data)
    if facts.domain != domain:
        raise Drift("another shop answered")
    return connect_shop(by, facts, TokenPair(tokens.access, tokens.access_seconds, tokens.refresh, tokens.refresh_seconds, tokens.scopes))

"""A worker's hold on one shop: its lease, its tokens, and the API with them."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import select, update

from booking.sealing import Unsealable, unseal
from booking.shopify.connection import TokenPair, lose_tokens, sealed
from gateways.shopify.admin import Admin
from gateways.shopify.oauth import App, GrantRefused
from gateways.shopify.pace import Pace
from gateways.shopify.wire import Unauthorized
from models.actor import Actor
from models.base import new_id
from models.session import reading, transaction
from models.shopify_install import ShopifyInstall
from models.store import Store
from settings import Settings

LEASE = timedelta(minutes=3)
FRESH_FOR = timedelta(minutes=5)
SYNC = Actor("system", "webhook")
log = logging.getLogger("opencals.shopify")


@lru_cache(maxsize=10_000)
def pace_of(store_id: int) -> Pace:
    """What this process knows of a shop's rate limit."""
    return Pace()


def our_app(settings: Settings) -> App:
    return App(settings.shopify_api_key or "", settings.shopify_api_secret or "", settings.shopify_api_base)


@dataclass
class Shop:
    """One leased shop. `run` and `change` call Shopify, with a new token once when the old one is no longer taken."""

    store_id: int
    domain: str
    app: App
    lease: int
    on_cancel: str
    currency: str
    _admin: Admin | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def run(self, document: str, **variables: Any) -> dict[str, Any]:
        return self._calling(lambda admin: admin.run(document, **variables))

    def change(self, document: str, **variables: Any) -> dict[str, Any]:
        return self._calling(lambda admin: admin.change(document, **variables))

    def _calling(self, call: Any) -> Any:
        admin = self._ready()
        try:
            return call(admin)
        except Unauthorized:
            return call(self._ready(instead_of=admin))

    def _ready(self, *, instead_of: Admin | None = None) -> Admin:
        """The API with a token that is good; a refused one is renewed by the first who meets it: a refresh token works once."""
        with self._lock:
            if self._admin is None or self._admin is instead_of:
                self._admin = Admin(self.app.base, self.domain, access_token(self, anew=instead_of is not None), pace_of(self.store_id))
            return self._admin


def take(store_id: int, settings: Settings) -> Shop | None:
    """The lease of a connected shop, or None: not connected, paused, or in another worker's hands."""
    lease = new_id()
    with transaction(store_id, SYNC) as tx:
        row = tx.db.execute(update(ShopifyInstall).where(
            ShopifyInstall.store_id == store_id, ShopifyInstall.state == "installed",
            (ShopifyInstall.leased_until.is_(None)) | (ShopifyInstall.leased_until <= tx.now),
            (ShopifyInstall.paused_until.is_(None)) | (ShopifyInstall.paused_until <= tx.now),
        ).values(lease=lease, leased_until=tx.now + LEASE).returning(ShopifyInstall.on_cancel)).one_or_none()
        if row is None:
            return None
        store = tx.db.execute(select(Store.shopify_domain, Store.currency).where(Store.store_id == store_id)).one()
    return Shop(store_id, store.shopify_domain, our_app(settings), lease, row.on_cancel, store.currency)


def keep(shop: Shop) -> bool:
    """Hold on for longer; False when the shop has left meanwhile or someone else has it."""
    with transaction(shop.store_id, SYNC) as tx:
        return tx.db.execute(update(ShopifyInstall).where(
            ShopifyInstall.store_id == shop.store_id, ShopifyInstall.lease == shop.lease, ShopifyInstall.state == "installed",
        ).values(leased_until=tx.now + LEASE)).rowcount == 1


def give_back(shop: Shop, *, pause: timedelta | None = None, error: str | None = None, done: bool = False) -> None:
    """End the lease; note how it went for the merchant to see."""
    with transaction(shop.store_id, SYNC) as tx:
        values: dict[str, Any] = {"lease": None, "leased_until": None, "last_error": error and error[:300]}
        if pause is not None:
            values["paused_until"] = tx.now + pause
        if done:
            values["succeeded_at"] = tx.now
        tx.db.execute(update(ShopifyInstall).where(
            ShopifyInstall.store_id == shop.store_id, ShopifyInstall.lease == shop.lease).values(**values))


def access_token(shop: Shop, *, anew: bool = False) -> str:
    """A token that is good for some minutes more, refreshed under the shop's lease. Unauthorized when there is none to be had."""
    with reading(shop.store_id) as tx:
        row = tx.db.execute(select(ShopifyInstall).where(ShopifyInstall.store_id == shop.store_id)).one()
        now = tx.now
    try:
        if not anew and row.access_token and row.access_until > now + FRESH_FOR and (row.refresh_until or now) > now + timedelta(days=60):
            return unseal(shop.store_id, "shopify.access", row.access_token)
        if row.refresh_token is None:
            raise Unauthorized("no token")
        pair = shop.app.refresh(shop.domain, unseal(shop.store_id, "shopify.refresh", row.refresh_token))
    except (GrantRefused, Unsealable) as error:
        raise Unauthorized(str(error)) from error
    _keep_pair(shop.store_id, row.refresh_token, TokenPair(
        pair.access, pair.access_seconds, pair.refresh, pair.refresh_seconds, pair.scopes or row.scopes))
    return pair.access


def _keep_pair(store_id: int, used: str, pair: TokenPair) -> None:
    """Both tokens and both ends in one commit; a newer grant that came meanwhile stays."""
    with transaction(store_id, SYNC) as tx:
        tx.db.execute(update(ShopifyInstall).where(
            ShopifyInstall.store_id == store_id, ShopifyInstall.refresh_token == used).values(**sealed(tx, pair)))


def lost(shop: Shop, why: str) -> None:
    """No token is to be had: somebody of the shop has to open the app."""
    log.warning("the shop has to be connected again", extra={"store": shop.store_id, "error": why})
    lose_tokens(shop.store_id, SYNC, why)

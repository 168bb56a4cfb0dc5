"""A shop connects, gives new tokens, changes scopes, leaves, comes back (I62, I64, R23)."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, text, update

from booking.actions.action import Done, action
from booking.actions.stores import create_store, create_user
from booking.rules.decision import Refused
from booking.rules.policy import DEFAULT
from booking.sealing import seal
from booking.shopify.credits import hand_back_unasked
from booking.shopify.due import mark
from models.actor import Actor
from models.session import Tx, database
from models.shopify_due import ShopifyDue
from models.shopify_import import ShopifyImport, ShopifyStaged
from models.shopify_install import ShopifyInstall
from models.store import Store

DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,98}\.myshopify\.com")
LATE = timedelta(hours=24)
"""shop/redact comes 48 hours after its uninstall; one that comes this soon after ours belongs to an earlier installation."""


UNFINISHED = (
    "select shopify_mark('credit', credit_id::text) from shopify_credits where store_id = :s and state = 'asked'",
    "select shopify_mark('refund', r.id::text) from refunds r where r.store_id = :s and r.outcome <> 'credit' and exists ("
    "select 1 from refund_lines l join payments p on p.store_id = l.store_id and p.id = l.payment_id"
    " where l.store_id = r.store_id and l.refund_id = r.id and p.method = 'shopify'"
    " and (l.state = 'pending' or (l.state = 'owed' and r.mode = 'automatic')))",
    "select shopify_mark('cancelled_line', b.id::text) from bookings b where b.store_id = :s and b.status in ('cancelled', 'declined', 'expired')"
    " and exists (select 1 from shopify_order_lines o where o.store_id = b.store_id and o.booking_id = b.id and o.state = 'booked')")
"""What an earlier stay left unfinished: its marks went when the shop left, what they stood for did not."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An expiring offline pair as Shopify gave it; lifetimes in seconds."""

    access: str
    access_seconds: int
    refresh: str
    refresh_seconds: int
    scopes: str


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What Shopify says of a shop. `gid` is its permanent id; the domain may change.

    `host`: where its storefront answers; `accounts`: unknown, classic, new (the kind of its customer accounts).
    """

    gid: str
    domain: str
    name: str
    email: str | None
    currency: str
    zone: str
    locale: str
    host: str | None = None
    accounts: str = "unknown"


def connect_shop(by: Actor, shop: ShopFacts, tokens: TokenPair) -> int:
    """The store of this shop, made on its first installation, now connected. Returns its id.

    A new store refunds by hand until its merchant chooses otherwise (R23); the shop's address is its first owner's.
    """
    store_id = database().store_of_any_shop(shop.gid, shop.domain) or _new_store(by, shop)
    _connect(store_id, by, shop, tokens)
    return store_id


def _new_store(by: Actor, shop: ShopFacts) -> int:
    name = re.sub(r"[^a-z0-9-]", "-", shop.domain.removesuffix(".myshopify.com"))[:56].strip("-") or "shop"
    policy = DEFAULT.to_json()
    policy["cancel"]["refund_mode"] = "manual"
    zone = shop.zone if shop.zone in zoneinfo.available_timezones() else "UTC"
    for suffix in ("", *(f"-{n}" for n in range(2, 100))):
        try:
            store_id = create_store(by, slug=name + suffix, name=shop.name[:120] or name, kind="shopify", zone=zone, currency=shop.currency,
                                    locale=shop.locale, email=shop.email, shopify_domain=shop.domain, policy=policy)
        except Refused as refused:
            # Either the slug is taken, or the same shop was connected by another request a moment ago.
            if refused.code != "invalid":
                raise
            if (there := database().store_of_any_shop(shop.gid, shop.domain)) is not None:
                return there
        else:
            if shop.email:
                create_user(store_id, by, email=shop.email, name=shop.name[:120] or name, role="owner")
            return store_id
    raise Refused("invalid", errors=[{"field": "slug", "problem": "is taken"}])


@action
def _connect(tx: Tx, shop: ShopFacts, tokens: TokenPair) -> Done:
    before = tx.db.execute(select(ShopifyInstall.state, ShopifyInstall.installation).where(
        ShopifyInstall.store_id == tx.store_id).with_for_update()).one_or_none()
    # As in OAuth itself, the newest grant wins; what waited for the old one goes on with the new.
    values = sealed(tx, tokens) | {"shop_gid": shop.gid, "state": "installed", "uninstalled_at": None, "paused_until": None, "last_error": None,
                                   "storefront_host": shop.host, "accounts": shop.accounts}
    fresh = before is None or before.state == "uninstalled"
    if fresh:
        values |= {"installed_at": tx.now, "installation": 1 if before is None else before.installation + 1, "defined_at": None,
                   "customers_until": None, "orders_until": None, "reconciled_at": tx.now}
    if before is None:
        tx.db.execute(insert(ShopifyInstall).values(store_id=tx.store_id, **values))
    else:
        tx.db.execute(update(ShopifyInstall).where(ShopifyInstall.store_id == tx.store_id).values(**values))
    tx.db.execute(update(Store).where(Store.store_id == tx.store_id).values(shopify_domain=shop.domain))
    if fresh:
        mark(tx, "import", "customers")
        for statement in UNFINISHED:
            tx.db.execute(text(statement), {"s": tx.store_id})
        tx.audit("connect_shop", subject="store", subject_id=tx.store_id, after={"scopes": tokens.scopes})
    return Done(facts={"fresh": fresh})


def sealed(tx: Tx, tokens: TokenPair) -> dict[str, Any]:
    """The columns that keep a pair."""
    return {"access_token": seal(tx.store_id, "shopify.access", tokens.access), "access_until": tx.now + timedelta(seconds=tokens.access_seconds),
            "refresh_token": seal(tx.store_id, "shopify.refresh", tokens.refresh),
            "refresh_until": tx.now + timedelta(seconds=tokens.refresh_seconds), "scopes": tokens.scopes}


@action
def lose_tokens(tx: Tx, why: str) -> Done:
    """Shopify no longer takes our tokens: no calls until somebody of the shop opens the app."""
    done = tx.db.execute(update(ShopifyInstall).where(
        ShopifyInstall.store_id == tx.store_id, ShopifyInstall.state == "installed").values(state="reconnect", last_error=why[:200]))
    if done.rowcount:
        tx.audit("lose_shop_tokens", subject="store", subject_id=tx.store_id, why=why[:60])
    return Done()


@action
def change_scopes(tx: Tx, scopes: str) -> Done:
    """What the merchant has granted now."""
    tx.db.execute(update(ShopifyInstall).where(ShopifyInstall.store_id == tx.store_id).values(scopes=scopes[:2000]))
    tx.audit("change_shop_scopes", subject="store", subject_id=tx.store_id, after={"scopes": scopes[:2000]})
    return Done()


@action
def rename_shop(tx: Tx, domain: str) -> Done:
    """The shop's myshopify domain is another one now. Session tokens name the shop by it; the store stays the same (I27)."""
    if not DOMAIN.fullmatch(domain):
        raise Refused("invalid", errors=[{"field": "domain", "problem": "is not a myshopify domain"}])
    changed = tx.db.execute(update(Store).where(Store.store_id == tx.store_id, Store.shopify_domain != domain).values(shopify_domain=domain))
    if changed.rowcount:
        tx.audit("rename_shop", subject="store", subject_id=tx.store_id)
    return Done()


@action
def note_accounts(tx: Tx, host: str | None, accounts: str) -> Done:
    """Where the shop's storefront answers now, and which kind of customer accounts it uses."""
    tx.db.execute(update(ShopifyInstall).where(
        ShopifyInstall.store_id == tx.store_id, (ShopifyInstall.accounts != accounts) | ShopifyInstall.storefront_host.is_distinct_from(host),
    ).values(storefront_host=host, accounts=accounts))
    return Done()


@action
def uninstall_shop(tx: Tx, triggered_at: datetime | None) -> Done:
    """At once: tokens destroyed, no calls out, no session token of the shop opens anything (I62).

    A delivery from before the present installation changes nothing: the shop has come back since.
    """
    row = tx.db.execute(select(ShopifyInstall.state, ShopifyInstall.installed_at).where(
        ShopifyInstall.store_id == tx.store_id).with_for_update()).one_or_none()
    if row is None or row.state == "uninstalled" or (triggered_at is not None and triggered_at < row.installed_at):
        return Done(facts={"left": False})
    tx.db.execute(update(ShopifyInstall).where(ShopifyInstall.store_id == tx.store_id).values(
        state="uninstalled", uninstalled_at=tx.now, access_token=None, refresh_token=None, access_until=None, refresh_until=None, lease=None,
        leased_until=None))
    hand_back_unasked(tx)
    for table in (ShopifyDue, ShopifyStaged, ShopifyImport):
        tx.db.execute(delete(table).where(table.store_id == tx.store_id))
    tx.audit("disconnect_shop", subject="store", subject_id=tx.store_id)
    return Done(facts={"left": True})


@action
def redact_shop(tx: Tx, triggered_at: datetime | None) -> Done:
    """Erase the store of a shop that has left (R45). Refused not_allowed while it is connected, or for a late delivery of an
    installation before the last: what came after stays untouched (I62)."""
    row = tx.db.execute(select(ShopifyInstall.state, ShopifyInstall.uninstalled_at).where(
        ShopifyInstall.store_id == tx.store_id).with_for_update()).one_or_none()
    if row is None or row.state != "uninstalled" or (triggered_at or tx.now) - row.uninstalled_at < LATE:
        raise Refused("not_allowed", kind="shop")
    tx.db.exec_driver_sql("select erase_store()")
    return Done()

"""Which store, who is signed in, and whose feed it is: one statement each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import and_, exists, select

from booking.keys import keyed_hash, settings
from models.access import CustomerLogin
from models.customer import Customer
from models.refund import Credit
from models.session import Tx
from models.statement import NOW, Statement, param, text_param
from models.store import Store
from models.waitlist_entry import WaitlistEntry

LONGEST_LOGIN = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The customer of a live session. `waits`: for a place in a full class."""

    customer_id: int
    name: str
    email: str | None
    phone: str | None
    phone_verified_at: datetime | None
    locale: str | None
    zone: str | None
    shopify_id: str | None
    preferences: dict[str, Any]
    has_feed: bool
    has_credit: bool
    waits: bool
    login_id: int
    signed_in_at: datetime


@dataclass(frozen=True, slots=True)
class StoreView:
    """What pages show of a store."""

    slug: str
    name: str
    locale: str
    zone: str
    currency: str
    email: str | None
    phone: str | None
    website: str | None
    accent: str | None
    logo_url: str | None
    contact_note: str | None
    open_for_booking: bool
    refusal_note: str | None
    terms: str | None
    withdrawal: str = "off"


_STORE = tuple(getattr(Store, name) for name in StoreView.__slots__)
_CREDIT = exists().where(Credit.store_id == Customer.store_id, Credit.customer_id == Customer.id, Credit.used < Credit.amount)
_WAITS = exists().where(WaitlistEntry.store_id == Customer.store_id, WaitlistEntry.customer_id == Customer.id,
                        WaitlistEntry.state == "waiting", WaitlistEntry.kind != "earlier")
_PERSON = (Customer.id, Customer.name, Customer.email, Customer.phone, Customer.phone_verified_at, Customer.locale, Customer.zone,
           Customer.shopify_id, Customer.preferences,
           Customer.feed_secret_hash.is_not(None), _CREDIT, _WAITS, CustomerLogin.id, CustomerLogin.created_at)


_STORE_ONLY = Statement(select(*_STORE).where(Store.store_id == param("store")))
_BOTH = Statement(select(*_STORE, *_PERSON).select_from(Store).outerjoin(CustomerLogin, and_(
    CustomerLogin.store_id == Store.store_id, CustomerLogin.secret_hash == text_param("secret"),
    CustomerLogin.ended_at.is_(None), CustomerLogin.created_at > NOW - LONGEST_LOGIN,
)).outerjoin(Customer, and_(
    Customer.store_id == CustomerLogin.store_id, Customer.id == CustomerLogin.customer_id, Customer.erased_at.is_(None),
)).where(Store.store_id == param("store")))


def login_hash(store_id: int, secret: str) -> str:
    """What is kept of a session's secret."""
    return _login_hash(store_id, secret, settings().secret_key)


@lru_cache(maxsize=1_000)
def _login_hash(store_id: int, secret: str, _key: str) -> str:
    """Each page of a session asks for it, some twice; hashes of another key are others."""
    return keyed_hash("login", store_id, secret)


def visitor(tx: Tx, secret: str | None) -> tuple[StoreView, SignedIn | None]:
    """The store, and the customer behind a session secret: None when it ended, is too old, or never was of this store (I30, I38)."""
    if secret is None:
        return StoreView(*_STORE_ONLY.first(tx)), None
    row = _BOTH.first(tx, secret=login_hash(tx.store_id, secret))
    person = row[len(_STORE):]
    return StoreView(*row[:len(_STORE)]), None if person[0] is None else SignedIn(*person)


def customer_of_feed(tx: Tx, secret: str) -> int | None:
    """The customer whose calendar feed has this secret."""
    return tx.db.execute(select(Customer.id).where(
        Customer.store_id == tx.store_id, Customer.feed_secret_hash == keyed_hash("feed", tx.store_id, secret),
        Customer.erased_at.is_(None))).scalar()

"""Who uses the dashboard: signed in by a cookie, or known by their Shopify user. One statement each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, select

from booking.access import StoreView
from booking.keys import keyed_hash
from models.access import User, UserLogin
from models.session import Tx
from models.statement import NOW, Statement, param, text_param
from models.store import Store

LONGEST_LOGIN = timedelta(days=30)
ROLES = ("owner", "manager", "staff")


@dataclass(frozen=True, slots=True)
class DashboardUser:
    """A person of the shop with a live session. `role` is one of ROLES (A148); `locale` the language they have chosen, if any."""

    user_id: int
    name: str
    email: str
    role: str
    locale: str | None


_STORE = tuple(getattr(Store, name) for name in StoreView.__slots__)
_FOUND = Statement(select(*_STORE, User.id, User.name, User.email, User.role, User.locale).select_from(Store).outerjoin(UserLogin, and_(
    UserLogin.store_id == Store.store_id, UserLogin.secret_hash == text_param("secret"), UserLogin.ended_at.is_(None),
    UserLogin.created_at > NOW - LONGEST_LOGIN,
)).outerjoin(User, and_(
    User.store_id == UserLogin.store_id, User.id == UserLogin.user_id, User.removed_at.is_(None),
)).where(Store.store_id == param("store")))


_OF_SHOP = Statement(select(*_STORE, User.id, User.name, User.email, User.role, User.locale).select_from(Store).outerjoin(User, and_(
    User.store_id == Store.store_id, User.shopify_user_id == param("person"), User.removed_at.is_(None),
)).where(Store.store_id == param("store")))


def shop_user(tx: Tx, shopify_user_id: int) -> tuple[StoreView, DashboardUser | None]:
    """The store, and its user who is this person in the Shopify admin: None for someone not admitted, or let go."""
    row = _OF_SHOP.first(tx, person=shopify_user_id)
    person = row[len(_STORE):]
    return StoreView(*row[:len(_STORE)]), None if person[0] is None else DashboardUser(*person)


def dashboard_user(tx: Tx, secret: str | None) -> tuple[StoreView, DashboardUser | None]:
    """The store, and the user behind a session secret: None when it ended, is older than 30 days, or is of another store (I30)."""
    hashed = keyed_hash("user-login", tx.store_id, secret) if secret else "-"
    row = _FOUND.first(tx, secret=hashed)
    person = row[len(_STORE):]
    return StoreView(*row[:len(_STORE)]), None if person[0] is None else DashboardUser(*person)

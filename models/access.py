"""Who may come in: sign-in codes, signed-in customers, merchant tokens, dashboard users, and the counts that limit attempts."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class LoginCode(StoreRow, Base):
    """A typed code, bound to store, address and the browser's challenge; only its keyed hash is kept (R7, I35)."""

    __tablename__ = "login_codes"

    address: Mapped[str]
    purpose: Mapped[str] = mapped_column(server_default="login")
    customer_id: Mapped[int | None]
    challenge_hash: Mapped[str]
    code_hash: Mapped[str]
    tries: Mapped[int] = mapped_column(server_default="0")
    expires_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    created_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        Index("login_codes_challenge", "store_id", "challenge_hash", unique=True),
        Index("login_codes_address", "store_id", "address", "created_at"),
        CheckConstraint("tries between 0 and 5", name="login_codes_tries"),
        CheckConstraint("purpose in ('login','change_email','dashboard','verify_phone','login_phone')", name="login_codes_purpose"),
    )


class CustomerLogin(StoreRow, Base):
    """A signed-in browser. The cookie carries the secret whose hash stands here; ending it is a write here (I38).

    `shopify_hint`: the sealed id token of a session opened with Shopify, taken away by a trigger when the session ends.
    """

    __tablename__ = "customer_logins"

    secret_hash: Mapped[str]
    customer_id: Mapped[Id]
    created_at: Mapped[Instant]
    device: Mapped[str] = mapped_column(server_default="")
    ended_at: Mapped[Instant | None]
    shopify_hint: Mapped[str | None]

    __table_args__ = (
        of_store(),
        belongs_to("customer_id", "customers"),
        Index("customer_logins_secret", "store_id", "secret_hash", unique=True),
        Index("customer_logins_of", "store_id", "customer_id"),
    )


class MerchantToken(StoreRow, Base):
    """A bearer token of the merchant API; only its hash is kept. The token's text names the store."""

    __tablename__ = "merchant_tokens"

    label: Mapped[str]
    secret_hash: Mapped[str]
    created_at: Mapped[Instant]
    revoked_at: Mapped[Instant | None]
    last_used_at: Mapped[Instant | None]

    __table_args__ = (of_store(), Index("merchant_tokens_secret", "store_id", "secret_hash", unique=True))


class User(StoreRow, Base):
    """A person of the shop: gets merchant notices, signs in to the dashboard. `shopify_user_id`: the same person in the Shopify admin."""

    __tablename__ = "users"

    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    notify: Mapped[bool] = mapped_column(server_default="true")
    locale: Mapped[str | None]
    created_at: Mapped[Instant]
    removed_at: Mapped[Instant | None]
    shopify_user_id: Mapped[Id | None]

    __table_args__ = (
        of_store(),
        Index("users_email", "store_id", "email", unique=True),
        Index("users_shopify", "store_id", "shopify_user_id", unique=True, postgresql_where=text("shopify_user_id is not null")),
        CheckConstraint("shopify_user_id > 0", name="users_shopify_user_id"),
        CheckConstraint("role in ('owner','manager','staff')", name="users_role"),
        CheckConstraint("locale ~ '^[a-z]{2}$'", name="users_locale"),
    )


class UserLogin(StoreRow, Base):
    """A browser signed in to the dashboard; like `CustomerLogin`, and never mixed with it (I39)."""

    __tablename__ = "user_logins"

    secret_hash: Mapped[str]
    user_id: Mapped[Id]
    created_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]

    __table_args__ = (
        of_store(),
        belongs_to("user_id", "users"),
        Index("user_logins_secret", "store_id", "secret_hash", unique=True),
        Index("user_logins_of", "store_id", "user_id"),
    )


class Attempt(Base):
    """One counted attempt of a limited thing (a code sent, a refused change): subject is a keyed hash, never an address."""

    __tablename__ = "attempts"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    scope: Mapped[str]
    subject: Mapped[str]
    at: Mapped[Instant] = mapped_column(server_default=text("opencals_now()"))

    __table_args__ = (of_store(), Index("attempts_recent", "store_id", "scope", "subject", "at"))

"""A store: the tenant. Its row carries the defaults every service inherits."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Select, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant

DEFAULT_BANDS = '\'{"morning": ["06:00", "12:00"], "afternoon": ["12:00", "17:00"], "evening": ["17:00", "22:00"]}\'::jsonb'


class Store(Base):
    """`tax_percent` is contained in prices (a decimal number as text); `credit_days` is how long credit lasts, null for ever (R21).

    `staff_noun` is the word in the store's language, `staff_nouns` has those it gave for others (R46).

    Bookings that began before `forgotten_before` name nobody any more (R45); `zone_data` is the release of the time zone data by
    which the coming ones were last reckoned (R13).
    """

    __tablename__ = "stores"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    slug: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="standalone")
    zone: Mapped[str]
    currency: Mapped[str]
    locale: Mapped[str] = mapped_column(server_default="en")
    email: Mapped[str | None]
    phone: Mapped[str | None]
    website: Mapped[str | None]
    accent: Mapped[str | None]
    logo_url: Mapped[str | None]
    staff_noun: Mapped[str | None]
    staff_nouns: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    contact_note: Mapped[str | None]
    refusal_note: Mapped[str | None]
    terms: Mapped[str | None]
    legal_name: Mapped[str | None]
    legal_address: Mapped[str | None]
    tax_id: Mapped[str | None]
    tax_percent: Mapped[str | None]
    credit_days: Mapped[int | None] = mapped_column(server_default="365")
    reschedule: Mapped[bool] = mapped_column(server_default="true")
    cancel: Mapped[bool] = mapped_column(server_default="true")
    require_login_to_cancel: Mapped[bool] = mapped_column(server_default="false")
    real_time: Mapped[bool] = mapped_column(server_default="true")
    open_for_booking: Mapped[bool] = mapped_column(server_default="true")
    withdrawal: Mapped[str] = mapped_column(server_default="off")
    ask_feedback: Mapped[bool] = mapped_column(server_default="true")
    calendar_link: Mapped[bool] = mapped_column(server_default="true")
    quiet_from: Mapped[str] = mapped_column(server_default="21:00")
    quiet_to: Mapped[str] = mapped_column(server_default="08:00")
    policy: Mapped[dict[str, Any]]
    retention_days: Mapped[int] = mapped_column(server_default="1095")
    waitlist: Mapped[bool] = mapped_column(server_default="true")
    waitlist_claim_minutes: Mapped[int] = mapped_column(server_default="60")
    waitlist_rest_hours: Mapped[int] = mapped_column(server_default="6")
    waitlist_bands: Mapped[dict[str, Any]] = mapped_column(server_default=text(DEFAULT_BANDS))
    offer_hours: Mapped[int] = mapped_column(server_default="24")
    offer_hold: Mapped[bool] = mapped_column(server_default="false")
    shopify_domain: Mapped[str | None]
    last_order_number: Mapped[int] = mapped_column(server_default="1000")
    forgotten_before: Mapped[Instant | None]
    zone_data: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Instant]

    __table_args__ = (
        UniqueConstraint("slug", name="stores_slug"),
        UniqueConstraint("shopify_domain", name="stores_shopify_domain"),
        CheckConstraint("kind in ('standalone', 'shopify')", name="stores_kind"),
        CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name="stores_slug_shape"),
        CheckConstraint(r"tax_percent ~ '^[0-9]{1,2}(\.[0-9]{1,4})?$'", name="stores_tax_percent"),
        CheckConstraint("credit_days between 1 and 3650", name="stores_credit_days"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="stores_currency"),
        CheckConstraint("withdrawal in ('off', 'eu', 'everyone')", name="stores_withdrawal"),
        CheckConstraint("quiet_from ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' and quiet_to ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'", name="stores_quiet"),
        CheckConstraint(
            "jsonb_typeof(staff_nouns) = 'object' and staff_nouns - array['en', 'de', 'fr', 'es', 'ar'] = '{}'::jsonb and not "
            "jsonb_path_exists(staff_nouns, '$.* ? (@.type() != \"string\" || !(@ like_regex \"^.{1,80}$\"))')", name="stores_staff_nouns"),
        CheckConstraint("waitlist_claim_minutes between 5 and 1440 and waitlist_rest_hours between 1 and 168 and offer_hours between 1 and 168",
                        name="stores_waitlist"),
    )


class StoreHost(Base):
    """A host name a store answers at besides `{slug}.BASE_DOMAIN`; `primary_host` is used in links (A51, I43)."""

    __tablename__ = "store_hosts"

    host: Mapped[str] = mapped_column(primary_key=True)
    store_id: Mapped[Id]
    primary_host: Mapped[bool] = mapped_column(server_default="false")
    verified_at: Mapped[Instant | None]

    __table_args__ = (CheckConstraint("host = lower(host)", name="store_hosts_lower"),)


def own_host(store_id: Any) -> Select:
    """The verified host name that links of this store carry; no row where it has none of its own."""
    return select(StoreHost.host).where(StoreHost.store_id == store_id, StoreHost.primary_host, StoreHost.verified_at.is_not(None)).limit(1)

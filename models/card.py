"""Saved cards: what a shop and its customer may see of one, never the number (I19, I20, R36)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class Card(StoreRow, Base):
    """A payment method at the provider. Ended by removal or replacement; `detached_at` once the provider has let go of it."""

    __tablename__ = "cards"

    customer_id: Mapped[Id]
    account_id: Mapped[Id]
    provider_customer: Mapped[str]
    provider_ref: Mapped[str]
    brand: Mapped[str]
    last4: Mapped[str]
    exp_month: Mapped[int]
    exp_year: Mapped[int]
    fingerprint: Mapped[str]
    created_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
    detached_at: Mapped[Instant | None]

    __table_args__ = (
        of_store(),
        belongs_to("customer_id", "customers"),
        belongs_to("account_id", "payment_accounts"),
        Index("cards_provider_ref", "store_id", "provider_ref", unique=True),
        Index("cards_of_customer", "store_id", "customer_id", postgresql_where=text("ended_at is null")),
        CheckConstraint("last4 ~ '^[0-9]{4}$' and exp_month between 1 and 12 and exp_year between 2000 and 2199", name="cards_face"),
        CheckConstraint("detached_at is null or ended_at is not null", name="cards_detached"),
    )


class CardConsent(StoreRow, Base):
    """What the customer agreed to when a card was saved for a booking. Never changed (A92). `ip_hash` is keyed.

    `most` is the largest fee named in `text`, in minor units of the booking's currency.
    """

    __tablename__ = "card_consents"

    card_id: Mapped[Id]
    customer_id: Mapped[Id]
    booking_id: Mapped[Id]
    source: Mapped[str]
    text_version: Mapped[str]
    text: Mapped[str]
    most: Mapped[int]
    fingerprint: Mapped[str]
    ip_hash: Mapped[str]
    at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        belongs_to("card_id", "cards"),
        belongs_to("customer_id", "customers"),
        belongs_to("booking_id", "bookings"),
        Index("card_consents_of_booking", "store_id", "booking_id", "card_id", unique=True),
        Index("card_consents_of_card", "store_id", "card_id"),
        CheckConstraint("source in ('manage_portal') and most >= 0", name="card_consents_source"),
    )

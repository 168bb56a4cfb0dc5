"""The store's own account at the payment provider, named only in sealed form (I64)."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import CheckConstraint, ColumnElement, Index, UniqueConstraint, and_, exists, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Instant, StoreRow, of_store
from models.intent import Intent
from models.payment import Payment
from models.session import Tx

FIELD = "payment_accounts.account"
"""What account ids are sealed for."""


class PaymentAccount(StoreRow, Base):
    """`account_hash` is a keyed hash that answers "which store is this" for webhooks; null once the account is no longer used.

    `swept_to`: events made until then have been looked at by the daily sweep, which is due again at `sweep_at`.
    `origin`: opened from the dashboard (`onboarding`), or named by whoever runs the installation. What the provider said of it when
    `looked_at`: whether it takes money and pays it out, and what it still `needs` (`due`, `past_due`: names of requirements;
    `reason` why it is stopped; `by`, an instant). `look_at`: when to ask again; `linked_at`: when its owner was last sent there.
    """

    __tablename__ = "payment_accounts"

    provider: Mapped[str] = mapped_column(server_default="stripe")
    account_sealed: Mapped[str]
    account_hash: Mapped[str | None]
    created_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
    swept_to: Mapped[Instant]
    sweep_at: Mapped[Instant]
    origin: Mapped[str] = mapped_column(server_default="command")
    charges_enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    payouts_enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    details_submitted: Mapped[bool] = mapped_column(server_default=text("true"))
    needs: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    linked_at: Mapped[Instant | None]
    looked_at: Mapped[Instant | None]
    look_at: Mapped[Instant | None]

    __table_args__ = (
        of_store(),
        UniqueConstraint("account_hash", name="payment_accounts_account"),
        Index("payment_accounts_in_use", "store_id", unique=True, postgresql_where=text("ended_at is null")),
        Index("payment_accounts_look_due", "store_id", "look_at", postgresql_where=text("look_at is not null")),
        CheckConstraint("origin in ('command','onboarding')", name="payment_accounts_origin"),
        CheckConstraint("jsonb_typeof(needs) = 'object'", name="payment_accounts_needs"),
        CheckConstraint("look_at is null or ended_at is null", name="payment_accounts_look"),
        CheckConstraint("provider in ('stripe')", name="payment_accounts_provider"),
        CheckConstraint("(ended_at is null) = (account_hash is not null)", name="payment_accounts_ended"),
    )


class AccountRow(NamedTuple):
    """`takes`: whether it can take money now."""

    id: int
    sealed: str
    ended: bool
    takes: bool


def taken_by() -> ColumnElement[bool]:
    """Joins a payment to the intent it was taken by; the parts of a shared one have the same."""
    return and_(Intent.store_id == Payment.store_id, or_(
        Intent.payment_id == Payment.id, and_(Payment.shared, Intent.provider_ref == Payment.provider_ref)))


def through_provider(rehearse: Any) -> ColumnElement[bool]:
    """Whether money of a payment can go back through the provider that took it; for statements that select from payments. With
    `rehearse` (test mode) card payments the shop only noted go there too."""
    connected = exists().where(PaymentAccount.store_id == Payment.store_id, PaymentAccount.ended_at.is_(None)).correlate(Payment)
    taken = exists().where(taken_by()).correlate(Payment)
    return and_(Payment.method == "card", or_(and_(Payment.provider_ref.is_not(None), or_(connected, taken)), and_(connected, rehearse)))


def in_use(tx: Tx) -> AccountRow | None:
    """The store's account of today."""
    row = tx.db.execute(select(PaymentAccount.id, PaymentAccount.account_sealed, PaymentAccount.charges_enabled).where(
        PaymentAccount.store_id == tx.store_id, PaymentAccount.ended_at.is_(None))).one_or_none()
    return None if row is None else AccountRow(row.id, row.account_sealed, False, row.charges_enabled)


def by_id(tx: Tx, account_id: int) -> AccountRow:
    """An account the store uses or has used: objects made under it are reached only there (I20)."""
    row = tx.db.execute(select(PaymentAccount.id, PaymentAccount.account_sealed, PaymentAccount.ended_at, PaymentAccount.charges_enabled).where(
        PaymentAccount.store_id == tx.store_id, PaymentAccount.id == account_id)).one()
    return AccountRow(row.id, row.account_sealed, row.ended_at is not None, row.charges_enabled)

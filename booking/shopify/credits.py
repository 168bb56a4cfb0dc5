"""Credit for money that came with an order: given as the shop's own store credit, once, and followed as it is spent there (R23, R21).

The ledger here and the account there hold the same credits: what Shopify takes is never spendable here, what it does not take is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select, update

from booking.actions.action import Done, action
from booking.shopify.tasks import note
from models.booking import Booking
from models.customer import Customer
from models.refund import Credit
from models.session import Tx
from models.shopify_credit import ShopifyCredit


@dataclass(frozen=True, slots=True)
class WantedCredit:
    """A credit to give over there, in minor units. `asked_at`: when Shopify may first have heard of it, None for never."""

    credit_id: int
    booking_ref: str
    customer_gid: str | None
    amount: int
    currency: str
    expires_at: datetime | None
    asked_at: datetime | None


def wanted_credit(tx: Tx, credit_id: int) -> WantedCredit | None:
    """None when there is nothing left to do about it."""
    row = tx.db.execute(select(
        Credit.id, Booking.ref, Customer.shopify_id, Credit.amount, Credit.currency, Credit.expires_at, ShopifyCredit.asked_at).join(
            ShopifyCredit, and_(ShopifyCredit.store_id == Credit.store_id, ShopifyCredit.credit_id == Credit.id)).join(
                Booking, and_(Booking.store_id == Credit.store_id, Booking.id == Credit.booking_id)).join(
                    Customer, and_(Customer.store_id == Credit.store_id, Customer.id == Credit.customer_id)).where(
        Credit.store_id == tx.store_id, Credit.id == credit_id, ShopifyCredit.state.in_(("due", "asked")))).one_or_none()
    return None if row is None else WantedCredit(*row)


def known_transactions(tx: Tx, gids: list[str]) -> set[str]:
    """Those of these transactions that are credits of ours already."""
    return set(tx.db.execute(select(ShopifyCredit.transaction_gid).where(
        ShopifyCredit.store_id == tx.store_id, ShopifyCredit.transaction_gid.in_(gids))).scalars())


@action
def ask_for_credit(tx: Tx, credit_id: int) -> Done:
    """Noted before Shopify hears of it: from here on a try looks there first."""
    tx.db.execute(_mine(tx, credit_id, "due").values(state="asked", asked_at=tx.now))
    return Done()


@action
def settle_credit(tx: Tx, wanted: WantedCredit, transaction_gid: str) -> Done:
    """It is in the customer's account over there."""
    done = tx.db.execute(_mine(tx, wanted.credit_id, "asked").values(state="given", transaction_gid=transaction_gid, given_at=tx.now))
    if done.rowcount:
        tx.audit("give_credit", subject="credit", subject_id=wanted.credit_id, amount=wanted.amount, through="shopify", transaction=transaction_gid)
    return Done()


@action
def keep_credit_here(tx: Tx, wanted: WantedCredit, why: str) -> Done:
    """Shopify does not take it, and has not: the customer spends it here instead, and somebody of the shop is told (R23)."""
    done = tx.db.execute(_mine(tx, wanted.credit_id, "due", "asked").values(state="store"))
    if done.rowcount:
        tx.db.execute(update(Credit).where(Credit.store_id == tx.store_id, Credit.id == wanted.credit_id).values(place="store"))
        tx.audit("keep_credit_here", subject="credit", subject_id=wanted.credit_id, amount=wanted.amount, why=why[:60])
        note(tx, "credit_here", str(wanted.credit_id), booking=wanted.booking_ref, amount=wanted.amount, currency=wanted.currency, why=why[:200])
    return Done()


def open_credits(tx: Tx, after: int, limit: int) -> dict[str, tuple[int, int]]:
    """Transaction -> (credit, amount) of those given over there that may still be spent, by id."""
    return {row.transaction_gid: (row.id, row.amount) for row in tx.db.execute(select(
        ShopifyCredit.transaction_gid, Credit.id, Credit.amount).join(
            Credit, and_(Credit.store_id == ShopifyCredit.store_id, Credit.id == ShopifyCredit.credit_id)).where(
                ShopifyCredit.store_id == tx.store_id, ShopifyCredit.state == "given", Credit.id > after, Credit.used < Credit.amount,
                or_(Credit.expires_at.is_(None), Credit.expires_at > tx.now)).order_by(Credit.id).limit(limit))}


@action
def note_credit_left(tx: Tx, left: dict[int, int]) -> Done:
    """Credit -> what of it is left over there, in minor units."""
    for row in tx.db.execute(select(Credit.id, Credit.amount, Credit.used).where(
            Credit.store_id == tx.store_id, Credit.id.in_(left), Credit.place == "shopify").order_by(Credit.id).with_for_update()).all():
        used = row.amount - min(max(left[row.id], 0), row.amount)
        if used != row.used:
            tx.db.execute(update(Credit).where(Credit.store_id == tx.store_id, Credit.id == row.id).values(used=used))
            tx.audit("note_credit_used", subject="credit", subject_id=row.id, before={"used": row.used}, after={"used": used})
    return Done()


def hand_back_unasked(tx: Tx) -> None:
    """The shop leaves: what Shopify never heard of is spent here."""
    gone = update(ShopifyCredit).where(ShopifyCredit.store_id == tx.store_id, ShopifyCredit.state == "due").values(state="store")
    tx.db.execute(update(Credit).where(
        Credit.store_id == tx.store_id, Credit.id.in_(tx.db.execute(gone.returning(ShopifyCredit.credit_id)).scalars().all())).values(place="store"))


def _mine(tx: Tx, credit_id: int, *states: str):  # noqa: ANN202
    return update(ShopifyCredit).where(
        ShopifyCredit.store_id == tx.store_id, ShopifyCredit.credit_id == credit_id, ShopifyCredit.state.in_(states))

"""Store credit: what a customer has, and paying with it (R21)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, insert, or_, select

from booking.documents.issue import issue
from models.base import new_id
from models.booking_summary import BookingSummary
from models.payment import Payment
from models.refund import Credit, CreditUse
from models.session import Tx


class Left(NamedTuple):
    """Credit of a customer that is not used up, in minor units; `expires_at` None for no end. `place` shopify: it lives in their
    account at the online shop and is spent there; what is left of it is as of our last look (R23)."""

    id: int
    left: int
    currency: str
    expires_at: datetime | None
    place: str


def credit_of(tx: Tx, customer_id: int, currency: str | None = None) -> list[Left]:
    """What can be spent here now, what ends first first; of one currency where it is given."""
    return [Left(*row[:5]) for row in tx.db.execute(_spendable(tx, customer_id, currency))]


def all_credit_of(tx: Tx, customer_id: int) -> list[Left]:
    """What is left here and at the online shop, what ends first first."""
    return [Left(*row[:5]) for row in tx.db.execute(_left(tx, Credit.customer_id == customer_id))]


def credit_of_all(tx: Tx, customer_ids: Sequence[int]) -> dict[int, list[Left]]:
    """The same of several customers at once, by customer; those without credit are left out."""
    found: dict[int, list[Left]] = {}
    for row in tx.db.execute(_left(tx, Credit.customer_id.in_(customer_ids))) if customer_ids else ():
        found.setdefault(row.customer_id, []).append(Left(*row[:5]))
    return found


def pay_with_credit(tx: Tx, b: BookingSummary) -> int:
    """Pay what is due of a booking with its customer's credit, as far as it goes; the amount. The rows stay locked until the commit."""
    wanted = b.due
    parts = []
    for credit in tx.db.execute(_spendable(tx, b.customer_id, b.currency).with_for_update()):
        if wanted:
            parts.append((credit.id, min(wanted, credit.left)))
            wanted -= parts[-1][1]
    if not parts:
        return 0
    payment_id, amount = new_id(), sum(part for _, part in parts)
    tx.db.execute(insert(Payment).values(store_id=tx.store_id, id=payment_id, booking_id=b.id, amount=amount, currency=b.currency,
                                         method="credit", captured_at=tx.now))
    tx.db.execute(insert(CreditUse), [{"store_id": tx.store_id, "id": new_id(), "credit_id": credit_id, "payment_id": payment_id,
                                       "amount": part} for credit_id, part in parts])
    tx.last(issue, b.id)
    return amount


def _spendable(tx: Tx, customer_id: int, currency: str | None) -> Select:
    statement = _left(tx, Credit.customer_id == customer_id).where(Credit.place == "store")
    return statement if currency is None else statement.where(Credit.currency == currency)


def _left(tx: Tx, whose: ColumnElement[bool]) -> Select:
    return select(
        Credit.id, (Credit.amount - Credit.used).label("left"), Credit.currency, Credit.expires_at, Credit.place, Credit.customer_id).where(
            Credit.store_id == tx.store_id, whose, Credit.used < Credit.amount,
            or_(Credit.expires_at.is_(None), Credit.expires_at > tx.now)).order_by(Credit.expires_at.asc().nulls_last(), Credit.id)

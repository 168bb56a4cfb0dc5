"""Store credit: what a customer has, and paying with it (R21)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, insert, or_, select

from booking.documents.issue import issue
from models.base import new_id
from models.booking_summary import BookingSummary
from models.payment import Payment
from models.refund import Credit, CreditUse
from models.session import Tx
from models.statement import INSTANT, Statement, param


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
    return [one for one in all_credit_of(tx, customer_id) if one.place == "store" and currency in (None, one.currency)]


def all_credit_of(tx: Tx, customer_id: int) -> list[Left]:
    """What is left here and at the online shop, what ends first first."""
    return [Left(*row[:5]) for row in _OF_ONE.rows(tx, customer=customer_id, now=tx.now)]


def credit_of_all(tx: Tx, customer_ids: Sequence[int]) -> dict[int, list[Left]]:
    """The same of several customers at once, by customer; those without credit are left out."""
    found: dict[int, list[Left]] = {}
    for row in tx.db.execute(_left(tx.store_id, tx.now, Credit.customer_id.in_(customer_ids))) if customer_ids else ():
        found.setdefault(row.customer_id, []).append(Left(*row[:5]))
    return found


def pay_with_credit(tx: Tx, b: BookingSummary) -> int:
    """Pay what is due of a booking with its customer's credit, as far as it goes; the amount. The rows stay locked until the commit."""
    wanted = b.due
    parts = []
    mine = and_(Credit.customer_id == b.customer_id, Credit.currency == b.currency, Credit.place == "store")
    for credit in tx.db.execute(_left(tx.store_id, tx.now, mine).with_for_update()):
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


def _left(store: Any, now: Any, whose: ColumnElement[bool]) -> Select:
    return select(
        Credit.id, (Credit.amount - Credit.used).label("left"), Credit.currency, Credit.expires_at, Credit.place, Credit.customer_id).where(
            Credit.store_id == store, whose, Credit.used < Credit.amount,
            or_(Credit.expires_at.is_(None), Credit.expires_at > now)).order_by(Credit.expires_at.asc().nulls_last(), Credit.id)


_OF_ONE: Statement[tuple] = Statement(_left(param("store"), param("now", INSTANT), Credit.customer_id == param("customer")))

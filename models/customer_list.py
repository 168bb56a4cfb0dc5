"""Customers as the shop looks them up."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select, tuple_

from models import customer_words
from models.booking import Booking as B
from models.customer import Customer as C
from models.session import Tx


class ListedCustomer(NamedTuple):
    id: int
    name: str
    email: str | None
    phone: str | None
    email_verified_at: datetime | None
    shopify_id: str | None
    created_at: datetime
    bookings: int
    last_at: datetime | None
    next_at: datetime | None


def _counted(now: datetime) -> tuple[Any, ...]:
    """Figures of one customer from the index of their bookings; only for the rows of a page."""
    mine = (B.store_id == C.store_id, B.customer_id == C.id)
    return (
        select(func.count()).select_from(B).where(*mine).scalar_subquery().label("bookings"),
        select(B.starts_at).where(*mine, B.starts_at <= now, B.status.in_(("completed", "confirmed", "arrived", "ready_to_start"))).order_by(
            B.starts_at.desc()).limit(1).scalar_subquery().label("last_at"),
        select(B.starts_at).where(*mine, B.starts_at > now, B.closed_at.is_(None)).order_by(B.starts_at).limit(1).scalar_subquery().label("next_at"),
    )


def search(tx: Tx, text: str, *, limit: int = 50) -> list[ListedCustomer]:
    """Customers every typed word of whom begins one of theirs, by name."""
    ids = customer_words.matching(tx, text)
    return _run(tx, select(*_columns(tx.now)).where(C.store_id == tx.store_id, C.id.in_(ids), C.erased_at.is_(None)).order_by(
        C.name, C.id).limit(limit)) if ids else []


def page(tx: Tx, *, after: tuple[str, int] | None = None, limit: int = 50) -> list[ListedCustomer]:
    """All customers by name, from behind (name, id)."""
    where = [C.store_id == tx.store_id, C.erased_at.is_(None)]
    if after is not None:
        where.append(tuple_(C.name, C.id) > tuple(after))
    return _run(tx, select(*_columns(tx.now)).where(*where).order_by(C.name, C.id).limit(limit))


def one(tx: Tx, customer_id: int) -> ListedCustomer | None:
    """A customer who is still there, also one merged into another or erased: None."""
    found = _run(tx, select(*_columns(tx.now)).where(C.store_id == tx.store_id, C.id == customer_id, C.erased_at.is_(None)))
    return found[0] if found else None


def duplicates_of(tx: Tx, customer: ListedCustomer, canonical: str | None, *, limit: int = 10) -> list[ListedCustomer]:
    """Others who share the address or the phone number."""
    same = [column == value for column, value in ((C.email_canonical, canonical), (C.phone, customer.phone)) if value]
    if not same:
        return []
    return _run(tx, select(*_columns(tx.now)).where(
        C.store_id == tx.store_id, C.id != customer.id, C.erased_at.is_(None), or_(*same)).order_by(C.created_at).limit(limit))


def _columns(now: datetime) -> tuple[Any, ...]:
    return (C.id, C.name, C.email, C.phone, C.email_verified_at, C.shopify_id, C.created_at, *_counted(now))


def _run(tx: Tx, statement: Any) -> list[ListedCustomer]:
    return [ListedCustomer._make(row) for row in tx.db.execute(statement)]

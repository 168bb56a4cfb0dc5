"""A withdrawal from a contract, as it was declared (R48)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Index, and_, func, select, tuple_
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store
from models.booking import Booking as B
from models.session import Tx


class Withdrawal(StoreRow, Base):
    """`contract` is what the customer wrote to say which one; `booking_id` where it names a booking of theirs. Never deleted."""

    __tablename__ = "withdrawals"

    name: Mapped[str]
    email: Mapped[str]
    contract: Mapped[str]
    statement: Mapped[str] = mapped_column(server_default="")
    booking_id: Mapped[Id | None]
    received_at: Mapped[Instant]
    handled_at: Mapped[Instant | None]

    __table_args__ = (of_store(), belongs_to("booking_id", "bookings"), Index("withdrawals_by_time", "store_id", "received_at", "id"))


class ListedWithdrawal(NamedTuple):
    """`ref` is that of the booking it names, if it names one."""

    id: int
    name: str
    email: str
    contract: str
    statement: str
    received_at: datetime
    handled_at: datetime | None
    ref: str | None


_LISTED = select(Withdrawal.id, Withdrawal.name, Withdrawal.email, Withdrawal.contract, Withdrawal.statement, Withdrawal.received_at, Withdrawal.handled_at,
                 B.ref).select_from(Withdrawal).outerjoin(B, and_(B.store_id == Withdrawal.store_id, B.id == Withdrawal.booking_id))
_TIME = (Withdrawal.received_at, Withdrawal.id)


def waiting_withdrawals(tx: Tx) -> int:
    """How many the shop has not dealt with."""
    return tx.db.execute(select(func.count()).select_from(Withdrawal).where(
        Withdrawal.store_id == tx.store_id, Withdrawal.handled_at.is_(None))).scalar_one()


def open_withdrawals(tx: Tx, after: tuple[datetime, int] | None = None, *, limit: int = 50) -> list[ListedWithdrawal]:
    """Those not dealt with, the oldest first: time limits run from when they arrived."""
    where = [Withdrawal.store_id == tx.store_id, Withdrawal.handled_at.is_(None)]
    if after is not None:
        where.append(tuple_(*_TIME) > tuple(after))
    return [ListedWithdrawal._make(row) for row in tx.db.execute(_LISTED.where(*where).order_by(*_TIME).limit(limit))]


def handled_withdrawals(tx: Tx, after: tuple[datetime, int] | None = None, *, limit: int = 50) -> list[ListedWithdrawal]:
    """Those dealt with, the latest first."""
    where = [Withdrawal.store_id == tx.store_id, Withdrawal.handled_at.is_not(None)]
    if after is not None:
        where.append(tuple_(*_TIME) < tuple(after))
    return [ListedWithdrawal._make(row) for row in tx.db.execute(_LISTED.where(*where).order_by(*(part.desc() for part in _TIME)).limit(limit))]


def withdrawals_of(tx: Tx, booking_id: int) -> list[ListedWithdrawal]:
    """Those that name the booking, oldest first."""
    return [ListedWithdrawal._make(row) for row in tx.db.execute(_LISTED.where(
        Withdrawal.store_id == tx.store_id, Withdrawal.booking_id == booking_id).order_by(*_TIME))]

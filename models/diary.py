"""The shop's view of its bookings: what a line of a list, a box of the calendar or a row of the export shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, literal, select, tuple_, union_all

from models import customer_words
from models.booking import Booking as B
from models.booking_summary import column
from models.customer import Customer as C
from models.location import Location as L
from models.order import Order as O
from models.service import Service as V
from models.session import Tx
from models.staff import Staff as S

Position = tuple[datetime, int]
"""The last (starts_at, id) seen (I66)."""


class DiaryBooking(NamedTuple):
    """The part of BookingSummary the diary shows; fields mean the same."""

    id: int
    ref: str
    status: str
    version: int
    starts_at: datetime
    ends_at: datetime
    zone: str
    service_id: int
    service_name: str
    staff_id: int
    staff_name: str
    location_id: int
    location_name: str
    customer_id: int
    customer_name: str
    customer_email: str | None
    customer_phone: str | None
    contact_name: str
    contact_email: str | None
    contact_phone: str | None
    session_id: int | None
    visit_id: int | None
    seats: int
    price: int
    currency: str
    paid: int
    refunded: int
    owed: int
    conflict: bool
    approval_deadline: datetime | None
    held: dict[str, Any] | None
    closed_at: datetime | None
    cancel_reason: str | None
    created_at: datetime

    @property
    def holding(self) -> bool:
        return self.closed_at is None

    @property
    def name(self) -> str:
        """Whom to expect."""
        return self.contact_name or self.customer_name

    @property
    def email(self) -> str | None:
        return self.customer_email or self.contact_email

    @property
    def phone(self) -> str | None:
        return self.customer_phone or self.contact_phone


DIARY: Select = (
    select(*[column(name) for name in DiaryBooking._fields])
    .select_from(B)
    .join(V, and_(V.store_id == B.store_id, V.id == B.service_id))
    .join(S, and_(S.store_id == B.store_id, S.id == B.staff_id))
    .join(L, and_(L.store_id == B.store_id, L.id == B.location_id))
    .join(C, and_(C.store_id == B.store_id, C.id == B.customer_id))
)
"""All bookings as the diary shows them; add conditions, order and limit."""

SHOWN = ("pending", "confirmed", "arrived", "ready_to_start", "completed", "no_show")
"""States that belong on a calendar: the others took no place or gave it back."""


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; None and empty mean all. Instants are half-open."""

    text: str = ""
    statuses: tuple[str, ...] = ()
    staff_id: int | None = None
    service_id: int | None = None
    location_id: int | None = None
    customer_id: int | None = None
    starts_from: datetime | None = None
    starts_to: datetime | None = None
    conflict: bool = False
    latest_first: bool = False

    def conditions(self) -> list[Any]:
        found: list[Any] = []
        if self.statuses:
            found.append(B.status.in_(self.statuses))
        for value, col in ((self.staff_id, B.staff_id), (self.service_id, B.service_id), (self.location_id, B.location_id),
                           (self.customer_id, B.customer_id)):
            if value is not None:
                found.append(col == value)
        if self.starts_from is not None:
            found.append(B.starts_at >= self.starts_from)
        if self.starts_to is not None:
            found.append(B.starts_at < self.starts_to)
        if self.conflict:
            found.append(B.conflict)
        return found


def page(tx: Tx, filters: Filters, *, after: Position | None = None, limit: int = 50) -> list[DiaryBooking]:
    """Bookings by start, at most `limit`, from behind the position `after`. At most four statements."""
    where, order = [B.store_id == tx.store_id, *filters.conditions()], _order(filters)
    if after is not None:
        here = tuple_(B.starts_at, B.id)
        where.append(here < tuple(after) if filters.latest_first else here > tuple(after))
    if not filters.text.strip():
        return run(tx, DIARY.where(*where).order_by(*order).limit(limit))
    found = search(tx, filters.text, where, order, limit)
    return run(tx, DIARY.where(B.store_id == tx.store_id, B.id.in_(found)).order_by(*order)) if found else []


def search(tx: Tx, text: str, where: list[Any], order: list[Any], limit: int) -> Sequence[int]:
    """Ids of the first `limit` bookings that fit `where` and the text: a reference, an order number such as #1001, or the beginning of
    a word of the customer's name or address, or the ending of their phone number. At most two statements; none reads every booking."""
    one = _by_name(tx, text)
    if one is not None:
        return tx.db.execute(select(B.id).where(*where, B.id == one)).scalars().all()
    return _of_customers(tx, customer_words.matching(tx, text), where, order, limit)


def _by_name(tx: Tx, text: str) -> int | None:
    """The booking whose reference, or whose order number such as #1001, was typed."""
    text = text.strip().lower()
    number = text.removeprefix("#")
    if text.startswith("#") and number.isascii() and number.isdecimal() and len(number) <= 15:
        return tx.db.execute(select(B.id).join(O, and_(O.store_id == B.store_id, O.id == B.order_id)).where(
            O.store_id == tx.store_id, O.number == int(number)).limit(1)).scalar()
    if len(text) == 12 and text.isascii() and text.isalnum():
        return tx.db.execute(select(B.id).where(B.store_id == tx.store_id, B.ref == text)).scalar()
    return None


def _of_customers(tx: Tx, ids: Sequence[int], where: list[Any], order: list[Any], limit: int) -> Sequence[int]:
    """The first bookings of these customers: each one's first `limit` from their own index, then the first of all.

    Told the ids, the planner begins with them instead of with every booking of the store.
    """
    if not ids:
        return []
    chosen = select(C.id).where(C.store_id == tx.store_id, C.id.in_(ids)).subquery()
    mine = select(B.id.label("id"), B.starts_at).where(*where, B.customer_id == chosen.c.id).order_by(*order).limit(limit).lateral()
    latest = order[0] is not B.starts_at
    return tx.db.execute(select(mine.c.id).select_from(chosen).join(mine, literal(True)).order_by(
        *[column.desc() if latest else column for column in (mine.c.starts_at, mine.c.id)]).limit(limit)).scalars().all()


def _order(filters: Filters) -> list[Any]:
    return [B.starts_at.desc(), B.id.desc()] if filters.latest_first else [B.starts_at, B.id]


def between(tx: Tx, start: datetime, end: datetime, *, staff_id: int | None = None, location_id: int | None = None,
            statuses: Sequence[str] = SHOWN) -> list[DiaryBooking]:
    """Bookings that start in [start, end) and belong on a calendar. One statement."""
    filters = Filters(statuses=tuple(statuses), staff_id=staff_id, location_id=location_id, starts_from=start, starts_to=end)
    return run(tx, DIARY.where(B.store_id == tx.store_id, *filters.conditions()).order_by(B.starts_at, B.id))


def waiting(tx: Tx, *, limit: int = 200) -> list[DiaryBooking]:
    """Requests and moves that wait for the shop's answer, the most urgent first (R17)."""
    return run(tx, DIARY.where(B.store_id == tx.store_id, B.status == "pending").order_by(
        B.approval_deadline.asc().nulls_last(), B.starts_at, B.id).limit(limit))


def of_ids(tx: Tx, ids: Sequence[int]) -> list[DiaryBooking]:
    return run(tx, DIARY.where(B.store_id == tx.store_id, B.id.in_(ids)).order_by(B.starts_at, B.id)) if ids else []


class Choice(NamedTuple):
    kind: str
    id: int
    name: str
    active: bool


def choices(tx: Tx) -> dict[str, list[Choice]]:
    """What lists can be narrowed to: `staff`, `service`, `location`, by name. One statement."""
    parts = [select(literal(kind).label("kind"), table.id, table.name, table.active).where(table.store_id == tx.store_id)
             for kind, table in (("staff", S), ("service", V), ("location", L))]
    found: dict[str, list[Choice]] = {"staff": [], "service": [], "location": []}
    for row in tx.db.execute(union_all(*parts)):
        found[row.kind].append(Choice(*row))
    return {kind: sorted(rows, key=lambda row: (not row.active, row.name.lower(), row.id)) for kind, rows in found.items()}


def run(tx: Tx, statement: Select) -> list[DiaryBooking]:
    """Run a statement built on DIARY."""
    return [DiaryBooking._make(row) for row in tx.db.execute(statement)]

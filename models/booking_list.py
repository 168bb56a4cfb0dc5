"""A customer's bookings as the account lists them: only what a line shows, since these are the pages customers wait for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, literal, or_, select, text, tuple_, union_all

from models.booking import Booking as B
from models.booking_summary import KEPT, SUMMARIES, BookingSummary, column
from models.location import Location as L
from models.policy_copy import PolicyCopy as P
from models.service import Service as V
from models.session import Tx
from models.staff import Staff as S
from models.statement import INSTANT, Statement, param
from models.store import Store as T


class ListedBooking(NamedTuple):
    """The part of BookingSummary a list and the rules about its buttons need; fields mean the same."""

    id: int
    ref: str
    visit_id: int | None
    status: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    local_start: datetime
    price: int
    currency: str
    customer_moves: int
    never_approved: bool
    closed_at: datetime | None
    policy_copy: dict[str, Any]
    service_name: str
    service_self_service: str
    service_reschedule: str
    service_cancel: str
    staff_name: str
    location_name: str
    store_reschedule: bool
    store_cancel: bool
    policy_now: dict[str, Any]

    @property
    def holding(self) -> bool:
        return self.closed_at is None


# A service without a policy of its own may hold JSON's null as well as the database's.
_POLICY_NOW = func.coalesce(func.nullif(V.policy, text("'null'::jsonb")), T.policy).label("policy_now")
LISTED = (
    select(*[column(name) for name in ListedBooking._fields[:-1]], _POLICY_NOW)
    .select_from(B)
    .join(P, and_(P.store_id == B.store_id, P.id == B.policy_id))
    .join(V, and_(V.store_id == B.store_id, V.id == B.service_id))
    .join(S, and_(S.store_id == B.store_id, S.id == B.staff_id))
    .join(L, and_(L.store_id == B.store_id, L.id == B.location_id))
    .join(T, T.store_id == B.store_id)
)
_MINE = (B.store_id == param("store"), B.customer_id == param("customer"))


def _upcoming(bookings: Select) -> Select:
    return bookings.where(
        *_MINE, B.closed_at.is_(None), B.ends_at > param("now", INSTANT), B.starts_at > param("since", INSTANT),
        tuple_(B.starts_at, B.id) > tuple_(param("after", INSTANT), param("after_id")),
    ).order_by(B.starts_at, B.id).limit(param("most"))


def _past(bookings: Select) -> Select:
    return bookings.where(
        *_MINE, or_(B.closed_at.is_not(None), B.ends_at <= param("now", INSTANT)), KEPT,
        tuple_(B.starts_at, B.id) < tuple_(param("before", INSTANT), param("before_id")),
    ).order_by(B.starts_at.desc(), B.id.desc()).limit(param("most"))


_UPCOMING, _PAST = Statement(_upcoming(LISTED), ListedBooking), Statement(_past(LISTED), ListedBooking)
_BOTH = Statement(union_all(*(select(literal(number), *half.columns) for number, half in enumerate((
    _upcoming(LISTED).subquery("upcoming"), _past(LISTED).subquery("past"))))))
_UPCOMING_IN_FULL, _PAST_IN_FULL = Statement(_upcoming(SUMMARIES), BookingSummary), Statement(_past(SUMMARIES), BookingSummary)
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


_LONGEST = timedelta(hours=24)  # bookings_span


def upcoming_of(tx: Tx, customer_id: int, *, after: tuple[datetime, int] | None = None, limit: int = 20) -> list[ListedBooking]:
    """A customer's open bookings that have not ended, soonest first (A4). `after` is the last (starts_at, id) seen (I66)."""
    return _UPCOMING.rows(tx, **_after(tx, customer_id, after, limit))


def past_of(tx: Tx, customer_id: int, *, before: tuple[datetime, int] | None = None, limit: int = 20) -> list[ListedBooking]:
    """A customer's closed or ended bookings, latest first (A3)."""
    return _PAST.rows(tx, **_before(tx, customer_id, before, limit))


def both_of(tx: Tx, customer_id: int, *, after: tuple[datetime, int] | None = None, before: tuple[datetime, int] | None = None,
            limit: int = 20) -> tuple[list[ListedBooking], list[ListedBooking]]:
    """`upcoming_of` and `past_of` in one statement; at most `limit` of each."""
    halves: tuple[list[ListedBooking], list[ListedBooking]] = ([], [])
    for row in _BOTH.rows(tx, **_after(tx, customer_id, after, limit) | _before(tx, customer_id, before, limit)):
        halves[row[0]].append(ListedBooking._make(row[1:]))
    for half in halves:
        half.sort(key=lambda b: (b.starts_at, b.id))  # a UNION promises no order
    return halves[0], halves[1][::-1]


def upcoming_in_full(tx: Tx, customer_id: int, after: tuple[datetime, int] | None, limit: int) -> list[BookingSummary]:
    """`upcoming_of` with all there is to know about each, for the customer's API."""
    return _UPCOMING_IN_FULL.rows(tx, **_after(tx, customer_id, after, limit))


def past_in_full(tx: Tx, customer_id: int, before: tuple[datetime, int] | None, limit: int) -> list[BookingSummary]:
    return _PAST_IN_FULL.rows(tx, **_before(tx, customer_id, before, limit))


def _after(tx: Tx, customer_id: int, after: tuple[datetime, int] | None, limit: int) -> dict[str, Any]:
    at, number = after or (_EARLIEST, 0)
    return {"customer": customer_id, "now": tx.now, "since": tx.now - _LONGEST, "after": at, "after_id": number, "most": limit}


def _before(tx: Tx, customer_id: int, before: tuple[datetime, int] | None, limit: int) -> dict[str, Any]:
    at, number = before or (_LATEST, 0)
    return {"customer": customer_id, "now": tx.now, "before": at, "before_id": number, "most": limit}

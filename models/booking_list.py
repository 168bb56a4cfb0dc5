"""A customer's bookings as the account lists them: only what a line shows, since these are the pages customers wait for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, literal_column, or_, select, text, tuple_, union_all

from models.booking import Booking as B
from models.booking_summary import SUMMARIES, BookingSummary, column, kept
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


PAGE = 20
"""Bookings on a page of a list; one more is asked for, to know whether there are others."""

# A service without a policy of its own may hold JSON's null as well as the database's.
_POLICY_NOW = func.coalesce(func.nullif(V.policy, text("'null'::jsonb")), T.policy).label("policy_now")
_KEPT_DAYS = select(T.retention_days).where(T.store_id == param("store")).scalar_subquery()
_OF_BOOKING = tuple(name for name in (*ListedBooking._fields, "store_id", "service_id", "staff_id", "location_id", "policy_id") if name in B.__table__.c)


def _from(name: str) -> Any:
    """Where a customer's list begins. Naming the customer in the place too makes all of it a condition of one index, the cheapest to walk
    whoever asks: a plan that suits all of them is made once and kept, and making it takes longer than running it."""
    return tuple_(B.customer_id, B.starts_at, B.id), tuple_(param("customer"), param(name, INSTANT), param(f"{name}_id"))


def _upcoming(bookings: Select) -> Select:
    mine, after = _from("after")
    return bookings.where(
        B.store_id == param("store"), B.customer_id == param("customer"), mine > after,
        B.closed_at.is_(None), B.ends_at > param("now", INSTANT), B.starts_at > param("since", INSTANT),
    ).order_by(B.customer_id, B.starts_at, B.id).limit(literal_column(str(PAGE + 1)))


def _past(bookings: Select) -> Select:
    mine, before = _from("before")
    return bookings.where(
        B.store_id == param("store"), B.customer_id == param("customer"), mine < before,
        or_(B.closed_at.is_not(None), B.ends_at <= param("now", INSTANT)), kept(_KEPT_DAYS),
    ).order_by(B.customer_id.desc(), B.starts_at.desc(), B.id.desc()).limit(literal_column(str(PAGE + 1)))


def _both() -> Statement:
    """Both pages from the one table they come from, and what a line shows beside them for those few."""
    columns = [getattr(B, name) for name in _OF_BOOKING]
    page = union_all(*(select(literal_column(str(number)).label("half"), *half.subquery().columns) for number, half in enumerate(
        (_upcoming(select(*columns)), _past(select(*columns)))))).subquery("page").c
    shown = [page[name] if name in page else column(name) for name in ListedBooking._fields[:-1]]
    return Statement(
        select(page.half, *shown, _POLICY_NOW)
        .join_from(page.half.table, P, and_(P.store_id == page.store_id, P.id == page.policy_id))
        .join(V, and_(V.store_id == page.store_id, V.id == page.service_id))
        .join(S, and_(S.store_id == page.store_id, S.id == page.staff_id))
        .join(L, and_(L.store_id == page.store_id, L.id == page.location_id))
        .join(T, T.store_id == page.store_id))


_BOTH = _both()
_UPCOMING_IN_FULL, _PAST_IN_FULL = Statement(_upcoming(SUMMARIES), BookingSummary), Statement(_past(SUMMARIES), BookingSummary)
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_LONGEST = timedelta(hours=24)  # bookings_span


def both_of(tx: Tx, customer_id: int, *, after: tuple[datetime, int] | None = None, before: tuple[datetime, int] | None = None,
            ) -> tuple[list[ListedBooking], list[ListedBooking]]:
    """A customer's open bookings that have not ended, soonest first (A4), and the closed or ended ones, latest first (A3); at most
    PAGE + 1 of each. `after` and `before` are the last (starts_at, id) seen of either (I66)."""
    halves: tuple[list[ListedBooking], list[ListedBooking]] = ([], [])
    for row in _BOTH.rows(tx, **_after(tx, customer_id, after) | _before(tx, customer_id, before)):
        halves[row[0]].append(ListedBooking._make(row[1:]))
    for half in halves:
        half.sort(key=lambda b: (b.starts_at, b.id))  # a UNION promises no order
    return halves[0], halves[1][::-1]


def upcoming_in_full(tx: Tx, customer_id: int, after: tuple[datetime, int] | None) -> list[BookingSummary]:
    """The first half of `both_of` with all there is to know about each, for the customer's API."""
    return _UPCOMING_IN_FULL.rows(tx, **_after(tx, customer_id, after))


def past_in_full(tx: Tx, customer_id: int, before: tuple[datetime, int] | None) -> list[BookingSummary]:
    return _PAST_IN_FULL.rows(tx, **_before(tx, customer_id, before))


def _after(tx: Tx, customer_id: int, after: tuple[datetime, int] | None) -> dict[str, Any]:
    at, number = after or (_EARLIEST, 0)
    return {"customer": customer_id, "now": tx.now, "since": tx.now - _LONGEST, "after": at, "after_id": number}


def _before(tx: Tx, customer_id: int, before: tuple[datetime, int] | None) -> dict[str, Any]:
    at, number = before or (_LATEST, 0)
    return {"customer": customer_id, "now": tx.now, "before": at, "before_id": number}

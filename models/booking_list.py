"""A customer's bookings as the account lists them: only what a line shows, since these are the pages customers wait for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, case, func, literal_column, or_, select, text, true, tuple_, union_all

from models.access import CustomerLogin as A
from models.booking import Booking as B
from models.booking_summary import SUMMARIES, BookingSummary, kept
from models.location import Location as L
from models.policy_copy import PolicyCopy as P
from models.service import Service as V
from models.session import Tx
from models.staff import Staff as S
from models.statement import INSTANT, NOW, Statement, param, text_param
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
    service_name: str
    service_self_service: str
    service_reschedule: str
    service_cancel: str
    staff_name: str
    location_name: str
    store_reschedule: bool
    store_cancel: bool
    policy_copy: dict[str, Any]
    policy_now: dict[str, Any]

    @property
    def holding(self) -> bool:
        return self.closed_at is None


PAGE = 20
"""Bookings on a page of a list; one more is asked for, to know whether there are others."""

_LONGEST = literal_column("interval '24 hours'")  # bookings_span
_KEPT_DAYS = select(T.retention_days).where(T.store_id == param("store")).scalar_subquery()
_OF_PAGE = ListedBooking._fields[:ListedBooking._fields.index("service_name")]
_OF_BOOKING = (*_OF_PAGE, "store_id", "service_id", "staff_id", "location_id", "policy_id")


def _from(name: str, customer: Any) -> Any:
    """Where a customer's list begins. Naming the customer in the place too makes all of it a condition of one index, the cheapest to walk
    whoever asks: a plan that suits all of them is made once and kept, and making it takes longer than running it."""
    return tuple_(B.customer_id, B.starts_at, B.id), tuple_(customer, param(name, INSTANT), param(f"{name}_id"))


def _upcoming(bookings: Select, customer: Any = param("customer")) -> Select:
    mine, after = _from("after", customer)
    return bookings.where(
        B.store_id == param("store"), B.customer_id == customer, mine > after,
        B.closed_at.is_(None), B.ends_at > NOW, B.starts_at > NOW - _LONGEST,
    ).order_by(B.customer_id, B.starts_at, B.id).limit(literal_column(str(PAGE + 1)))


def _past(bookings: Select, customer: Any = param("customer")) -> Select:
    mine, before = _from("before", customer)
    return bookings.where(
        B.store_id == param("store"), B.customer_id == customer, mine < before,
        or_(B.closed_at.is_not(None), B.ends_at <= NOW), kept(_KEPT_DAYS),
    ).order_by(B.customer_id.desc(), B.starts_at.desc(), B.id.desc()).limit(literal_column(str(PAGE + 1)))


def _once(policy: Any, owner: Any) -> Any:
    """The policy in one row of its owner's only: they are most of what a list weighs, and nearly all alike."""
    return case((func.row_number().over(partition_by=owner) == 1, policy))


def _both() -> Statement:
    """Both pages from the one table they come from, and what a line shows beside them for those few. Whose they are is read from the
    sign-in, so that it need not be known before asking."""
    login = select(A.customer_id).where(A.store_id == param("store"), A.secret_hash == text_param("login")).cte("login")
    customer = select(login.c.customer_id).scalar_subquery()
    columns = [getattr(B, name) for name in _OF_BOOKING]
    page = union_all(*(select(literal_column(str(number)).label("half"), *half.subquery().columns) for number, half in enumerate(
        (_upcoming(select(*columns), customer), _past(select(*columns), customer))))).subquery("page").c
    # Each row beside the page is looked up by its key. Joined, a server that takes a table for small might walk the page for each of its rows.
    policy, service = _by_key(P, page.policy_id, P.body), _by_key(V, page.service_id, V.name, V.self_service, V.reschedule, V.cancel, V.policy)
    staff, location = _by_key(S, page.staff_id, S.name), _by_key(L, page.location_id, L.name)
    # A service without a policy of its own may hold JSON's null as well as the database's.
    present = func.coalesce(func.nullif(service.c.policy, text("'null'::jsonb")), T.policy)
    return Statement(
        select(page.half, page.policy_id, page.service_id, *(page[name] for name in _OF_PAGE), service.c.name, service.c.self_service,
               service.c.reschedule, service.c.cancel, staff.c.name, location.c.name, T.reschedule, T.cancel,
               _once(policy.c.body, page.policy_id), _once(present, page.service_id))
        .select_from(T).join(page.half.table, page.store_id == T.store_id)
        .join(policy, true()).join(service, true()).join(staff, true()).join(location, true())
        .where(T.store_id == param("store")))


def _by_key(table: Any, key: Any, *columns: Any) -> Any:
    return select(*columns).where(table.store_id == param("store"), table.id == key).limit(literal_column("1")).lateral()


_BOTH = _both()
_UPCOMING_IN_FULL, _PAST_IN_FULL = Statement(_upcoming(SUMMARIES), BookingSummary), Statement(_past(SUMMARIES), BookingSummary)
_EARLIEST, _LATEST = (datetime(1900, 1, 1, tzinfo=UTC), 0), (datetime(9000, 1, 1, tzinfo=UTC), 0)
Place = tuple[datetime, int]
"""(starts_at, id) of the last booking seen (I66)."""


class Listed:
    """The two groups of the account's list, asked along with the sign-in's own check (`Statement.along`)."""

    def __init__(self, tx: Tx, login: str, *, after: Place | None = None, before: Place | None = None) -> None:
        self._answer = _BOTH.along(tx, login=login, **_place("after", after or _EARLIEST), **_place("before", before or _LATEST))

    def groups(self) -> tuple[list[ListedBooking], list[ListedBooking]]:
        """Open bookings that have not ended, soonest first (A4), and the closed or ended ones, latest first (A3); at most PAGE + 1 of
        each. Only for whom the check found signed in."""
        halves: tuple[list[ListedBooking], list[ListedBooking]] = ([], [])
        rows = self._answer.rows
        copies = {row[1]: row[-2] for row in rows if row[-2] is not None}
        present = {row[2]: row[-1] for row in rows if row[-1] is not None}
        for row in rows:
            halves[row[0]].append(ListedBooking._make((*row[3:-2], copies[row[1]], present[row[2]])))
        for half in halves:
            half.sort(key=lambda b: (b.starts_at, b.id))  # a UNION promises no order
        return halves[0], halves[1][::-1]


def upcoming_in_full(tx: Tx, customer_id: int, after: Place | None) -> list[BookingSummary]:
    """The first group with all there is to know about each, for the customer's API."""
    return _UPCOMING_IN_FULL.rows(tx, customer=customer_id, **_place("after", after or _EARLIEST))


def past_in_full(tx: Tx, customer_id: int, before: Place | None) -> list[BookingSummary]:
    return _PAST_IN_FULL.rows(tx, customer=customer_id, **_place("before", before or _LATEST))


def _place(name: str, place: Place) -> dict[str, Any]:
    return {name: place[0], f"{name}_id": place[1]}

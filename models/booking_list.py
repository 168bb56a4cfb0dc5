"""A customer's bookings as the account lists them: only what a line shows, since these are the pages customers wait for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Text, all_, any_, case, cast, func, literal_column, or_, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from models.access import CustomerLogin as A
from models.booking import Booking as B
from models.booking_summary import KEPT, SUMMARIES, BookingSummary, kept, run
from models.location import Location as L
from models.policy_copy import PolicyCopy as P
from models.service import Service as V
from models.session import Tx
from models.staff import Staff as S
from models.statement import INSTANT, NOW, Statement, param, text_param
from models.store import Store as T
from models.stored_json import loads


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
    service_active: bool
    staff_name: str
    location_name: str
    location_kind: str
    store_reschedule: bool
    store_cancel: bool
    policy_copy: dict[str, Any]
    policy_now: dict[str, Any]
    service_id: int
    staff_id: int

    @property
    def holding(self) -> bool:
        return self.closed_at is None


PAGE = 20
"""Bookings on a page of a list; one more is asked for, to know whether there are others."""

_LONGEST = literal_column("interval '24 hours'")  # bookings_span
_KEPT_DAYS = select(T.retention_days).where(T.store_id == param("store")).scalar_subquery()
_OF_PAGE = ListedBooking._fields[:ListedBooking._fields.index("service_name")]
_BESIDE = ("policy_id", "service_id", "staff_id", "location_id")


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


def _both() -> Statement:
    """Both pages from the one table they come from, and on the first line what the lines show of other tables: each policy, service and
    person once, by key, since they are nearly all alike. Whose they are is read from the sign-in, so that it need not be known before
    asking. Policies come as texts, for `stored_json.loads`."""
    login = select(A.customer_id).where(A.store_id == param("store"), A.secret_hash == text_param("login")).cte("login")
    customer = select(login.c.customer_id).scalar_subquery()
    columns = [getattr(B, name) for name in (*_OF_PAGE, *_BESIDE)]
    page = union_all(*(select(literal_column(str(number)).label("half"), *half.subquery().columns) for number, half in enumerate(
        (_upcoming(select(*columns), customer), _past(select(*columns), customer))))).cte("page")
    service = func.json_build_array(V.name, V.self_service, V.reschedule, V.cancel, V.active, V.policy.cast(Text))
    beside = func.json_build_array(
        select(func.json_build_array(T.reschedule, T.cancel, T.policy.cast(Text))).where(T.store_id == param("store")).scalar_subquery(),
        *(_by_key(table, page.c[key], shown) for key, table, shown in zip(
            _BESIDE, (P, V, S, L), (P.body.cast(Text), service, S.name, func.json_build_array(L.name, L.kind)), strict=True)))
    return Statement(select(*page.c, case((func.row_number().over() == 1, beside))))


def _by_key(table: Any, key: Any, shown: Any) -> Any:
    """{id: what is shown of it} for the keys on the page. An array of keys is looked up by the index, however small the server takes a
    table for."""
    keys = func.array(select(key).scalar_subquery())
    return select(func.json_object_agg(table.id, shown)).where(table.store_id == param("store"), table.id == any_(keys)).scalar_subquery()


_BOTH = _both()
_UPCOMING_IN_FULL, _PAST_IN_FULL = Statement(_upcoming(SUMMARIES), BookingSummary), Statement(_past(SUMMARIES), BookingSummary)
EARLIEST, LATEST = (datetime(1900, 1, 1, tzinfo=UTC), 0), (datetime(9000, 1, 1, tzinfo=UTC), 0)
Place = tuple[datetime, int]
"""(starts_at, id) of the last booking seen (I66)."""


class Listed:
    """The two groups of the account's list, asked along with the sign-in's own check (`Statement.along`)."""

    def __init__(self, tx: Tx, login: str, *, after: Place | None = None, before: Place | None = None) -> None:
        self._answer = _BOTH.along(tx, login=login, **_place("after", after or EARLIEST), **_place("before", before or LATEST))

    def groups(self) -> tuple[list[ListedBooking], list[ListedBooking]]:
        """Open bookings that have not ended, soonest first (A4), and the closed or ended ones, latest first (A3); at most PAGE + 1 of
        each. Only for whom the check found signed in."""
        halves: tuple[list[ListedBooking], list[ListedBooking]] = ([], [])
        rows = self._answer.rows
        if not rows:
            return halves
        (reschedule, cancel, standard), copies, offered, staff, locations = next(row[-1] for row in rows if row[-1] is not None)
        policies = {int(key): loads(text) for key, text in copies.items()}
        services = {int(key): (shown, loads(own or "null") or loads(standard)) for key, (*shown, own) in offered.items()}
        for row in rows:
            policy, service, person, place = row[-5:-1]
            shown, policy_now = services[service]
            halves[row[0]].append(ListedBooking._make((
                *row[1:-5], *shown, staff[str(person)], *locations[str(place)], reschedule, cancel, policies[policy], policy_now, service, person)))
        for half in halves:
            half.sort(key=lambda b: (b.starts_at, b.id))  # a UNION promises no order
        return halves[0], halves[1][::-1]


def upcoming_in_full(tx: Tx, customer_id: int, after: Place | None) -> list[BookingSummary]:
    """The first group with all there is to know about each, for the customer's API."""
    return _UPCOMING_IN_FULL.rows(tx, customer=customer_id, **_place("after", after or EARLIEST))


def past_in_full(tx: Tx, customer_id: int, before: Place | None) -> list[BookingSummary]:
    return _PAST_IN_FULL.rows(tx, customer=customer_id, **_place("before", before or LATEST))


def in_full_among(tx: Tx, customer_id: int, ids: Sequence[int], *, past: bool) -> list[BookingSummary]:
    """Those of these bookings that stand in the second group, or in the first."""
    group = (or_(B.closed_at.is_not(None), B.ends_at <= NOW), KEPT) if past else (B.closed_at.is_(None), B.ends_at > NOW)
    return run(tx, SUMMARIES.where(B.store_id == tx.store_id, B.customer_id == customer_id, B.id.in_(ids), *group))


# Names of a few visits, which have few parts each, as one text: places of a statement take no lists.
_VISITS = cast(func.string_to_array(text_param("visits"), ","), ARRAY(B.visit_id.type))
_HALVES = {"upcoming": ("after", _upcoming), "past": ("before", _past)}
_PARTS = {kind: Statement(half(SUMMARIES).where(B.visit_id == any_(_VISITS), B.closed_at.is_(None)), BookingSummary)
          for kind, (_, half) in _HALVES.items()}
_OTHERS = {kind: Statement(half(select(B.id)).where(or_(B.visit_id.is_(None), B.visit_id != all_(_VISITS), B.closed_at.is_not(None))))
           for kind, (_, half) in _HALVES.items()}


def parts_beyond(tx: Tx, kind: str, customer_id: int, place: Place, visits: Collection[int]) -> list[BookingSummary]:
    """The open parts of these visits that a page of this half, ending at `place`, leaves to the next ones."""
    return _PARTS[kind].rows(tx, customer=customer_id, visits=",".join(map(str, visits)), **_place(_HALVES[kind][0], place))


def others_beyond(tx: Tx, kind: str, customer_id: int, place: Place, visits: Collection[int]) -> bool:
    """Whether anything else comes after it."""
    return _OTHERS[kind].first(tx, customer=customer_id, visits=",".join(map(str, visits)), **_place(_HALVES[kind][0], place)) is not None


def _place(name: str, place: Place) -> dict[str, Any]:
    return {name: place[0], f"{name}_id": place[1]}

"""The read model: one SELECT for everything a page, API answer, message or action needs to know about bookings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, or_, select, tuple_

from models.booking import Booking as B
from models.customer import Customer as C
from models.location import Location as L
from models.order import Order as O
from models.policy_copy import PolicyCopy as P
from models.service import Service as V
from models.session import Tx
from models.staff import Staff as S
from models.store import Store as T


@dataclass(frozen=True, slots=True)
class BookingSummary:
    """A booking with what surrounds it. Money in minor units of `currency`; instants in UTC.

    `policy_copy` was copied at booking time; `policy_now` is the service's present policy or the store's (R20).
    Flags are `inherit|on|off` for the service and booleans for the store (R2).
    """

    id: int
    ref: str
    store_id: int
    status: str
    version: int
    link_epoch: int
    service_id: int
    staff_id: int
    location_id: int
    customer_id: int
    session_id: int | None
    order_id: int | None
    visit_id: int | None
    series_id: int | None
    starts_at: datetime
    ends_at: datetime
    zone: str
    local_start: datetime
    fold: int
    buffer_before_s: int
    buffer_after_s: int
    overlap_ok: bool
    conflict: bool
    seats: int
    price: int
    currency: str
    paid: int
    refunded: int
    owed: int
    policy_id: int
    never_approved: bool
    original_starts_at: datetime
    customer_moves: int
    sticky_num: int | None
    sticky_den: int | None
    approval_deadline: datetime | None
    held: dict[str, Any] | None
    contact_name: str
    contact_email: str | None
    contact_phone: str | None
    notes: str
    closed_at: datetime | None
    cancel_reason: str | None
    cancelled_by: str | None
    created_at: datetime
    updated_at: datetime
    policy_copy: dict[str, Any]
    service_name: str
    service_deposit: int
    service_capacity: int
    service_online: bool
    service_self_service: str
    service_reschedule: str
    service_cancel: str
    service_policy: dict[str, Any] | None
    service_active: bool
    staff_name: str
    staff_email: str | None
    staff_active: bool
    location_name: str
    location_address: str
    location_phone: str | None
    customer_name: str
    customer_email: str | None
    customer_phone: str | None
    customer_locale: str | None
    order_number: int | None
    store_slug: str
    store_name: str
    store_kind: str
    store_locale: str
    store_email: str | None
    store_phone: str | None
    store_accent: str | None
    store_logo_url: str | None
    store_staff_noun: str | None
    store_contact_note: str | None
    store_reschedule: bool
    store_cancel: bool
    store_require_login_to_cancel: bool
    store_real_time: bool
    store_open_for_booking: bool
    store_policy: dict[str, Any]
    store_retention_days: int

    @property
    def policy_now(self) -> dict[str, Any]:
        return self.service_policy if self.service_policy is not None else self.store_policy

    @property
    def holding(self) -> bool:
        """Whether it holds its slot: pending, confirmed, arrived, ready to start."""
        return self.closed_at is None


_PREFIXED = {"service": V, "staff": S, "location": L, "customer": C, "order": O, "store": T}


def _column(name: str):  # noqa: ANN202
    if name == "policy_copy":
        return P.body
    if name in B.__table__.c:
        return getattr(B, name)
    prefix, _, rest = name.partition("_")
    return getattr(_PREFIXED[prefix], rest).label(name)


SUMMARIES: Select = (
    select(*[_column(name) for name in BookingSummary.__slots__])
    .select_from(B)
    .join(P, and_(P.store_id == B.store_id, P.id == B.policy_id))
    .join(V, and_(V.store_id == B.store_id, V.id == B.service_id))
    .join(S, and_(S.store_id == B.store_id, S.id == B.staff_id))
    .join(L, and_(L.store_id == B.store_id, L.id == B.location_id))
    .join(C, and_(C.store_id == B.store_id, C.id == B.customer_id))
    .join(T, T.store_id == B.store_id)
    .outerjoin(O, and_(O.store_id == B.store_id, O.id == B.order_id))
)
"""All bookings with their surroundings; add conditions, order and limit."""

_LONGEST = timedelta(hours=24)  # bookings_span


def find(tx: Tx, ref: str) -> BookingSummary | None:
    """The booking with this public reference in the transaction's store, or None."""
    row = tx.db.execute(SUMMARIES.where(B.store_id == tx.store_id, B.ref == ref)).one_or_none()
    return None if row is None else BookingSummary(*row)


def find_by_id(tx: Tx, booking_id: int) -> BookingSummary | None:
    row = tx.db.execute(SUMMARIES.where(B.store_id == tx.store_id, B.id == booking_id)).one_or_none()
    return None if row is None else BookingSummary(*row)


def lock(tx: Tx, ref: str) -> BookingSummary | None:
    """The same, its row locked until the commit; remembered as what the transaction is about."""
    statement = SUMMARIES.where(B.store_id == tx.store_id, B.ref == ref).with_for_update(of=B)
    row = tx.db.execute(statement).one_or_none()
    tx.subject = None if row is None else BookingSummary(*row)
    return tx.subject


def lock_many(tx: Tx, *conditions: Any) -> list[BookingSummary]:
    """Several bookings of the store, locked in ascending id, so that no two transactions wait for each other."""
    statement = SUMMARIES.where(B.store_id == tx.store_id, *conditions).order_by(B.id).with_for_update(of=B)
    return [BookingSummary(*row) for row in tx.db.execute(statement)]


def upcoming_of(tx: Tx, customer_id: int, *, after: tuple[datetime, int] | None = None, limit: int = 20) -> list[BookingSummary]:
    """A customer's open bookings that have not ended, soonest first (A4). `after` is the last (starts_at, id) seen (I66)."""
    statement = SUMMARIES.where(B.store_id == tx.store_id, B.customer_id == customer_id, B.closed_at.is_(None),
                                B.ends_at > tx.now, B.starts_at > tx.now - _LONGEST)
    if after:
        statement = statement.where(tuple_(B.starts_at, B.id) > after)
    return _rows(tx, statement.order_by(B.starts_at, B.id).limit(limit))


def past_of(tx: Tx, customer_id: int, *, before: tuple[datetime, int] | None = None, limit: int = 20) -> list[BookingSummary]:
    """A customer's closed or ended bookings, latest first (A3)."""
    statement = SUMMARIES.where(B.store_id == tx.store_id, B.customer_id == customer_id,
                                or_(B.closed_at.is_not(None), B.ends_at <= tx.now))
    if before:
        statement = statement.where(tuple_(B.starts_at, B.id) < before)
    return _rows(tx, statement.order_by(B.starts_at.desc(), B.id.desc()).limit(limit))


def between(tx: Tx, customer_id: int, start: datetime, end: datetime) -> list[BookingSummary]:
    """A customer's bookings that start in [start, end), for the calendar view and the feed (A30, R39)."""
    return _rows(tx, SUMMARIES.where(
        B.store_id == tx.store_id, B.customer_id == customer_id, B.starts_at >= start, B.starts_at < end,
    ).order_by(B.starts_at, B.id))


def _rows(tx: Tx, statement: Select) -> list[BookingSummary]:
    return [BookingSummary(*row) for row in tx.db.execute(statement)]


def run(tx: Tx, statement: Select) -> list[BookingSummary]:
    """Run a statement built on SUMMARIES."""
    return _rows(tx, statement)


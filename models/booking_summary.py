"""The read model: one SELECT for everything a page, API answer, message or action needs to know about bookings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, and_, cast, exists, func, literal_column, select

from models.booking import Booking as B
from models.customer import Customer as C
from models.location import Location as L
from models.order import Order as O
from models.policy_copy import PolicyCopy as P
from models.service import Service as V
from models.session import Tx
from models.staff import Staff as S
from models.statement import Statement, param, text_param
from models.store import Store as T
from models.store import own_host
from models.webhook_endpoint import WebhookEndpoint as W


class BookingSummary(NamedTuple):
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
    due: int
    policy_id: int
    never_approved: bool
    original_starts_at: datetime
    customer_moves: int
    sticky_num: int | None
    sticky_den: int | None
    sticky_credit: bool
    approval_deadline: datetime | None
    held: dict[str, Any] | None
    contact_name: str
    contact_email: str | None
    contact_phone: str | None
    notes: str
    delivery_address: str
    closed_at: datetime | None
    cancel_reason: str | None
    move_reason: str | None
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
    location_kind: str
    location_meeting_url: str | None
    customer_name: str
    customer_email: str | None
    customer_phone: str | None
    customer_locale: str | None
    customer_zone: str | None
    customer_preferences: dict[str, Any]
    customer_phone_verified_at: datetime | None
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
    store_refusal_note: str | None
    store_terms: str | None
    store_reschedule: bool
    store_cancel: bool
    store_require_login_to_cancel: bool
    store_real_time: bool
    store_open_for_booking: bool
    store_withdrawal: str
    store_quiet_from: str
    store_quiet_to: str
    store_policy: dict[str, Any]
    store_retention_days: int
    store_credit_days: int | None
    store_calendar_link: bool

    @property
    def policy_now(self) -> dict[str, Any]:
        return self.service_policy if self.service_policy is not None else self.store_policy

    @property
    def mail_to(self) -> str | None:
        """Where mails about it go: the address on file, else the one given for it."""
        return self.customer_email or self.contact_email

    @property
    def text_to(self) -> str | None:
        """Where texts about it go: the number that was confirmed, else the one given for it (A13)."""
        return self.customer_phone if self.customer_phone_verified_at else self.contact_phone

    @property
    def told_zone(self) -> str:
        """The zone its customer is told its times in: of what is online their own where they have said it, else the place's (R13)."""
        return self.customer_zone or self.zone if self.location_kind == "online" else self.zone

    @property
    def holding(self) -> bool:
        """Whether it holds its slot: pending, confirmed, arrived, ready to start."""
        return self.closed_at is None


_PREFIXED = {"service": V, "staff": S, "location": L, "customer": C, "order": O, "store": T}


def column(name: str):  # noqa: ANN201
    """The column behind a field of a read model, such as `service_name`."""
    if name == "policy_copy":
        return P.body
    if name in B.__table__.c:
        return getattr(B, name)
    prefix, _, rest = name.partition("_")
    return getattr(_PREFIXED[prefix], rest).label(name)


SUMMARIES: Select = (
    select(*[column(name) for name in BookingSummary._fields])
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


def kept(days: Any) -> Any:
    """Whether a booking is still within the store's retention of `days`."""
    return func.coalesce(B.closed_at, B.ends_at) > func.opencals_now() - cast(days, Integer) * literal_column("interval '1 day'")


KEPT = kept(T.retention_days)
"""Past the store's retention a booking is shown to its customer no more (R4, R45)."""


_BY_REF = Statement(SUMMARIES.where(B.store_id == param("store"), B.ref == text_param("ref")), BookingSummary)
_BY_ID = Statement(SUMMARIES.where(B.store_id == param("store"), B.id == param("id")), BookingSummary)
# What telling of a change needs is asked along with it: nothing of the store need be looked up while others wait for the row.
_LISTENED = exists().where(W.store_id == B.store_id, W.active)
_LOCKED: Statement = Statement(SUMMARIES.add_columns(_LISTENED, own_host(B.store_id).scalar_subquery()).where(B.store_id == param("store"), B.ref == text_param("ref")).with_for_update(of=B))


def find(tx: Tx, ref: str) -> BookingSummary | None:
    """The booking with this public reference in the transaction's store, or None."""
    return _BY_REF.first(tx, ref=ref)


def find_by_id(tx: Tx, booking_id: int) -> BookingSummary | None:
    return _BY_ID.first(tx, id=booking_id)


def lock(tx: Tx, ref: str) -> BookingSummary | None:
    """The same, its row locked until the commit; remembered as what the transaction is about."""
    row = _LOCKED.first(tx, ref=ref)
    if row is None:
        tx.subject = None
    else:
        tx.subject, tx.listened, tx.own_host = BookingSummary._make(row[:-2]), row[-2], (row[-1],)
    return tx.subject


def lock_many(tx: Tx, *conditions: Any) -> list[BookingSummary]:
    """Several bookings of the store, locked in ascending id, so that no two transactions wait for each other."""
    statement = SUMMARIES.where(B.store_id == tx.store_id, *conditions).order_by(B.id).with_for_update(of=B)
    return run(tx, statement)


LONGEST = timedelta(hours=24)
"""The longest a booking can be (bookings_span)."""


def between(tx: Tx, customer_id: int, start: datetime, end: datetime) -> list[BookingSummary]:
    """A customer's bookings that start in [start, end), for the calendar view and the feed (A30, R39)."""
    return run(tx, SUMMARIES.where(
        B.store_id == tx.store_id, B.customer_id == customer_id, B.starts_at >= start, B.starts_at < end, KEPT,
    ).order_by(B.starts_at, B.id))


def run(tx: Tx, statement: Select) -> list[BookingSummary]:
    """Run a statement built on SUMMARIES."""
    return [BookingSummary._make(row) for row in tx.db.execute(statement)]

"""A booking: one party, one service, one time. It keeps its id, ref and link for life (R15, A82)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to

HOLDING_SQL = "status in ('pending','confirmed','arrived','ready_to_start')"


class Booking(StoreRow, Base):
    """Money columns are kept by triggers on payments and refunds. `sticky_num/sticky_den` is R33's lowest share,
    `sticky_credit` whether it was credit. `due` is what is still to pay; triggers lower it with payments and end it with the booking.

    `held` describes the old slot while a move waits for approval: starts_at, ends_at, staff_id, session_id, price (R17).
    `starts_at` equals resolve(`local_start`, `zone`, `fold`) at all times (I56).
    """

    __tablename__ = "bookings"

    ref: Mapped[str]
    status: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="1")
    link_epoch: Mapped[int] = mapped_column(server_default="1")
    service_id: Mapped[Id]
    staff_id: Mapped[Id]
    location_id: Mapped[Id]
    customer_id: Mapped[Id]
    session_id: Mapped[Id | None]
    order_id: Mapped[Id | None]
    visit_id: Mapped[Id | None]
    series_id: Mapped[Id | None]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    zone: Mapped[str]
    local_start: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    fold: Mapped[int] = mapped_column(server_default="0")
    buffer_before_s: Mapped[int] = mapped_column(server_default="0")
    buffer_after_s: Mapped[int] = mapped_column(server_default="0")
    overlap_ok: Mapped[bool] = mapped_column(server_default="false")
    conflict: Mapped[bool] = mapped_column(server_default="false")
    seats: Mapped[int] = mapped_column(server_default="1")
    price: Mapped[int] = mapped_column(server_default="0")
    currency: Mapped[str]
    paid: Mapped[int] = mapped_column(server_default="0")
    refunded: Mapped[int] = mapped_column(server_default="0")
    owed: Mapped[int] = mapped_column(server_default="0")
    due: Mapped[int] = mapped_column(server_default="0")
    policy_id: Mapped[Id]
    never_approved: Mapped[bool] = mapped_column(server_default="false")
    original_starts_at: Mapped[Instant]
    customer_moves: Mapped[int] = mapped_column(server_default="0")
    sticky_num: Mapped[int | None]
    sticky_den: Mapped[int | None]
    sticky_credit: Mapped[bool] = mapped_column(server_default="false")
    approval_deadline: Mapped[Instant | None]
    held: Mapped[dict[str, Any] | None]
    contact_name: Mapped[str] = mapped_column(server_default="")
    contact_email: Mapped[str | None]
    contact_email_canonical: Mapped[str | None]
    contact_phone: Mapped[str | None]
    notes: Mapped[str] = mapped_column(server_default="")
    delivery_address: Mapped[str] = mapped_column(server_default="")
    closed_at: Mapped[Instant | None]
    cancel_reason: Mapped[str | None]
    move_reason: Mapped[str | None]
    cancelled_by: Mapped[str | None]
    source: Mapped[str | None]
    external_id: Mapped[str | None]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]

    __table_args__ = (
        belongs_to("service_id", "services"),
        belongs_to("staff_id", "staff"),
        belongs_to("location_id", "locations"),
        belongs_to("customer_id", "customers"),
        belongs_to("session_id", "sessions"),
        belongs_to("order_id", "orders"),
        belongs_to("policy_id", "policies"),
        Index("bookings_ref", "store_id", "ref", unique=True),
        Index("bookings_of_customer", "store_id", "customer_id", "starts_at", "id"),
        Index("bookings_by_start", "store_id", "starts_at", "id"),
        Index("bookings_of_session", "store_id", "session_id", postgresql_where=text("session_id is not null")),
        Index("bookings_of_series", "store_id", "series_id", postgresql_where=text("series_id is not null")),
        Index("bookings_of_visit", "store_id", "visit_id", postgresql_where=text("visit_id is not null")),
        Index("bookings_by_contact", "store_id", "contact_email_canonical"),
        Index("bookings_approval", "store_id", "approval_deadline", postgresql_where=text("approval_deadline is not null")),
        Index("bookings_of_staff", "store_id", "staff_id", "starts_at", "id"),
        Index("bookings_by_status", "store_id", "status", "starts_at", "id"),
        Index("bookings_by_creation", "store_id", "created_at"),
        Index("bookings_conflicts", "store_id", "starts_at", postgresql_where=text("conflict")),
        Index("bookings_to_forget", "store_id", "closed_at",
              postgresql_where=text("closed_at is not null and contact_name <> 'Redacted customer'")),
        Index("bookings_imported", "store_id", "source", "external_id", unique=True,
              postgresql_where=text("external_id is not null")),
        CheckConstraint(
            "status in ('pending','confirmed','arrived','ready_to_start','completed','cancelled','no_show','declined','expired')",
            name="bookings_status",
        ),
        CheckConstraint("ends_at > starts_at and ends_at <= starts_at + interval '24 hours'", name="bookings_span"),
        CheckConstraint("seats >= 1 and price >= 0", name="bookings_seats"),
        CheckConstraint("paid >= 0 and refunded >= 0 and owed >= 0 and refunded + owed <= paid", name="bookings_money"),
        CheckConstraint("due >= 0", name="bookings_due"),
        CheckConstraint("char_length(delivery_address) <= 400", name="bookings_delivery"),
        CheckConstraint("fold in (0, 1)", name="bookings_fold"),
        CheckConstraint("(sticky_num is null) = (sticky_den is null) and sticky_num between 0 and sticky_den", name="bookings_sticky"),
        CheckConstraint("(closed_at is null) = (" + HOLDING_SQL + ")", name="bookings_closed"),
    )

"""Someone who waits: with a booking for an earlier time (`earlier`), for a seat of a full class date (`seat`), or for the very time of
a request that was turned down (`again`) (R34, D29e)."""

from __future__ import annotations

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store

WAITING = text("state = 'waiting'")


class WaitlistEntry(StoreRow, Base):
    """`before` is the start that is to be beaten, or the very start that is waited for; `lives_until` that minus the lead time.

    `weekdays` has one bit a day, Monday the lowest; `staff_id` null means anyone. The order of the queue is that of `created_at`;
    changing the wishes keeps the place. States: waiting -> taken | withdrawn | ended. A `seat` and an `again` get
    their booking when taken; `request_id` is the request that was turned down, where the wait came from one.
    """

    __tablename__ = "waitlist_entries"

    kind: Mapped[str]
    booking_id: Mapped[Id | None]
    session_id: Mapped[Id | None]
    request_id: Mapped[Id | None]
    service_id: Mapped[Id]
    staff_id: Mapped[Id | None]
    customer_id: Mapped[Id]
    seats: Mapped[int] = mapped_column(server_default="1")
    before: Mapped[Instant]
    lives_until: Mapped[Instant]
    weekdays: Mapped[int] = mapped_column(server_default="127")
    bands: Mapped[list[str]] = mapped_column(ARRAY(Text))
    state: Mapped[str] = mapped_column(server_default="waiting")
    end_reason: Mapped[str | None]
    created_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]

    __table_args__ = (
        of_store(),
        belongs_to("booking_id", "bookings"),
        belongs_to("session_id", "sessions"),
        belongs_to("request_id", "bookings", name="waitlist_entries_request_fkey"),
        belongs_to("service_id", "services"),
        belongs_to("staff_id", "staff"),
        belongs_to("customer_id", "customers"),
        Index("waitlist_waiting", "store_id", "created_at", "id", postgresql_where=WAITING),
        Index("waitlist_past", "store_id", "lives_until", postgresql_where=WAITING),
        Index("waitlist_by_age", "store_id", "created_at", "id"),
        Index("waitlist_of_booking", "store_id", "booking_id", postgresql_where=text("booking_id is not null")),
        Index("waitlist_once_a_booking", "store_id", "booking_id", unique=True,
              postgresql_where=text("state = 'waiting' and kind = 'earlier'")),
        Index("waitlist_once_a_seat", "store_id", "session_id", "customer_id", unique=True,
              postgresql_where=text("state = 'waiting' and kind = 'seat'")),
        Index("waitlist_once_a_time", "store_id", "customer_id", "service_id", "staff_id", "before", unique=True,
              postgresql_where=text("state = 'waiting' and kind = 'again'")),
        Index("waitlist_of_request", "store_id", "request_id", postgresql_where=text("request_id is not null")),
        Index("waitlist_of_customer", "store_id", "customer_id", postgresql_where=text("state = 'waiting' and kind <> 'earlier'")),
        CheckConstraint(
            "kind = 'earlier' and booking_id is not null and session_id is null and request_id is null"
            " or kind = 'seat' and session_id is not null"
            " or kind = 'again' and session_id is null and request_id is not null and staff_id is not null",
            name="waitlist_entries_kind"),
        CheckConstraint(
            "weekdays between 1 and 127 and cardinality(bands) >= 1 and bands <@ array['morning','afternoon','evening'] and seats >= 1",
            name="waitlist_entries_wishes"),
        CheckConstraint("state in ('waiting','taken','withdrawn','ended')", name="waitlist_entries_state"),
        CheckConstraint("(ended_at is null) = (state = 'waiting')", name="waitlist_entries_ended"),
        CheckConstraint(
            "(end_reason is not null) = (state = 'ended') and end_reason in ('moved','closed','past','cancelled','removed')",
            name="waitlist_entries_reason"),
    )

"""A staff member's own calendar elsewhere: read as busy time, and given out as a feed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class StaffCalendar(StoreRow, Base):
    """Read when `due_at` has come; its busy time stands in `occupancies` as kind `calendar`.

    `provider` ics: the file at the sealed address. google, microsoft: an account by its sealed refresh token; `cursor` is where the
    next reading goes on (sync token, delta link), `whole_at` when all of it was read. State `reconnect`: the account lets us in no
    longer. `feed_hash`: the keyed hash of the secret under which the staff member's bookings can be subscribed to.
    """

    __tablename__ = "staff_calendars"

    staff_id: Mapped[Id]
    provider: Mapped[str] = mapped_column(server_default="ics")
    sealed_url: Mapped[str | None]
    sealed_token: Mapped[str | None]
    host: Mapped[str | None]
    feed_hash: Mapped[str | None]
    etag: Mapped[str | None]
    cursor: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default="new")
    problem: Mapped[str | None]
    busy_spans: Mapped[int] = mapped_column(server_default="0")
    fetched_at: Mapped[Instant | None]
    whole_at: Mapped[Instant | None]
    due_at: Mapped[Instant | None]
    created_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        belongs_to("staff_id", "staff"),
        Index("staff_calendars_of", "store_id", "staff_id", unique=True),
        Index("staff_calendars_feed", "store_id", "feed_hash", unique=True, postgresql_where=text("feed_hash is not null")),
        Index("staff_calendars_due_at", "store_id", "due_at", postgresql_where=text("due_at is not null")),
        CheckConstraint("state in ('new', 'ok', 'failing', 'reconnect')", name="staff_calendars_state"),
        CheckConstraint("sealed_url is not null or sealed_token is not null or due_at is null", name="staff_calendars_due"),
        CheckConstraint(
            "provider in ('ics', 'google', 'microsoft') and (sealed_url is null or provider = 'ics')"
            " and (sealed_token is null or provider <> 'ics')", name="staff_calendars_provider"),
        CheckConstraint("state <> 'reconnect' or provider <> 'ics' and sealed_token is null and due_at is null", name="staff_calendars_reconnect"),
    )

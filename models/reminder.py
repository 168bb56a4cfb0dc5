"""When to look at a booking again: before it starts (reminders) and after it ended (asking for feedback) (R40, I59)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant


class Reminder(Base):
    """Rows are written by triggers on bookings alone, so that no writer can forget them; a foreign key would only ask each again.
    Whether anything is sent is decided when due.

    One row for each kind, lead and start time; what was sent stays for ever, so that moving away and back again reminds once. `since` is
    when the time was agreed.
    """

    __tablename__ = "reminders"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    booking_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    lead_s: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    starts_at: Mapped[Instant] = mapped_column(primary_key=True)
    due_at: Mapped[Instant]
    since: Mapped[Instant]
    state: Mapped[str] = mapped_column(server_default="due")

    __table_args__ = (
        Index("reminders_due", "store_id", "due_at", postgresql_where=text("state = 'due'")),
        CheckConstraint("kind in ('before', 'feedback') and (kind = 'before') = (lead_s > 0)", name="reminders_kind"),
        CheckConstraint("state in ('due', 'sent', 'dropped')", name="reminders_state"),
    )
